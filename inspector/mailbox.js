// On local stages: the e-mails that the engine accepted for delivery.

import { fill, h, setText, setVisible } from "../web/src/dom.js";
import { Poll } from "../web/src/poll.js";

import { $, childrenOf, find, reconcile, timeElement } from "./page.js";
import { path } from "./urls.js";
import { ask } from "./workshop.js";

/**
 * @typedef {object} Mail
 * @property {string} id
 * @property {string} subject
 * @property {string[]} to
 * @property {string} at
 */

const EVERY_MS = 4_000;

export class Mailbox {
  #url;
  #poll;
  /** The id of the mail that is shown. */
  #open = "";

  /** @param {string} url the workshop's */
  constructor(url) {
    this.#url = url;
    setVisible($("mailbox"), true);
    this.#poll = new Poll(() => this.#load(), {
      failed: () => setText($("mails-empty"), "The mailbox is not available."),
    });
    this.#poll.now();
  }

  refresh() {
    this.#poll.now();
  }

  async #load() {
    /** @type {{mails: Mail[]}} */
    const { mails } = await ask(this.#url, "mails");
    setVisible($("mails-empty"), mails.length === 0);
    setText($("mails-empty"), "No e-mails yet.");
    reconcile($("mails"), mails, {
      key: (mail) => mail.id,
      create: (mail) => this.#newItem(mail),
      update: () => {},
    });
    const newest = mails[0];
    if (!this.#open && newest) this.#show(newest);
    this.#markOpen();
    return EVERY_MS;
  }

  /** @param {Mail} mail */
  #newItem(mail) {
    const button = h(
      "button",
      { type: "button", className: "row-link" },
      h(
        "span",
        { className: "row-main" },
        h("span", { className: "row-title" }, mail.subject),
        h("span", { className: "row-more quiet" }, `to ${mail.to.join(", ")}`),
      ),
      h("span", { className: "row-side quiet" }, timeElement(mail.at)),
    );
    button.addEventListener("click", () => this.#show(mail));
    return h("li", {}, button);
  }

  /** @param {Mail} mail */
  #show(mail) {
    this.#open = mail.id;
    // A mail's HTML has its own origin, and a frame in which scripts cannot run.
    fill($("mail"), mail.id, () =>
      h("iframe", {
        title: `E-mail: ${mail.subject}`,
        sandbox: "allow-popups allow-popups-to-escape-sandbox",
        src: `${this.#url}/${path`mails/${mail.id}/html`}`,
      }),
    );
    this.#markOpen();
  }

  #markOpen() {
    for (const item of childrenOf($("mails"))) {
      find(item, "button").ariaExpanded = String(item.dataset.key === this.#open);
    }
  }
}
