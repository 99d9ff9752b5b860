// The two buttons that start an export.

import { $, setText, setVisible } from "./dom.js";
import { Unavailable, explain } from "./problems.js";
import { exportRefusal, startNotice } from "./words.js";

/** @import { Started } from "./api.js" */
/** @import { App } from "./app.js" */

export class ExportButtons {
  #app;
  #today = $("export");
  #again = $("export-again");
  /** @type {HTMLElement | undefined} */
  #pressed;
  /**
   * The idempotency keys of fresh exports, by the run that they repeat, until the API has
   * accepted them: pressing again after an outage starts nothing twice.
   * @type {Map<string, string>}
   */
  #keys = new Map();

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    this.#today.addEventListener("click", () => void this.#exportToday());
    this.#again.addEventListener("click", () => void this.#exportAgain());
  }

  draw() {
    const refusal = exportRefusal(this.#app.role);
    for (const button of [this.#today, this.#again]) {
      button.ariaDisabled = String(this.#pressed !== undefined || refusal !== "");
      button.classList.toggle("busy", button === this.#pressed);
    }
    setText($("export-refusal"), refusal);
    setVisible($("export-refusal"), refusal !== "");
  }

  /** The API starts a request once a day; after that this shows its export. */
  async #exportToday() {
    const { options } = this.#app;
    await this.#start(this.#today, async (organization) => {
      const started = await this.#app.api.startExport(organization, {
        options: options.body,
      });
      options.remember();
      return started;
    });
  }

  /** Export what the open run exported, with today's data. */
  async #exportAgain() {
    const { run } = this.#app;
    if (!run) return;
    await this.#start(this.#again, async (organization) => {
      const key = this.#keys.get(run.runId) ?? crypto.randomUUID();
      this.#keys.set(run.runId, key);
      const options = { dataset: run.dataset, ...run.request };
      const started = await this.#app.api.startExport(organization, { key, options });
      this.#keys.delete(run.runId);
      return started;
    });
  }

  /**
   * @param {HTMLElement} button
   * @param {(organization: string) => Promise<Started>} start
   */
  async #start(button, start) {
    if (button.ariaDisabled === "true") return;
    const { organization } = this.#app;
    this.#pressed = button;
    this.draw();
    try {
      const started = await start(organization);
      // The user may have moved on to another organisation.
      if (organization === this.#app.organization) this.#app.open(started.runId);
      this.#app.notify(startNotice(started));
      this.#app.refreshLists();
    } catch (error) {
      const outage =
        "Cannot reach the service. Press the button again in a moment; you will not get a second export.";
      const marked = button === this.#today && this.#app.options.showRefusal(error);
      const text = marked ? "Correct the fields that are marked." : explain(error);
      this.#app.notify(error instanceof Unavailable ? outage : text, "bad");
    } finally {
      this.#pressed = undefined;
      this.draw();
    }
  }
}
