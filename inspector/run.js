// The element in the run card, and what the inspector adds to it.

import { fill, setText, setVisible } from "../web/src/dom.js";
import { InvoiceExport } from "../web/src/element.js";
import { Problem } from "../web/src/problems.js";

import { $, timeElement } from "./page.js";

/** @import { ExportClient, Started } from "../web/src/client.js" */
/** @import { Run } from "./types.js" */
/** @import { App } from "./app.js" */
/** @import { Body } from "./choice.js" */
/** @import { RunId } from "./urls.js" */

/** What the element's events carry. @typedef {Started & {action: string, run: Run}} Heard */

// No run has this id, so the element says that there is none.
const NO_RUN = "none";

export class RunPanel {
  #app;
  #element;
  /** @type {Run | undefined} */
  #run;

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    const element = $("exporter");
    if (!(element instanceof InvoiceExport)) throw new Error("no element");
    this.#element = element;
    this.#listen("export-started", (detail) => this.#started(detail));
    this.#listen("export-progress", ({ run }) => this.#changed(run));
    this.#listen("export-downloaded", () => app.refreshLists());
    element.addEventListener("export-error", (event) => this.#failed(event));
    $("copy").addEventListener("click", () => void this.#copyLink());
  }

  get run() {
    return this.#run;
  }

  /** @param {ExportClient | undefined} client without one nothing is watched */
  use(client) {
    this.#forget();
    this.#element.client = client;
  }

  /** @param {Body | undefined} body what the options say */
  request(body) {
    this.#element.request = /** @type {InvoiceExport["request"]} */ (body);
  }

  /**
   * @param {string} organization
   * @param {string | null | undefined} id null for the run that matters to the user; what
   *   is no run's id shows that there is none
   */
  open(organization, id) {
    const element = this.#element;
    const run = id === undefined ? NO_RUN : id;
    const stays = run === element.getAttribute("run") || run === this.#run?.runId;
    // The element tells nothing again of what it shows already.
    if (!stays || organization !== element.getAttribute("organization")) this.#forget();
    element.setAttribute("organization", organization);
    if (run === null) element.removeAttribute("run");
    else element.setAttribute("run", run);
  }

  /** Draw again what depends on the options. */
  redraw() {
    const run = this.#run;
    setText($("run-asked"), run ? this.#app.options.describeRun(run) : "");
  }

  #forget() {
    this.#run = undefined;
    this.redraw();
    setVisible($("copy"), false);
    setVisible($("run-facts"), false);
    this.#app.runClosed();
  }

  /** @param {Heard} started */
  #started({ action, runId }) {
    if (action === "start") this.#app.options.remember();
    this.#app.open(runId);
    this.#app.refreshLists();
  }

  /** @param {Run} run */
  #changed(run) {
    const before = this.#run?.runId === run.runId ? this.#run : undefined;
    this.#run = run;
    this.redraw();
    setVisible($("copy"), true);
    setVisible($("run-facts"), true);
    setText($("run-id"), run.runId);
    setText($("run-attempt"), String(run.attemptCount));
    fill($("run-meta"), run.runId, () => [
      "Requested by ",
      run.requesterName ?? run.requestedBy,
      ", ",
      timeElement(run.requestedAt),
    ]);
    this.#app.runChanged(run, before);
  }

  /** @param {Event} event */
  #failed(event) {
    const { detail } = /** @type {CustomEvent<{action: string, error: unknown}>} */ (
      event
    );
    const { action, error } = detail;
    if (action === "watch") {
      this.#forget();
      this.#app.runFailed(error);
    } else if (action === "start" && error instanceof Problem) {
      if (this.#app.options.showRefusal(error)) event.preventDefault();
    }
  }

  /**
   * @param {string} name
   * @param {(detail: Heard) => void} heard
   */
  #listen(name, heard) {
    this.#element.addEventListener(name, (event) => {
      heard(/** @type {CustomEvent<Heard>} */ (event).detail);
    });
  }

  async #copyLink() {
    if (!this.#run) return;
    const url = new URL(this.#app.urlOf(this.#run.runId), location.href);
    try {
      await navigator.clipboard.writeText(url.href);
      this.#element.notify("Link copied. It works for members of this organisation.");
    } catch {
      this.#element.notify(url.href);
    }
  }
}
