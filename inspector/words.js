// What the inspector says about runs, states and audit records.

import { formatBytes, formatCount, formatDuration, plural } from "./format.js";
import { isActive } from "./runs.js";

/** @import { AuditRecord, GraphState, Role, Run, RunGraph, Schemas, Started } from "./api.js" */

const TITLE = "Invoice export";

export const NO_ORGANIZATION =
  "You are not a member of any organisation yet. Ask an owner to add you.";
export const FOREIGN =
  "That link is for an organisation that does not exist or that you are not a member of. This is your own organisation.";

/** @type {Record<Run["status"], string>} */
export const STATUS = {
  queued: "Queued",
  running: "Running",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** @type {Record<Schemas["EmailStatus"], string>} */
const EMAIL = {
  pending: "waiting to be sent",
  sending: "sending",
  sent: "sent to the requester",
  suppressed: "not sent: the address is suppressed",
  refused: "not sent: the mail service refused it",
  unknown: "delivery unknown: ask support",
};

/** @type {Record<GraphState["status"], string>} */
export const STATE = {
  waiting: "waiting",
  running: "running",
  retried: "retrying",
  failed: "failed",
  stopped: "stopped",
  done: "done",
};

/** @type {Record<GraphState["status"], string>} */
export const STATE_ICON = {
  waiting: "",
  running: "",
  retried: "↻",
  failed: "✕",
  stopped: "■",
  done: "✓",
};

/** @type {Record<string, string>} */
const EXECUTION = {
  RUNNING: "is running",
  SUCCEEDED: "has succeeded",
  FAILED: "has failed",
  TIMED_OUT: "has timed out",
  ABORTED: "was stopped",
};

/** @type {Record<string, string>} */
export const STATE_TYPE = {
  Task: "Task",
  Map: "Map",
  Choice: "Choice",
  Succeed: "Success end",
  Fail: "Failure end",
};

/** @type {Role[]} */
const RANKS = ["viewer", "member", "admin", "owner"];

/**
 * @param {Role | undefined} role
 * @param {Role} needed
 */
export function isAtLeast(role, needed) {
  return role !== undefined && RANKS.indexOf(role) >= RANKS.indexOf(needed);
}

/**
 * Why this role may not export; empty when it may.
 * @param {Role | undefined} role
 */
export function exportRefusal(role) {
  if (isAtLeast(role, "member")) return "";
  return `Your role here is ${role}: you can watch and download exports. To start one you need the role member; ask an owner or admin.`;
}

/** @param {Started} started */
export function startNotice({ deduplicated, status }) {
  if (!deduplicated) {
    return "Export accepted. You can leave this page: you get an e-mail when the file is ready.";
  }
  return status === "completed"
    ? "You have already exported today. To get the latest data, press “Export again”."
    : "You have already started this export today.";
}

/** @param {Run} run */
export function pageTitle(run) {
  const progress = `${run.pagesDone}/${run.pagesTotal} · ${TITLE}`;
  return isActive(run) && run.pagesTotal ? progress : TITLE;
}

/** @param {Run} run */
export function summary(run) {
  switch (run.status) {
    case "queued":
      return run.queuePosition === 1
        ? "Next in line: starts when your organisation’s running export ends."
        : `Number ${run.queuePosition} in line: an organisation’s exports run one at a time.`;
    case "running":
      return runningSummary(run);
    case "completed":
      return `${plural(run.rowCount ?? 0, "row")}, ${formatBytes(run.bytes ?? 0)}.`;
    case "failed":
      return (
        run.error?.message ||
        "Something went wrong. Press “Retry” to continue; finished pages are kept."
      );
    case "cancelled":
      return "Press “Retry” to continue; finished pages are kept.";
  }
}

/** @param {Run} run */
function runningSummary({ pagesDone, pagesTotal }) {
  if (!pagesTotal) return "Planning the pages.";
  return pagesDone < pagesTotal
    ? "Writing the pages."
    : "Joining the pages into one file.";
}

/** @param {Run | undefined} run */
export function pagesText(run) {
  if (run?.pagesTotal) return `${run.pagesDone} of ${plural(run.pagesTotal, "page")}`;
  return run?.status === "running" ? "Counting the rows …" : "";
}

/**
 * @param {Run} run
 * @param {{mine: boolean}} viewer
 */
export function emailText(run, { mine }) {
  if (run.email) return run.email === "sent" && mine ? "sent to you" : EMAIL[run.email];
  return isActive(run) ? "when ready" : "none";
}

/**
 * What screen readers announce when the run makes progress.
 * @param {Run} run
 */
export function announcement(run) {
  if (run.status === "running" && run.pagesTotal && quartersDone(run)) {
    return `${run.pagesDone} of ${run.pagesTotal} pages written`;
  }
  return `Export ${STATUS[run.status].toLowerCase()}. ${summary(run)}`;
}

/** @param {Run} run */
export function quartersDone({ pagesDone, pagesTotal }) {
  return pagesTotal ? Math.floor((4 * pagesDone) / pagesTotal) : 0;
}

/**
 * @param {RunGraph} graph
 * @param {Run | undefined} run
 */
export function graphSummary({ executionStatus, attempt, complete }, run) {
  if (!executionStatus) {
    return isActive(run) ? "not started yet" : "the execution history has expired";
  }
  const omitted = complete ? "" : " · part of the history omitted";
  return `attempt ${attempt} ${EXECUTION[executionStatus] ?? executionStatus}${omitted}`;
}

/** @param {GraphState} state */
export function stateSummary(state) {
  const { pagesDone, pagesTotal, failures } = state;
  const parts = [];
  const spent = secondsSpent(state);
  if (pagesTotal) {
    parts.push(`${formatCount(pagesDone ?? 0)} / ${plural(pagesTotal, "page")}`);
  } else {
    parts.push(STATE[state.status]);
    if (spent !== undefined) parts.push(formatDuration(spent));
  }
  if (failures) parts.push(plural(failures, "failure"));
  return parts.join(" · ");
}

/**
 * Undefined until the state has been left.
 * @param {GraphState} state
 */
export function secondsSpent({ enteredAt, exitedAt }) {
  if (!enteredAt || !exitedAt) return undefined;
  return (Date.parse(exitedAt) - Date.parse(enteredAt)) / 1000;
}

/** @param {Run} run */
export function listSummary(run) {
  if (run.status === "completed") {
    return ` · ${plural(run.rowCount ?? 0, "row")} · ${formatBytes(run.bytes ?? 0)}`;
  }
  if (run.status === "queued") return ` · number ${run.queuePosition} in line`;
  if (run.status === "failed" && run.error) return ` · ${run.error.code}`;
  return run.pagesTotal ? ` · ${run.pagesDone} of ${run.pagesTotal} pages` : "";
}

/** @type {Record<string, string>} */
const EVENTS = {
  requested: "requested an export",
  completed: "export completed",
  failed: "export failed",
  cancelled: "cancelled an export",
  downloaded: "downloaded a file",
  lifted: "lifted an e-mail suppression",
};

/**
 * An audit record as a sentence; without an actor the system acted.
 * @param {AuditRecord} record
 */
export function auditSentence({ action, actor }) {
  const event = EVENTS[action.split(".").at(-1) ?? ""] ?? action;
  return actor ? `${actor} ${event}` : event.charAt(0).toUpperCase() + event.slice(1);
}

/** @param {AuditRecord} record */
export function auditDetail({ payload }) {
  const { rowCount, pages, emailSuppressed, email, code, attempt, pagesDone } = payload;
  const parts = [];
  if (typeof rowCount === "number") parts.push(plural(rowCount, "row"));
  if (typeof pages === "number") parts.push(plural(pages, "page"));
  if (emailSuppressed) parts.push("e-mail suppressed");
  if (typeof email === "string") parts.push(`e-mail ${email}`);
  if (typeof code === "string") parts.push(code);
  if (typeof attempt === "number" && attempt > 1) parts.push(`attempt ${attempt}`);
  if (typeof pagesDone === "number") parts.push(`${plural(pagesDone, "page")} written`);
  return parts.join(" · ");
}
