// Recent exports and the newest audit records.

import {
  $,
  fill,
  find,
  h,
  reconcile,
  setText,
  setVisible,
  timeElement,
} from "./dom.js";
import { Poll } from "./poll.js";
import { STATUS, auditDetail, auditSentence, listSummary } from "./words.js";

/** @import { AuditRecord, Run } from "./api.js" */
/** @import { App } from "./app.js" */

const EVERY_MS = 5_000;

/**
 * @template Item
 * @typedef {object} ListOptions
 * @property {string} id of the list; the text for an empty list has `<id>-empty`
 * @property {string} empty
 * @property {(organization: string) => Promise<Item[]>} load
 * @property {(item: Item) => string} key
 * @property {(item: Item) => HTMLElement} create
 * @property {(element: HTMLElement, item: Item) => void} update
 * @property {(items: Item[]) => void} [loaded]
 */

/**
 * The newest items, loaded regularly and on `refresh`.
 * @template Item
 */
class NewestList {
  #app;
  #options;
  #list;
  #empty;
  #poll;
  /** @type {Item[]} */
  #items = [];

  /**
   * @param {App} app
   * @param {ListOptions<Item>} options
   */
  constructor(app, options) {
    this.#app = app;
    this.#options = options;
    this.#list = $(options.id);
    this.#empty = $(`${options.id}-empty`);
    this.#poll = new Poll(() => this.#load(), {
      away: () => setText(this.#empty, "Cannot reach the service. Retrying …"),
      failed: () => setText(this.#empty, "This list is not available."),
    });
  }

  /** Empty and reload the list, for another organisation or user. */
  restart() {
    this.#items = [];
    this.redraw();
    setText(this.#empty, "Loading…");
    setVisible(this.#empty, true);
    this.#poll.now();
  }

  refresh() {
    this.#poll.now();
  }

  stop() {
    this.#poll.stop();
  }

  redraw() {
    reconcile(this.#list, this.#items, this.#options);
  }

  async #load() {
    const { organization } = this.#app;
    const items = await this.#options.load(organization);
    if (organization !== this.#app.organization) return EVERY_MS;
    this.#items = items;
    this.redraw();
    setText(this.#empty, items.length ? "" : this.#options.empty);
    setVisible(this.#empty, items.length === 0);
    this.#options.loaded?.(items);
    return EVERY_MS;
  }
}

/**
 * @param {App} app
 * @param {(runs: Run[]) => void} loaded
 */
export function recentExports(app, loaded) {
  return new NewestList(app, {
    id: "recent",
    empty: "No exports yet.",
    load: async (organization) => (await app.api.newestRuns(organization)).exports,
    key: (run) => run.runId,
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
        `${run.requestedBy}${listSummary(run)} · ${asked}`,
      );
      fill(find(link, ".row-side"), run.requestedAt, () =>
        timeElement(run.requestedAt),
      );
    },
    loaded,
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
    load: async (organization) =>
      (await app.api.newestAuditRecords(organization)).auditLogs,
    key: (record) => record.id,
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
