// The run panel: watches one run, every second while it is active.

import { $ } from "./dom.js";
import { Poll } from "./poll.js";
import { NO_SUCH_EXPORT, explain } from "./problems.js";
import { RunView } from "./run-view.js";
import { isActive } from "./runs.js";
import { announcement, quartersDone } from "./words.js";

/** @import { Run } from "./api.js" */
/** @import { App } from "./app.js" */
/** @import { RunId } from "./urls.js" */

const ACTIVE_MS = 1_000;
// The outcome of the e-mail may still arrive; after that only a retry changes a run.
const JUST_FINISHED_MS = 2_000;
const JUST_FINISHED_SECONDS = 15;
const FINISHED_MS = 10_000;
const TICK_MS = 250;

export class RunPanel {
  #app;
  #view;
  #poll;
  /** @type {RunId | undefined} */
  #runId;
  /** @type {Run | undefined} */
  #run;
  /** @type {number | undefined} */
  #ticker;
  /** What was announced last. */
  #announced = "";

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    this.#view = new RunView(app);
    this.#poll = new Poll(() => this.#load(), {
      away: (wait) => this.#view.setStale(wait),
      back: () => this.#view.setFresh(),
      failed: (error) => this.#fail(error),
    });
    $("cancel").addEventListener("click", () => void this.#cancel());
    $("retry").addEventListener("click", () => void this.#retry());
    $("download").addEventListener("click", () => void this.#download());
    $("copy").addEventListener("click", () => void this.#copyLink());
  }

  get runId() {
    return this.#runId;
  }

  get run() {
    return this.#run;
  }

  /** @param {RunId | undefined} runId */
  open(runId) {
    this.#poll.stop();
    clearInterval(this.#ticker);
    this.#app.api.forget();
    this.#runId = runId;
    this.#run = undefined;
    this.#announced = "";
    this.#view.setFresh();
    if (runId === undefined) {
      this.#view.drawNone();
      return;
    }
    this.#view.drawLoading();
    this.#poll.now();
    this.#ticker = setInterval(() => this.#view.tick(this.#run), TICK_MS);
  }

  close() {
    this.open(undefined);
  }

  /** Draw again what depends on the options. */
  redraw() {
    if (this.#run) this.#view.draw(this.#run);
    else if ($("run").dataset.status === "none") this.#view.drawNone();
  }

  /** Show that there is no run with the id that was given. */
  showNotFound() {
    this.close();
    this.#view.drawUnavailable(NO_SUCH_EXPORT);
    this.#app.announce(NO_SUCH_EXPORT);
  }

  async #load() {
    const runId = this.#runId;
    if (runId === undefined) return undefined;
    const run = await this.#app.api.watchRun(this.#app.organization, runId);
    if (runId !== this.#runId) return undefined;
    if (run) {
      const before = this.#run;
      this.#run = run;
      this.#view.draw(run);
      this.#announce(run);
      this.#app.runChanged(run, before);
    }
    if (isActive(this.#run)) return ACTIVE_MS;
    return this.#secondsSinceFinish() > JUST_FINISHED_SECONDS
      ? FINISHED_MS
      : JUST_FINISHED_MS;
  }

  #secondsSinceFinish() {
    const finished = this.#run?.completedAt;
    return finished ? (this.#app.api.now() - Date.parse(finished)) / 1000 : 0;
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#run = undefined;
    this.#view.drawUnavailable(explain(error));
    this.#app.runFailed(error);
  }

  /** @param {Run} run */
  #announce(run) {
    const mark = `${run.status} ${quartersDone(run)}`;
    if (mark === this.#announced) return;
    this.#announced = mark;
    this.#app.announce(announcement(run));
  }

  async #cancel() {
    await this.#act($("cancel"), async (organization, runId) => {
      await this.#app.api.cancelExport(organization, runId);
      this.#app.notify("Export cancelled.");
    });
  }

  async #retry() {
    await this.#act($("retry"), async (organization, runId) => {
      await this.#app.api.retryExport(organization, runId);
      this.#app.notify("Export restarted. Finished pages are kept.");
    });
  }

  /**
   * @param {HTMLElement} button
   * @param {(organization: string, runId: RunId) => Promise<void>} action
   */
  async #act(button, action) {
    const runId = this.#runId;
    if (runId === undefined || button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    try {
      await action(this.#app.organization, runId);
    } catch (error) {
      this.#app.notify(explain(error), "bad");
    } finally {
      button.ariaDisabled = null;
      this.#app.api.forget();
      if (this.#runId !== undefined) this.#poll.now();
    }
  }

  async #download() {
    const runId = this.#runId;
    if (runId === undefined) return;
    try {
      const link = await this.#app.api.downloadLink(this.#app.organization, runId);
      const anchor = document.createElement("a");
      anchor.href = link.url;
      anchor.download = link.filename;
      anchor.rel = "noopener";
      anchor.click();
      this.#app.notify(`Downloading ${link.filename}.`);
      this.#app.refreshLists();
    } catch (error) {
      this.#app.notify(explain(error), "bad");
    }
  }

  async #copyLink() {
    if (this.#runId === undefined) return;
    const url = new URL(this.#app.urlOf(this.#runId), location.href);
    try {
      await navigator.clipboard.writeText(url.href);
      this.#app.notify("Link copied. It works for members of this organisation.");
    } catch {
      this.#app.notify(url.href);
    }
  }
}
