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
    this.#poll = new Poll((isObsolete) => this.#load(isObsolete), {
      failed: () => setText($("mails-empty"), "The mailbox is not available."),
    });
    this.#poll.now();
  }

  refresh() {
    this.#poll.now();
  }

  /** @param {() => boolean} isObsolete */
  async #load(isObsolete) {
    /** @type {{mails: Mail[]}} */
    const { mails } = await ask(this.#url, "mails");
    if (isObsolete()) return undefined;
    setVisible($("mails-empty"), mails.length === 0);
    setText($("mails-empty"), "No e-mails yet.");
    reconcile($("mails"), mails, {
      key: (mail) => mail.id,
      create: (mail) => this.#newItem(mail),
      update: () => {},
    });
    const open = mails.find(({ id }) => id === this.#open) ?? mails[0];
    if (open) await this.#show(open);
    else this.#close();
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
    button.addEventListener("click", () => void this.#show(mail));
    return h("li", {}, button);
  }

  /**
   * A frame that could not load its mail stays blank and says so to nobody, so the mail is
   * asked for first; the next poll tries again.
   * @param {Mail} mail
   */
  async #show(mail) {
    this.#open = mail.id;
    this.#markOpen();
    const place = $("mail");
    if (place.dataset.builtAs === mail.id) return;
    const src = `${this.#url}/${path`mails/${mail.id}/html`}`;
    const found = await fetch(src).then(
      (response) => response.ok,
      () => false,
    );
    if (this.#open !== mail.id) return;
    if (!found) {
      fill(place, `no ${mail.id}`, () => "This e-mail cannot be loaded. Retrying …");
      return;
    }
    // A mail's HTML has its own origin, and a frame in which scripts cannot run.
    const sandbox = "allow-popups allow-popups-to-escape-sandbox";
    const title = `E-mail: ${mail.subject}`;
    fill(place, mail.id, () => h("iframe", { title, sandbox, src }));
  }

  #close() {
    this.#open = "";
    fill($("mail"), "none", () => []);
  }

  #markOpen() {
    for (const item of childrenOf($("mails"))) {
      find(item, "button").ariaExpanded = String(item.dataset.key === this.#open);
    }
  }
}
