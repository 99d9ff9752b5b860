// Recent exports and the newest audit records.

import { fill, h, setText, setVisible } from "../web/src/dom.js";
import { Poll } from "../web/src/poll.js";

import { $, find, reconcile, timeElement } from "./page.js";
import { STATUS, auditDetail, auditSentence, listSummary } from "./words.js";

/** @import { AuditRecord, Run } from "./types.js" */
/** @import { App } from "./app.js" */

const EVERY_MS = 5_000;
const NEWEST = { limit: 20 };

/**
 * @template Item
 * @typedef {object} ListOptions
 * @property {string} id of the list; the text for an empty list has `<id>-empty`
 * @property {string} empty
 * @property {(organization: string) => Promise<Item[]>} load
 * @property {(item: Item) => string} key
 * @property {(item: Item) => HTMLElement} create
 * @property {(element: HTMLElement, item: Item) => void} update
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
    return EVERY_MS;
  }
}

/** @param {App} app */
export function recentExports(app) {
  return new NewestList(app, {
    id: "recent",
    empty: "No exports yet.",
    load: async (organization) =>
      (await app.api.listExports(organization, NEWEST)).exports,
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
        `${app.nameOf(run.requestedBy)}${listSummary(run)} · ${asked}`,
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
    load: async (organization) =>
      (await app.api.listAuditRecords(organization, NEWEST)).auditLogs,
    key: (record) => record.id,
    create: (record) => newAuditItem(app, record),
    update: () => {},
  });
}

/**
 * @param {App} app
 * @param {AuditRecord} record
 */
function newAuditItem(app, record) {
  const actor = record.actor && app.nameOf(record.actor);
  return h(
    "li",
    { className: "row" },
    h(
      "span",
      { className: "row-main" },
      h("span", { className: "row-title" }, auditSentence({ ...record, actor })),
      h("span", { className: "row-more quiet" }, auditDetail(record)),
    ),
    h("span", { className: "row-side quiet" }, timeElement(record.createdAt)),
  );
}
