// The run panel: one run, asked about every second while it goes on.

import { Poll } from "./poll.js";
import {
  $,
  count,
  duration,
  fill,
  moment,
  plural,
  say,
  show,
  size,
  timeText,
} from "./dom.js";
import { EMAIL, STATUS, atLeast, explain } from "./words.js";

const ACTIVE = new Set(["queued", "running"]);
const ACTIVE_MS = 1_000;
// The outcome of a mail may still come; then only a retry changes anything.
const JUST_ENDED_MS = 2_000;
const ENDED_MS = 10_000;

export class RunPanel {
  #desk;
  #poll;
  #run;
  #ticker;
  #awaySince;
  #nextTry;
  #announced;

  /** `desk` has: api, me, organization, role, changed(run), announce(text), told(text). */
  constructor(desk) {
    this.#desk = desk;
    this.#poll = new Poll(() => this.#ask(), {
      away: (_, wait) => this.#away(wait),
      back: () => this.#back(),
      failed: (error) => this.#failed(error),
    });
    $("cancel").addEventListener("click", () => this.#act("cancel"));
    $("retry").addEventListener("click", () => this.#act("retry"));
    $("download").addEventListener("click", () => this.#download());
    $("copy").addEventListener("click", () => this.#copy());
  }

  get run() {
    return this.#run;
  }

  open(runId) {
    this.#poll.stop();
    clearInterval(this.#ticker);
    this.#desk.api.forget();
    this.runId = runId;
    this.#run = undefined;
    this.#announced = undefined;
    this.#back();
    this.#draw();
    if (runId) {
      this.#poll.now();
      this.#ticker = setInterval(() => this.#tick(), 250);
    }
  }

  refresh() {
    if (this.runId) this.#poll.now();
  }

  close() {
    this.open(undefined);
  }

  get #path() {
    return `organizations/${this.#desk.organization}/exports/${this.runId}`;
  }

  async #ask() {
    const asked = this.runId;
    const run = await this.#desk.api.watch(this.#path);
    if (asked !== this.runId) return undefined;
    if (run) {
      const before = this.#run;
      this.#run = run;
      this.#draw();
      this.#announce(before, run);
      this.#desk.changed(run, before);
    }
    if (ACTIVE.has(this.#run?.status)) return ACTIVE_MS;
    const settled = this.#age(this.#run?.completedAt) > 15;
    return settled ? ENDED_MS : JUST_ENDED_MS;
  }

  #age(iso) {
    return iso ? (Date.now() + this.#desk.api.skew - Date.parse(iso)) / 1000 : 0;
  }

  #away(wait) {
    this.#awaySince ??= Date.now();
    this.#nextTry = Date.now() + wait;
    $("run").classList.add("is-stale");
    this.#tickStale();
  }

  #back() {
    this.#awaySince = undefined;
    $("run").classList.remove("is-stale");
    show($("run-stale"), false);
  }

  #failed(error) {
    this.#run = undefined;
    this.#draw();
    $("run").dataset.status = "lost";
    say($("run-status"), "Not shown");
    say($("run-says"), explain(error));
    this.#desk.lost(error);
  }

  #announce(before, run) {
    const quarter = run.pagesTotal
      ? Math.floor((4 * run.pagesDone) / run.pagesTotal)
      : 0;
    const mark = `${run.runId} ${run.status} ${quarter}`;
    if (mark === this.#announced) return;
    this.#announced = mark;
    const text =
      run.status === "running" && quarter
        ? `${run.pagesDone} of ${run.pagesTotal} pages written`
        : `Export ${STATUS[run.status].toLowerCase()}. ${this.#sentence(run)}`;
    this.#desk.announce(text);
    if (before) $("run").classList.toggle("just-changed", before.status !== run.status);
  }

  #draw() {
    const run = this.#run;
    const status = run?.status ?? (this.runId ? "loading" : "none");
    $("run").dataset.status = status;
    say($("run-status"), run ? STATUS[status] : this.runId ? "Loading" : "No export");
    say(
      $("run-says"),
      run
        ? this.#sentence(run)
        : this.runId
          ? "Asking for this export …"
          : `Nothing exported today yet. Press “${$("export").textContent.trim()}”: it takes you here and tells you when the file is ready.`,
    );
    this.#drawBar(run);
    say($("run-rows"), run ? count(run.rowCount ?? run.rowsDone) : "–");
    say($("run-bytes"), run ? size(run.bytes ?? run.bytesDone) : "–");
    say($("run-attempt"), run ? String(run.attemptCount) : "–");
    say($("run-email"), run ? this.#mail(run) : "–");
    fill($("run-kept"), run?.expiresAt ?? "none", () =>
      run?.expiresAt ? moment(run.expiresAt) : "–",
    );
    say($("run-id"), run ? run.runId : "");
    fill($("run-meta"), run ? run.runId : "none", () =>
      run
        ? ["Asked for by ", run.requestedBy, ", ", moment(run.requestedAt), " · run"]
        : "",
    );
    this.#drawActions(run);
    this.#tick();
  }

  #drawBar(run) {
    const [done, total] = [run?.pagesDone ?? 0, run?.pagesTotal ?? 0];
    const bar = $("run-bar");
    bar.setAttribute("aria-valuemax", String(total || 1));
    bar.setAttribute("aria-valuenow", String(done));
    const text = total
      ? `${done} of ${plural(total, "page")}`
      : run?.status === "running"
        ? "Counting the rows …"
        : "\u00a0";
    bar.setAttribute("aria-valuetext", total ? text : "not started");
    bar.classList.toggle("counting", run?.status === "running" && !total);
    bar.firstElementChild.style.transform = `scaleX(${total ? done / total : 0})`;
    say($("run-pages"), text);
  }

  #sentence(run) {
    switch (run.status) {
      case "queued":
        return run.queuePosition === 1
          ? "Next in line: it starts when the organisation’s running export ends."
          : `Number ${run.queuePosition} in line: exports of an organisation run one after the other.`;
      case "running":
        if (!run.pagesTotal) return "Looking at what there is to export.";
        return run.pagesDone < run.pagesTotal
          ? "Writing the pages."
          : "Putting the file together.";
      case "completed":
        return `${plural(run.rowCount, "row")} in ${size(run.bytes)}.`;
      case "failed":
        return (
          run.error?.message ||
          "Something went wrong. Press “Retry”: finished pages are kept."
        );
      default:
        return "Stopped on a person’s word. “Retry” lets it go on.";
    }
  }

  #mail(run) {
    if (!run.email) return ACTIVE.has(run.status) ? "when it is ready" : "none";
    const mine = run.requestedBy === this.#desk.me.userId;
    return run.email === "sent" && mine ? "sent to you" : EMAIL[run.email];
  }

  #drawActions(run) {
    const mine = run?.requestedBy === this.#desk.me?.userId;
    const may = run && atLeast(this.#desk.role, mine ? "member" : "admin");
    const expired = this.#age(run?.expiresAt) > 0;
    show($("download"), run?.status === "completed" && !expired);
    show($("cancel"), Boolean(may && ACTIVE.has(run.status)));
    show($("retry"), Boolean(may && ["failed", "cancelled"].includes(run.status)));
    show($("copy"), Boolean(run));
  }

  #tick() {
    const run = this.#run;
    if (!run || !run.startedAt) {
      say(
        $("run-elapsed"),
        run?.status === "queued" ? duration(this.#age(run.requestedAt)) : "–",
      );
      say($("run-left"), "");
    } else {
      const until = run.completedAt
        ? Date.parse(run.completedAt)
        : Date.now() + this.#desk.api.skew;
      if (!this.#awaySince || run.completedAt) {
        say($("run-elapsed"), duration((until - Date.parse(run.startedAt)) / 1000));
      }
      say($("run-left"), run.status === "running" ? this.#estimate(run, until) : "");
    }
    if (this.#awaySince) this.#tickStale();
  }

  #estimate(run, now) {
    const { pagesDone: done, pagesTotal: total } = run;
    if (!done || !total || done === total || this.#awaySince) return "";
    const passed = (now - Date.parse(run.startedAt)) / 1000;
    return `about ${duration(Math.max(1, Math.round((passed / done) * (total - done))))} left`;
  }

  #tickStale() {
    const seconds = Math.max(0, Math.ceil((this.#nextTry - Date.now()) / 1000));
    const since = timeText(new Date(this.#awaySince).toISOString());
    const element = $("run-stale");
    show(element, true);
    say(
      element,
      `No answer since ${since}; this may be out of date. Trying again ${seconds ? `in ${seconds} s` : "now"}.`,
    );
  }

  async #act(action) {
    const button = $(action);
    button.disabled = true;
    try {
      await this.#desk.api.post(`${this.#path}/${action}`);
      this.#desk.told(
        action === "retry"
          ? "The export goes on: same run, finished pages are kept."
          : "The export was cancelled.",
      );
    } catch (error) {
      this.#desk.told(explain(error), "bad");
    } finally {
      button.disabled = false;
      this.#desk.api.forget();
      this.refresh();
    }
  }

  async #download() {
    try {
      const link = await this.#desk.api.get(`${this.#path}/download`);
      const anchor = document.createElement("a");
      anchor.href = link.url;
      anchor.download = link.filename;
      anchor.rel = "noopener";
      anchor.click();
      this.#desk.told(`${link.filename} is on its way to your downloads.`);
      this.#desk.acted();
    } catch (error) {
      this.#desk.told(explain(error), "bad");
    }
  }

  async #copy() {
    const url = new URL(location.pathname, location.origin);
    url.search = new URLSearchParams({
      organization: this.#desk.organization,
      run: this.runId,
    });
    try {
      await navigator.clipboard.writeText(url.href);
      this.#desk.told(
        "The link to this export is copied. It works for members of the organisation.",
      );
    } catch {
      this.#desk.told(url.href);
    }
  }
}
