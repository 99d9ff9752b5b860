// What the element says, in English. A text with a count has a form for each plural.

/** @typedef {string | {[form: string]: string}} Text */

export const en = {
  start: "Export {what}",
  again: "Export again",
  download: "Download",
  cancel: "Cancel",
  retry: "Retry",
  dataset: "What to export",
  format: "Format",
  preset: "Written for",
  progress: "Pages written",
  refusal:
    "Your role here is {role}: you can watch and download exports. To start one you need the role member; ask an owner or admin.",

  none: "No export",
  loading: "Loading",
  unavailable: "Not available",
  queued: "Queued",
  running: "Running",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",

  aboutNone:
    "Nothing has been exported today. Press “{start}” to start; you get an e-mail when the file is ready.",
  aboutLoading: "Loading this export …",
  aboutNext: "Next in line: starts when your organisation’s running export ends.",
  aboutQueued:
    "Number {position} in line: an organisation’s exports run one at a time.",
  aboutPlanning: "Planning the pages.",
  aboutWriting: "Writing the pages.",
  aboutJoining: "Joining the pages into one file.",
  aboutCompleted: {
    one: "{count} row, {size}.",
    other: "{count} rows, {size}.",
  },
  aboutFailed:
    "Something went wrong. Press “Retry” to continue; finished pages are kept.",
  aboutCancelled: "Press “Retry” to continue; finished pages are kept.",

  pages: { one: "{done} of {count} page", other: "{done} of {count} pages" },
  counting: "Counting the rows …",
  notStarted: "not started",
  left: "about {duration} left",
  age: "Exported {age}",
  ageNow: "Exported just now",
  stale: "No response since {since}: this may be out of date. Retrying in {seconds} s.",
  staleNow: "No response since {since}: this may be out of date. Retrying now.",
  rows: "Rows",
  size: "Size",
  elapsed: "Elapsed",
  email: "E-mail",
  until: "Available until",
  announcePages: "{done} of {total} pages written",
  announce: "Export {status}. {about}",

  emailNone: "none",
  emailWhenReady: "when ready",
  emailMine: "sent to you",
  emailPending: "waiting to be sent",
  emailSending: "sending",
  emailSent: "sent to the requester",
  emailSuppressed: "not sent: the address is suppressed",
  emailRefused: "not sent: the mail service refused it",
  emailUnknown: "delivery unknown: ask support",

  accepted:
    "Export accepted. You can leave this page: you get an e-mail when the file is ready.",
  alreadyDone:
    "You have already exported today. To get the latest data, press “Export again”.",
  alreadyStarted: "You have already started this export today.",
  doneCancel: "Export cancelled.",
  doneRetry: "Export restarted. Finished pages are kept.",
  downloading: "Downloading {filename}.",
  outage:
    "Cannot reach the service. Press the button again in a moment; you will not get a second export.",
  marked: "Correct the fields that are marked.",
  away: "Cannot reach the service. Try again in a moment.",
  broken: "Something went wrong. Try again in a moment.",
  noToken: "This element has no token function: set its property getToken.",

  ROLE_TOO_LOW:
    "Your role in this organisation does not allow this. Ask an owner or admin.",
  NOT_YOUR_RUN: "Only the requester or an admin can do this.",
  RUN_NOT_FOUND:
    "There is no such export in this organisation. Choose one from the list.",
  RUN_ENDED: "This export has already finished.",
  RUN_COMPLETING:
    "Too late to cancel: the e-mail is on its way and the export is about to complete.",
  RUN_COMPLETED: "This export has completed. Start a new one instead.",
  QUEUE_FULL:
    "Too many of this organisation’s exports are waiting. Try again when some have finished.",
  FILE_EXPIRED: "The file has expired. Export again to get a new one.",
  UNAUTHENTICATED: "You are no longer signed in. Sign in again.",
  TOO_MANY_REQUESTS: "Too many requests. Try again in a moment.",
  DATASET_CHANGED:
    "What can be exported has changed since this export was requested. Start a new one instead.",
  NOT_FOUND: "There is no such organisation, or you are not a member of it.",
};
