// The export button.

import { $, setText, setVisible } from "./dom.js";
import { Unavailable, explain } from "./problems.js";
import { exportRefusal } from "./words.js";

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
    setText($("export-refusal"), refusal);
    setVisible($("export-refusal"), refusal !== "");
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
          ? "You already started this export today."
          : "Export accepted. You can leave this page: you get an e-mail when the file is ready.",
      );
      this.#app.refreshLists();
    } catch (error) {
      this.#app.notify(
        error instanceof Unavailable
          ? "Cannot reach the service. Press the button again in a moment; you will not get a second export."
          : explain(error),
        "bad",
      );
    } finally {
      this.#busy = false;
      this.draw();
    }
  }
}
