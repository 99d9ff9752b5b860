// Recent exports and the newest audit records.

import { fill, h, setText } from "../web/src/dom.js";

import { NewestList } from "./newest-list.js";
import { find, timeElement } from "./page.js";
import { STATUS, auditDetail, auditSentence, listSummary } from "./words.js";

/** @import { AuditRecord, Run } from "./types.js" */
/** @import { App } from "./app.js" */

/** @param {App} app */
export function recentExports(app) {
  return new NewestList(app, {
    id: "recent",
    empty: "No exports yet.",
    load: async (organization, query) => {
      const { exports, next } = await app.api.listExports(organization, query);
      return { items: exports, next };
    },
    key: (/** @type {Run} */ run) => run.runId,
    create: (run) => newRunItem(app, run),
    update: (element, run) => {
      const link = find(element, "a");
      link.dataset.status = run.status;
      if (run.runId === app.runId) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      setText(find(link, ".row-title"), STATUS[run.status]);
      const asked = app.options.describeRun(run);
      setText(
        find(link, ".row-more"),
        `${run.requesterName ?? run.requestedBy}${listSummary(run)} · ${asked}`,
      );
      fill(find(link, ".row-side"), run.requestedAt, () =>
        timeElement(run.requestedAt),
      );
    },
  });
}

/**
 * @param {App} app
 * @param {Run} run
 */
function newRunItem(app, run) {
  const link = h(
    "a",
    { className: "row-link", href: app.urlOf(run.runId) },
    h("span", { className: "dot", "aria-hidden": "true" }),
    h(
      "span",
      { className: "row-main" },
      h("span", { className: "row-title" }),
      h("span", { className: "row-more quiet" }),
    ),
    h("span", { className: "row-side quiet" }),
  );
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    app.open(run.runId);
  });
  return h("li", {}, link);
}

/** @param {App} app */
export function auditLog(app) {
  return new NewestList(app, {
    id: "audit",
    empty: "No audit records yet.",
    load: async (organization, query) => {
      const { auditLogs, next } = await app.api.listAuditRecords(organization, query);
      return { items: auditLogs, next };
    },
    key: (/** @type {AuditRecord} */ record) => record.id,
    create: newAuditItem,
    update: () => {},
  });
}

/** @param {AuditRecord} record */
function newAuditItem(record) {
  return h(
    "li",
    { className: "row" },
    h(
      "span",
      { className: "row-main" },
      h("span", { className: "row-title" }, auditSentence(record)),
      h("span", { className: "row-more quiet" }, auditDetail(record)),
    ),
    h("span", { className: "row-side quiet" }, timeElement(record.createdAt)),
  );
}
