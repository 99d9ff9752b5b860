// The button that exports.

import { Unavailable } from "./api.js";
import { $, setText, setVisible } from "./dom.js";
import { explain, exportRefusal } from "./words.js";

/** @import { App } from "./app.js" */

export class ExportButton {
  #app;
  #button = $("export");
  #busy = false;

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    this.#button.addEventListener("click", () => void this.#export());
  }

  draw() {
    const refusal = exportRefusal(this.#app.role);
    this.#button.ariaDisabled = String(this.#busy || refusal !== "");
    this.#button.classList.toggle("busy", this.#busy);
    setText($("export-why"), refusal);
    setVisible($("export-why"), refusal !== "");
  }

  async #export() {
    if (this.#button.ariaDisabled === "true") return;
    this.#busy = true;
    this.draw();
    try {
      const { runId, deduplicated } = await this.#app.api.startExport(
        this.#app.organization,
      );
      this.#app.open(runId);
      this.#app.notify(
        deduplicated
          ? "This is today’s export, not a new one: you asked for it before."
          : "Accepted. You can leave this page; you get an e-mail when the file is ready.",
      );
      this.#app.refreshLists();
    } catch (error) {
      this.#app.notify(
        error instanceof Unavailable
          ? "The service cannot be reached; nothing was lost. Press the button again in a moment: it never exports twice."
          : explain(error),
        "bad",
      );
    } finally {
      this.#busy = false;
      this.draw();
    }
  }
}
