// Draws the element's state.

import { fill, h, setText, setVisible } from "./dom.js";
import { buildPanel } from "./panel.js";
import { actionsOf, isActive, isAtLeast, quartersDone } from "./runs.js";
import { aboutRun, announcement, emailText, pagesText } from "./words.js";

/** @import { Run } from "./client.js" */
/** @import { Speaker } from "./texts.js" */
/** @import { State } from "./state.js" */

export class View {
  panel = buildPanel();
  #speaker;
  #now;
  /** What was announced last. */
  #announced = "";

  /**
   * @param {Speaker} speaker
   * @param {() => number} now the server's time, in milliseconds
   */
  constructor(speaker, now) {
    this.#speaker = speaker;
    this.#now = now;
    this.#label();
  }

  /** @param {Speaker} speaker */
  speakAs(speaker) {
    this.#speaker = speaker;
    this.#label();
  }

  /** The texts that never change. */
  #label() {
    const { panel } = this;
    panel.base.lang = this.#speaker.language;
    panel.bar.ariaLabel = this.#speaker.say("progress");
    for (const [name, element] of Object.entries(panel.actions)) {
      setText(element, this.#speaker.say(name));
    }
    for (const [name, { term }] of Object.entries(panel.facts)) {
      setText(term, this.#speaker.say(name));
    }
  }

  /** @param {State} state */
  draw(state) {
    this.#drawStart(state);
    this.#drawNotice(state);
    this.#drawStatus(state);
    this.#drawBar(state);
    this.#drawFacts(state);
    this.#drawActions(state);
    this.tick(state);
    this.#announce(state);
  }

  /** @param {State} state */
  startText({ dataset }) {
    const label = dataset?.label ?? "";
    const what = label.charAt(0).toLowerCase() + label.slice(1);
    return this.#speaker.say("start", { what, label }).trim();
  }

  /** @param {State} state */
  #drawStart(state) {
    const { start, refusal, actions } = this.panel;
    const { role, busy } = state;
    const refused = role !== undefined && !isAtLeast(role, "member");
    const text = refused ? this.#speaker.say("refusal", { role }) : "";
    setText(start, this.startText(state));
    setText(refusal, text);
    setVisible(refusal, text !== "");
    for (const [name, element] of Object.entries({ start, ...actions })) {
      const starts = name === "start" || name === "again";
      const blocked = busy !== "" || (starts && (refused || !role));
      element.ariaDisabled = blocked ? "true" : null;
      element.ariaBusy = busy === name ? "true" : null;
    }
  }

  /** @param {State} state */
  #drawNotice({ notice }) {
    this.panel.notice.dataset.kind = notice.bad ? "bad" : "good";
    setText(this.panel.notice, notice.text);
  }

  /** @param {State} state */
  #drawStatus(state) {
    const { run: element, status, about } = this.panel;
    const { run, phase } = state;
    const name = run ? run.status : phase;
    element.dataset.status = name;
    setText(status, this.#speaker.say(name));
    setText(about, run ? aboutRun(this.#speaker, run) : this.#aboutNoRun(state));
  }

  /** @param {State} state */
  #aboutNoRun(state) {
    if (state.phase === "unavailable") return state.reason;
    if (state.phase === "loading") return this.#speaker.say("aboutLoading");
    return this.#speaker.say("aboutNone", { start: this.startText(state) });
  }

  /** @param {State} state */
  #drawBar({ run }) {
    const { bar, fill: inside, pages } = this.panel;
    const done = run?.pagesDone ?? 0;
    const total = run?.pagesTotal ?? 0;
    const text = pagesText(this.#speaker, run);
    bar.ariaValueMax = String(total || 1);
    bar.ariaValueNow = String(done);
    bar.ariaValueText = total ? text : this.#speaker.say("notStarted");
    bar.classList.toggle("counting", run?.status === "running" && !total);
    inside.style.inlineSize = `${total ? (100 * done) / total : 0}%`;
    setText(pages, text);
  }

  /** @param {State} state */
  #drawFacts({ run, userId }) {
    const { facts } = this.panel;
    const { formats } = this.#speaker;
    const mine = run?.requestedBy === userId;
    /** @type {Record<string, string>} */
    const values = run
      ? {
          rows: formats.count(run.rowCount ?? run.rowsDone),
          size: formats.bytes(run.bytes ?? run.bytesDone),
          email: emailText(this.#speaker, run, { mine }),
        }
      : {};
    for (const name of ["rows", "size", "email"]) {
      const fact = facts[name];
      if (fact) setText(fact.value, values[name] ?? "–");
    }
    const until = run?.expiresAt;
    if (facts.until) {
      fill(facts.until.value, until ?? "none", () => (until ? this.#time(until) : "–"));
    }
  }

  /** @param {string} iso */
  #time(iso) {
    const utc = `${iso.replace("T", " ").slice(0, 19)} UTC`;
    return h("time", { dateTime: iso, title: utc }, this.#speaker.formats.time(iso));
  }

  /** @param {State} state */
  #drawActions({ run, userId, role }) {
    const { actions, again, run: body } = this.panel;
    const may = run && actionsOf(run, { userId, role, now: this.#now() });
    setVisible(actions.download, Boolean(may?.download));
    setVisible(actions.retry, Boolean(may?.retry));
    setVisible(actions.cancel, Boolean(may?.cancel));
    setVisible(again, run?.status === "completed");
    setVisible(actions.again, Boolean(may?.again));
    // A button that goes must not take the focus with it.
    const root = /** @type {ShadowRoot} */ (body.getRootNode());
    if (root.activeElement?.closest("[hidden]")) body.focus();
  }

  /**
   * Redraw what changes with time alone.
   * @param {State} state
   */
  tick(state) {
    const { facts, left, age } = this.panel;
    const { run, away } = state;
    // During an outage the run may have finished: its clock stops.
    if (facts.elapsed && (!away || !isActive(run))) {
      setText(facts.elapsed.value, this.#elapsed(run));
    }
    setText(left, away ? "" : this.#left(run));
    const done = run?.completedAt;
    const ago = done ? this.#speaker.formats.age(this.#secondsSince(done)) : "";
    setText(age, this.#speaker.say(ago ? "age" : "ageNow", { age: ago }));
    this.#drawStale(state);
  }

  /** @param {Run | undefined} run */
  #elapsed(run) {
    const { formats } = this.#speaker;
    if (run?.status === "queued") {
      return formats.duration(this.#secondsSince(run.requestedAt));
    }
    if (!run?.startedAt) return "–";
    const end = run.completedAt ? Date.parse(run.completedAt) : this.#now();
    return formats.duration((end - Date.parse(run.startedAt)) / 1000);
  }

  /** @param {Run | undefined} run */
  #left(run) {
    if (run?.status !== "running" || !run.startedAt) return "";
    const { pagesDone: done, pagesTotal: total } = run;
    if (!done || !total || done === total) return "";
    const seconds = (this.#secondsSince(run.startedAt) / done) * (total - done);
    const duration = this.#speaker.formats.duration(Math.max(1, Math.round(seconds)));
    return this.#speaker.say("left", { duration });
  }

  /** @param {string} iso */
  #secondsSince(iso) {
    return (this.#now() - Date.parse(iso)) / 1000;
  }

  /** @param {State} state */
  #drawStale({ away }) {
    const { run, stale } = this.panel;
    run.classList.toggle("is-stale", away !== undefined);
    setVisible(stale, away !== undefined);
    if (!away) return;
    const seconds = Math.max(0, Math.ceil((away.nextTry - Date.now()) / 1000));
    const since = this.#speaker.formats.time(new Date(away.since).toISOString());
    const key = seconds ? "stale" : "staleNow";
    setText(stale, this.#speaker.say(key, { since, seconds }));
  }

  /** @param {State} state */
  #announce({ run, phase, reason }) {
    const mark = run ? `${run.runId} ${run.status} ${quartersDone(run)}` : reason;
    if (mark === this.#announced || phase === "loading") return;
    this.#announced = mark;
    setText(this.panel.announcer, run ? announcement(this.#speaker, run) : reason);
  }
}
