// What the inspector says about runs, states and audit records.

import { isActive } from "../web/src/runs.js";

import { formatBytes, formatCount, formatDuration, plural } from "./english.js";

/** @import { AuditRecord, GraphState, Run, RunGraph } from "./types.js" */

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

/** @param {Run} run */
export function pageTitle(run) {
  const progress = `${run.pagesDone}/${run.pagesTotal} · ${TITLE}`;
  return isActive(run) && run.pagesTotal ? progress : TITLE;
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
 * An audit record as a sentence; a person without a name goes by their id, and without an
 * actor the system acted.
 * @param {AuditRecord} record
 */
export function auditSentence({ action, actor, actorName }) {
  const event = EVENTS[action.split(".").at(-1) ?? ""] ?? action;
  const who = actorName ?? actor;
  return who ? `${who} ${event}` : event.charAt(0).toUpperCase() + event.slice(1);
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
