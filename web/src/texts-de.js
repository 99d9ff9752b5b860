// What the element says, in German. Labels of datasets come from the deployment.

/** @import { Texts } from "./texts.js" */

/** @type {Partial<Texts>} */
export const de = {
  start: "{label} exportieren",
  again: "Neu exportieren",
  download: "Herunterladen",
  cancel: "Abbrechen",
  retry: "Wiederholen",
  dataset: "Was exportiert wird",
  format: "Format",
  preset: "Geschrieben für",
  progress: "Geschriebene Seiten",
  refusal:
    "Ihre Rolle ist hier {role}: Sie können Exporte verfolgen und herunterladen. Zum Starten brauchen Sie die Rolle member; fragen Sie einen owner oder admin.",

  none: "Kein Export",
  loading: "Lädt",
  unavailable: "Nicht verfügbar",
  queued: "Wartet",
  running: "Läuft",
  completed: "Fertig",
  failed: "Fehlgeschlagen",
  cancelled: "Abgebrochen",

  aboutNone:
    "Heute wurde noch nichts exportiert. Mit „{start}“ geht es los; Sie bekommen eine E-Mail, wenn die Datei fertig ist.",
  aboutLoading: "Der Export wird geladen …",
  aboutNext: "Als Nächstes an der Reihe: beginnt, wenn der laufende Export endet.",
  aboutQueued:
    "Nummer {position} in der Reihe: Die Exporte einer Organisation laufen nacheinander.",
  aboutPlanning: "Die Seiten werden geplant.",
  aboutWriting: "Die Seiten werden geschrieben.",
  aboutJoining: "Die Seiten werden zu einer Datei zusammengefügt.",
  aboutCompleted: { one: "{count} Zeile, {size}.", other: "{count} Zeilen, {size}." },
  aboutFailed:
    "Etwas ist schiefgegangen. „Wiederholen“ setzt den Export fort; fertige Seiten bleiben.",
  aboutCancelled: "„Wiederholen“ setzt den Export fort; fertige Seiten bleiben.",

  pages: { one: "{done} von {count} Seite", other: "{done} von {count} Seiten" },
  counting: "Die Zeilen werden gezählt …",
  notStarted: "noch nicht begonnen",
  left: "noch etwa {duration}",
  age: "Exportiert {age}",
  ageNow: "Gerade exportiert",
  stale:
    "Keine Antwort seit {since}: Der Stand kann veraltet sein. Neuer Versuch in {seconds} s.",
  staleNow:
    "Keine Antwort seit {since}: Der Stand kann veraltet sein. Neuer Versuch läuft.",
  rows: "Zeilen",
  size: "Größe",
  elapsed: "Dauer",
  email: "E-Mail",
  until: "Verfügbar bis",
  announcePages: "{done} von {total} Seiten geschrieben",
  announce: "Export: {status}. {about}",

  emailNone: "keine",
  emailWhenReady: "sobald fertig",
  emailMine: "an Sie gesendet",
  emailPending: "wird bald gesendet",
  emailSending: "wird gesendet",
  emailSent: "an den Auftraggeber gesendet",
  emailSuppressed: "nicht gesendet: Die Adresse ist gesperrt",
  emailRefused: "nicht gesendet: Der Maildienst hat sie abgelehnt",
  emailUnknown: "Zustellung unbekannt: Fragen Sie den Support",

  accepted:
    "Der Export ist angenommen. Sie können diese Seite verlassen: Sie bekommen eine E-Mail, wenn die Datei fertig ist.",
  alreadyDone:
    "Sie haben heute schon exportiert. „Neu exportieren“ holt die neuesten Daten.",
  alreadyStarted: "Sie haben diesen Export heute schon gestartet.",
  doneCancel: "Der Export ist abgebrochen.",
  doneRetry: "Der Export läuft weiter. Fertige Seiten bleiben.",
  downloading: "{filename} wird heruntergeladen.",
  outage:
    "Der Dienst ist nicht erreichbar. Drücken Sie gleich noch einmal; es entsteht kein zweiter Export.",
  marked: "Berichtigen Sie die markierten Felder.",
  away: "Der Dienst ist nicht erreichbar. Versuchen Sie es gleich noch einmal.",
  broken: "Etwas ist schiefgegangen. Versuchen Sie es gleich noch einmal.",

  ROLE_TOO_LOW:
    "Ihre Rolle in dieser Organisation erlaubt das nicht. Fragen Sie einen owner oder admin.",
  NOT_YOUR_RUN: "Das darf nur, wer den Export gestartet hat, oder ein admin.",
  RUN_NOT_FOUND: "Diesen Export gibt es in dieser Organisation nicht.",
  RUN_ENDED: "Dieser Export ist schon beendet.",
  RUN_COMPLETING:
    "Zu spät zum Abbrechen: Die E-Mail ist unterwegs, der Export ist gleich fertig.",
  RUN_COMPLETED: "Dieser Export ist fertig. Starten Sie einen neuen.",
  QUEUE_FULL:
    "Zu viele Exporte dieser Organisation warten. Versuchen Sie es später noch einmal.",
  FILE_EXPIRED: "Die Datei ist abgelaufen. Exportieren Sie neu.",
  UNAUTHENTICATED: "Sie sind nicht mehr angemeldet. Melden Sie sich neu an.",
  TOO_MANY_REQUESTS: "Zu viele Anfragen. Versuchen Sie es gleich noch einmal.",
  DATASET_CHANGED:
    "Was exportiert werden kann, hat sich seither geändert. Starten Sie einen neuen Export.",
  NOT_FOUND: "Diese Organisation gibt es nicht, oder Sie sind kein Mitglied.",
  "failed DATABASE_UNAVAILABLE":
    "Die Datenbank war eine Weile nicht erreichbar. Exportieren Sie neu; fertige Seiten bleiben.",
  "failed STORAGE_UNAVAILABLE":
    "Der Speicher war nicht erreichbar. Exportieren Sie neu; fertige Seiten bleiben.",
  "failed EXPORT_FAILED":
    "Bei uns ist etwas schiefgegangen. Exportieren Sie neu; fertige Seiten bleiben.",
  "failed EMPTY_RESULTSET": "Es gibt noch nichts zu exportieren.",
};
