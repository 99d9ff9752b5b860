// <invoice-export>: a button, its options, and the progress of one export.

import { drawChoices } from "./choices.js";
import { ExportClient } from "./client.js";
import { Exporter } from "./exporter.js";
import { sheet } from "./style.js";
import { Speaker } from "./texts.js";
import { View } from "./view.js";

/** @import { ExportRequest } from "./client.js" */
/** @import { Text } from "./texts-en.js" */
/** @import { GetToken } from "./transport.js" */

const TICK_MS = 250;
const PROPERTIES = ["client", "getToken", "request", "texts"];

export class InvoiceExport extends HTMLElement {
  static observedAttributes = ["base-url", "organization", "run", "lang"];

  #exporter = new Exporter({
    say: (key, values) => this.#speaker.say(key, values),
    explain: (error) => this.#speaker.explain(error),
    draw: () => this.#draw(),
    emit: (name, detail) => this.#emit(name, detail),
  });
  #speaker = new Speaker("en");
  #view = new View(this.#speaker, () => this.#exporter.now());
  /** @type {ExportClient | undefined} */
  #client;
  /** @type {GetToken | undefined} */
  #getToken;
  /** @type {Record<string, Text>} */
  #texts = {};
  #restarting = false;
  #language = new MutationObserver(() => this.#speak());
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticker;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet()];
    const { base, start, actions } = this.#view.panel;
    root.append(base);
    const exporter = this.#exporter;
    start.addEventListener("click", () => void exporter.start());
    actions.again.addEventListener("click", () => void exporter.startAgain());
    actions.cancel.addEventListener("click", () => void exporter.cancel());
    actions.retry.addEventListener("click", () => void exporter.retry());
    actions.download.addEventListener("click", () => void exporter.download());
  }

  /** A client to use instead of one made from `base-url` and `getToken`. */
  get client() {
    return this.#client;
  }
  set client(client) {
    this.#client = client;
    this.#restartSoon();
  }

  /** Returns the bearer token of a request. */
  get getToken() {
    return this.#getToken;
  }
  set getToken(getToken) {
    this.#getToken = getToken;
    this.#restartSoon();
  }

  /** What to export, as the API takes it; the element's own options add to it. */
  get request() {
    return this.#exporter.request;
  }
  set request(request) {
    this.#exporter.request = request;
    // What the request leaves out has the API's default.
    this.#exporter.choose({ dataset: "", format: "", preset: "", ...request });
  }

  /** Texts of the page's own, by key. */
  get texts() {
    return this.#texts;
  }
  set texts(texts) {
    this.#texts = texts;
    this.#speak();
  }

  /** The run that is shown. */
  get current() {
    return this.#exporter.state.run;
  }

  /**
   * Tell the user something, where the element tells the outcome of its own actions.
   * @param {string} text
   */
  notify(text) {
    this.#exporter.tell(text);
  }

  /** Start what the options say, as the button does. */
  start() {
    return this.#exporter.start();
  }

  connectedCallback() {
    for (const name of PROPERTIES) this.#upgrade(name);
    this.#speak();
    this.#language.observe(document.documentElement, { attributeFilter: ["lang"] });
    const tick = () => this.#view.tick(this.#exporter.state);
    this.#ticker = setInterval(tick, TICK_MS);
    this.#restartSoon();
  }

  disconnectedCallback() {
    clearInterval(this.#ticker);
    this.#language.disconnect();
    this.#exporter.close();
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} value
   */
  attributeChangedCallback(name, before, value) {
    if (before === value) return;
    if (name === "lang") this.#speak();
    else if (name === "run" && value && !this.#restarting) this.#exporter.show(value);
    else this.#restartSoon();
  }

  /**
   * Take a property that the page set before this class was there.
   * @param {string} name
   */
  #upgrade(name) {
    if (!Object.hasOwn(this, name)) return;
    /** @type {unknown} */
    const value = Reflect.get(this, name);
    Reflect.deleteProperty(this, name);
    Reflect.set(this, name, value);
  }

  #speak() {
    const near = this.closest("[lang]");
    const locale = near instanceof HTMLElement ? near.lang : "";
    this.#speaker = new Speaker(locale || "en", this.#texts);
    this.#view.speakAs(this.#speaker);
    this.#draw();
  }

  /** Several changes at once are one restart. */
  #restartSoon() {
    if (this.#restarting || !this.isConnected) return;
    this.#restarting = true;
    queueMicrotask(() => {
      this.#restarting = false;
      if (this.isConnected) this.#restart();
    });
  }

  #restart() {
    const baseUrl = this.getAttribute("base-url") ?? location.origin;
    const getToken = this.#getToken;
    const client =
      this.#client ?? (getToken && new ExportClient({ baseUrl, getToken }));
    if (!client) {
      this.#exporter.refuse(this.#speaker.say("noToken"));
      return;
    }
    this.#exporter.open(client, {
      organization: this.getAttribute("organization") ?? "",
      runId: this.getAttribute("run") ?? "",
    });
  }

  #draw() {
    const { state } = this.#exporter;
    this.#view.draw(state);
    // A page's own form takes the place of ours.
    if (this.querySelector(':scope > [slot="options"]')) return;
    drawChoices(this.#view.panel.options, this.#speaker, state, {
      choose: (wanted) => this.#exporter.choose(wanted),
    });
  }

  /**
   * @param {string} name
   * @param {object} detail
   */
  #emit(name, detail) {
    const init = { detail, bubbles: true, composed: true, cancelable: true };
    return this.dispatchEvent(new CustomEvent(name, init));
  }
}
