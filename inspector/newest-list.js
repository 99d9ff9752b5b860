// A list of the newest items, which grows page by page.

import { setText, setVisible } from "../web/src/dom.js";
import { Poll } from "../web/src/poll.js";

import { $, reconcile } from "./page.js";

/** @import { App } from "./app.js" */

const EVERY_MS = 5_000;
const STEP = 20;
// The API's limit for a page.
const PAGE = 100;

/**
 * @template Item
 * @typedef {object} ListOptions
 * @property {string} id of the list; the text for an empty list has `<id>-empty`, and the
 *   button for more of it `<id>-more`
 * @property {string} empty
 * @property {(organization: string, query: {limit: number, cursor?: string}) =>
 *   Promise<{items: Item[], next: string | null}>} load
 * @property {(item: Item) => string} key
 * @property {(item: Item) => HTMLElement} create
 * @property {(element: HTMLElement, item: Item) => void} update
 */

/**
 * Loaded regularly and on `refresh`: all that is shown, since any of it may change.
 * @template Item
 */
export class NewestList {
  #app;
  #options;
  #list;
  #empty;
  #more;
  #poll;
  /** @type {Item[]} */
  #items = [];
  #wanted = STEP;

  /**
   * @param {App} app
   * @param {ListOptions<Item>} options
   */
  constructor(app, options) {
    this.#app = app;
    this.#options = options;
    this.#list = $(options.id);
    this.#empty = $(`${options.id}-empty`);
    this.#more = $(`${options.id}-more`);
    this.#more.addEventListener("click", () => this.#showMore());
    this.#poll = new Poll((isObsolete) => this.#load(isObsolete), {
      away: () => setText(this.#empty, "Cannot reach the service. Retrying …"),
      failed: () => setText(this.#empty, "This list is not available."),
    });
  }

  /** Empty and reload the list, for another organisation or user. */
  restart() {
    this.#items = [];
    this.#wanted = STEP;
    this.redraw();
    setText(this.#empty, "Loading…");
    setVisible(this.#empty, true);
    setVisible(this.#more, false);
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

  #showMore() {
    this.#wanted = this.#items.length + STEP;
    this.#poll.now();
  }

  /** @param {() => boolean} isObsolete */
  async #load(isObsolete) {
    const { items, next } = await this.#pages(this.#app.organization);
    if (isObsolete()) return undefined;
    this.#items = items;
    this.redraw();
    setText(this.#empty, items.length ? "" : this.#options.empty);
    setVisible(this.#empty, items.length === 0);
    // A button that goes must not take the focus with it.
    if (!next && document.activeElement === this.#more) this.#list.focus();
    setVisible(this.#more, next !== null);
    return EVERY_MS;
  }

  /** @param {string} organization */
  async #pages(organization) {
    /** @type {Item[]} */
    const items = [];
    /** @type {string | null} */
    let next = null;
    do {
      const limit = Math.min(PAGE, this.#wanted - items.length);
      const query = next === null ? { limit } : { limit, cursor: next };
      const page = await this.#options.load(organization, query);
      items.push(...page.items);
      next = page.next;
    } while (next !== null && items.length < this.#wanted);
    return { items, next };
  }
}
