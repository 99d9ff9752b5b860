// Draws the run panel.

import { $, fill, find, setText, setVisible, timeElement } from "./dom.js";
import {
  formatAge,
  formatBytes,
  formatCount,
  formatDuration,
  formatTime,
} from "./format.js";
import { isActive } from "./runs.js";
import { STATUS, emailText, isAtLeast, pagesText, summary } from "./words.js";

/** @import { Run } from "./api.js" */
/** @import { App } from "./app.js" */

const FACTS = ["run-rows", "run-bytes", "run-elapsed", "run-attempt", "run-email"];
const ACTIONS = ["download", "retry", "cancel", "copy", "again"];

export class RunView {
  #app;
  /** @type {{since: number, nextTry: number} | undefined} */
  #away;

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
  }

  drawNone() {
    const button = $("export").textContent.trim();
    this.#drawEmpty(
      "none",
      "No export",
      `Nothing has been exported today. Press “${button}” to start; you get an e-mail when the file is ready.`,
    );
  }

  drawLoading() {
    this.#drawEmpty("loading", "Loading", "Loading this export …");
  }

  /** @param {string} reason */
  drawUnavailable(reason) {
    this.#drawEmpty("unavailable", "Not available", reason);
  }

  /**
   * @param {string} status
   * @param {string} label
   * @param {string} text
   */
  #drawEmpty(status, label, text) {
    this.#drawStatus(status, label, text);
    this.#drawBar(undefined);
    setText($("run-asked"), "");
    for (const id of FACTS) setText($(id), "–");
    fill($("run-kept"), "none", () => "–");
    setText($("run-id"), "");
    fill($("run-meta"), "none", () => "");
    this.#showActions([]);
    this.tick(undefined);
  }

  /** @param {Run} run */
  draw(run) {
    const mine = run.requestedBy === this.#app.me.userId;
    this.#drawStatus(run.status, STATUS[run.status], summary(run));
    this.#drawBar(run);
    setText($("run-asked"), this.#app.options.describeRun(run));
    setText($("run-rows"), formatCount(run.rowCount ?? run.rowsDone));
    setText($("run-bytes"), formatBytes(run.bytes ?? run.bytesDone));
    setText($("run-attempt"), String(run.attemptCount));
    setText($("run-email"), emailText(run, { mine }));
    fill($("run-kept"), run.expiresAt ?? "none", () =>
      run.expiresAt ? timeElement(run.expiresAt) : "–",
    );
    setText($("run-id"), run.runId);
    fill($("run-meta"), run.runId, () => [
      "Requested by ",
      run.requestedBy,
      ", ",
      timeElement(run.requestedAt),
      " · run",
    ]);
    this.#drawActions(run, mine);
    this.tick(run);
  }

  /**
   * @param {string} status
   * @param {string} label
   * @param {string} text
   */
  #drawStatus(status, label, text) {
    $("run").dataset.status = status;
    setText($("run-status"), label);
    setText($("run-summary"), text);
  }

  /** @param {Run | undefined} run */
  #drawBar(run) {
    const done = run?.pagesDone ?? 0;
    const total = run?.pagesTotal ?? 0;
    const text = pagesText(run);
    const bar = $("run-bar");
    bar.ariaValueMax = String(total || 1);
    bar.ariaValueNow = String(done);
    bar.ariaValueText = total ? text : "not started";
    bar.classList.toggle("counting", run?.status === "running" && !total);
    find(bar, ".fill").style.transform = `scaleX(${total ? done / total : 0})`;
    setText($("run-pages"), text);
  }

  /**
   * @param {Run} run
   * @param {boolean} mine
   */
  #drawActions(run, mine) {
    const mayAct = isAtLeast(this.#app.role, mine ? "member" : "admin");
    const expired = run.expiresAt !== null && this.#secondsSince(run.expiresAt) > 0;
    const retryable = run.status === "failed" || run.status === "cancelled";
    const completed = run.status === "completed";
    setVisible($("export-again"), isAtLeast(this.#app.role, "member"));
    this.#showActions([
      "copy",
      completed && "again",
      completed && !expired && "download",
      mayAct && isActive(run) && "cancel",
      mayAct && retryable && "retry",
    ]);
  }

  /** @param {(string | false)[]} visible */
  #showActions(visible) {
    for (const id of ACTIONS) setVisible($(id), visible.includes(id));
    // A button that goes must not take the focus with it.
    if (document.activeElement?.closest("#run [hidden]")) $("run").focus();
  }

  /**
   * Redraw what changes with time alone.
   * @param {Run | undefined} run
   */
  tick(run) {
    // During an outage the run may have finished: its clock stops.
    if (!this.#away || !isActive(run)) setText($("run-elapsed"), this.#elapsed(run));
    setText($("run-left"), this.#estimate(run));
    const age = run?.completedAt ? formatAge(this.#secondsSince(run.completedAt)) : "";
    setText($("run-age"), `Exported ${age}`);
    this.#drawStale();
  }

  /** @param {Run | undefined} run */
  #elapsed(run) {
    if (run?.status === "queued")
      return formatDuration(this.#secondsSince(run.requestedAt));
    if (!run?.startedAt) return "–";
    const end = run.completedAt ? Date.parse(run.completedAt) : this.#app.api.now();
    return formatDuration((end - Date.parse(run.startedAt)) / 1000);
  }

  /** @param {Run | undefined} run */
  #estimate(run) {
    if (run?.status !== "running" || !run.startedAt || this.#away) return "";
    const { pagesDone: done, pagesTotal: total } = run;
    if (!done || !total || done === total) return "";
    const left = (this.#secondsSince(run.startedAt) / done) * (total - done);
    return `about ${formatDuration(Math.max(1, Math.round(left)))} left`;
  }

  /** @param {string} iso */
  #secondsSince(iso) {
    return (this.#app.api.now() - Date.parse(iso)) / 1000;
  }

  /** @param {number} wait until the next attempt, in milliseconds */
  setStale(wait) {
    const now = Date.now();
    this.#away = { since: this.#away?.since ?? now, nextTry: now + wait };
    this.#drawStale();
  }

  setFresh() {
    this.#away = undefined;
    this.#drawStale();
  }

  #drawStale() {
    const away = this.#away;
    $("run").classList.toggle("is-stale", away !== undefined);
    setVisible($("run-stale"), away !== undefined);
    if (!away) return;
    const seconds = Math.max(0, Math.ceil((away.nextTry - Date.now()) / 1000));
    const since = formatTime(new Date(away.since).toISOString());
    const next = seconds ? `in ${seconds} s` : "now";
    setText(
      $("run-stale"),
      `No response since ${since}: this may be out of date. Retrying ${next}.`,
    );
  }
}
