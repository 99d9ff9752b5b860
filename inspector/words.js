// What the page says, in plain language, each error with its next step.

export const STATUS = {
  queued: "Queued",
  running: "Running",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

export const EMAIL = {
  pending: "about to be sent",
  sending: "being sent",
  sent: "sent to the requester",
  suppressed: "not sent: address is suppressed",
  unknown: "unknown: check with support",
};

export const STATE = {
  waiting: "waiting",
  running: "running",
  retried: "trying again",
  failed: "failed",
  stopped: "stopped",
  done: "done",
};

const RANKS = ["viewer", "member", "admin", "owner"];
export const atLeast = (role, needed) => RANKS.indexOf(role) >= RANKS.indexOf(needed);

/** Why this role may not start an export; nothing when it may. */
export function refusal(role) {
  if (atLeast(role, "member")) return "";
  return `Your role here is ${role}: you may watch and download. Exporting needs the role member; an owner or admin can give it to you.`;
}

const PROBLEMS = {
  ROLE_TOO_LOW:
    "Your role in this organisation does not allow that. Ask an owner or admin.",
  NOT_YOUR_RUN: "Only the person who asked for this export, or an admin, may do that.",
  RUN_NOT_FOUND:
    "There is no such export in this organisation. Choose one from the list.",
  RUN_ENDED: "This export has ended already.",
  RUN_COMPLETING:
    "Too late to cancel: the e-mail is on its way. The export is about to complete.",
  RUN_COMPLETED: "This export is completed. Start a new one instead.",
  QUEUE_FULL:
    "Too many exports of this organisation wait already. Try again when some are done.",
  FILE_EXPIRED:
    "The file has been deleted at the end of its time. Export again to get a new one.",
  UNAUTHENTICATED: "You are not signed in any more. Sign in again.",
  TOO_MANY_REQUESTS: "Too many requests at once. Try again in a moment.",
  NOT_FOUND: "There is no such organisation, or you are not a member of it.",
};

export function explain(error) {
  return (
    PROBLEMS[error.code] ??
    error.detail ??
    "Something went wrong. Try again in a moment."
  );
}

const EVENTS = {
  requested: "asked for an export",
  completed: "export completed",
  failed: "export failed",
  cancelled: "cancelled an export",
  downloaded: "downloaded a file",
};

/** One audit record as a sentence; nobody as actor means the system. */
export function auditSentence(record) {
  const event = record.action.split(".").at(-1);
  const what = EVENTS[event] ?? record.action;
  return record.actor
    ? `${record.actor} ${what}`
    : what.charAt(0).toUpperCase() + what.slice(1);
}

export function auditDetail({ payload }) {
  const parts = [];
  if (payload.rowCount != null) parts.push(`${payload.rowCount} rows`);
  if (payload.pages != null) parts.push(`${payload.pages} pages`);
  if (payload.emailSuppressed) parts.push("e-mail suppressed");
  if (payload.code) parts.push(payload.code);
  if (payload.attempt > 1) parts.push(`attempt ${payload.attempt}`);
  if (payload.pagesDone != null) parts.push(`${payload.pagesDone} pages were done`);
  return parts.join(" · ");
}
