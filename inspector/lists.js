// Recent exports and the tail of the audit log.

import { Poll } from "./poll.js";
import { $, count, fill, h, moment, reconcile, say, show, size } from "./dom.js";
import { STATUS, auditDetail, auditSentence } from "./words.js";

const EVERY_MS = 5_000;

/** A list of the newest things, asked for now and then and whenever something happens. */
class Newest {
  #desk;
  #poll;
  #list;
  #none;

  constructor(desk, { list, path, field, empty, key, create, update, got = () => {} }) {
    Object.assign(this, { path, field, empty, key, create, update, got });
    this.#desk = desk;
    this.#list = $(list);
    this.#none = $(`${list}-none`);
    this.#poll = new Poll(() => this.#ask(), {
      away: () => say(this.#none, "The service cannot be reached; trying again."),
      failed: () => say(this.#none, "This cannot be shown to you."),
    });
  }

  restart() {
    this.#list.replaceChildren();
    say(this.#none, "Loading…");
    show(this.#none, true);
    this.#poll.now();
  }

  refresh() {
    this.#poll.now();
  }

  stop() {
    this.#poll.stop();
  }

  async #ask() {
    const organization = this.#desk.organization;
    const answer = await this.#desk.api.get(
      `organizations/${organization}/${this.path}?limit=20`,
    );
    if (organization !== this.#desk.organization) return EVERY_MS;
    const items = answer[this.field];
    reconcile(this.#list, items, this);
    say(this.#none, items.length ? "" : this.empty);
    show(this.#none, !items.length);
    this.got(items);
    return EVERY_MS;
  }
}

export function recentExports(desk, got) {
  return new Newest(desk, {
    list: "recent",
    path: "exports",
    field: "exports",
    empty: "No exports yet.",
    key: (run) => run.runId,
    create: (run) => {
      const link = h(
        "a",
        { className: "row-link", href: desk.urlOf(run.runId) },
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
        desk.open(run.runId);
      });
      return h("li", {}, link);
    },
    update: (element, run) => {
      const link = element.firstElementChild;
      const open = run.runId === desk.runId;
      link.dataset.status = run.status;
      if (open) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      say(link.querySelector(".row-title"), STATUS[run.status]);
      say(link.querySelector(".row-more"), `${run.requestedBy}${progress(run)}`);
      fill(link.querySelector(".row-side"), run.requestedAt, () =>
        moment(run.requestedAt),
      );
    },
    got,
  });
}

function progress(run) {
  if (run.status === "completed")
    return ` · ${count(run.rowCount)} rows · ${size(run.bytes)}`;
  if (run.status === "queued") return ` · number ${run.queuePosition} in line`;
  if (run.status === "failed" && run.error) return ` · ${run.error.code}`;
  return run.pagesTotal ? ` · ${run.pagesDone} of ${run.pagesTotal} pages` : "";
}

export function auditLog(desk) {
  return new Newest(desk, {
    list: "audit",
    path: "audit-logs",
    field: "auditLogs",
    empty: "Nothing has been recorded yet.",
    key: (record) => record.id,
    create: (record) =>
      h(
        "li",
        { className: "row" },
        h(
          "span",
          { className: "row-main" },
          h("span", { className: "row-title" }, auditSentence(record)),
          h("span", { className: "row-more quiet" }, auditDetail(record)),
        ),
        h("span", { className: "row-side quiet" }, moment(record.createdAt)),
      ),
    update: () => {},
  });
}
