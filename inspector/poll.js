// Asking again and again: slower in a hidden tab, with back-off while nobody answers.

import { Away } from "./api.js";

const HIDDEN_MS = 5_000;
const LONGEST_MS = 30_000;

export class Poll {
  #task;
  #timer;
  #misses = 0;
  #turn = 0;
  #running = false;

  /**
   * `task` answers after how many milliseconds to ask again; nothing ends the poll.
   * `away(error, milliseconds)` is told of every miss, `back()` of the next answer.
   */
  constructor(task, { away = () => {}, back = () => {}, failed = () => {} } = {}) {
    this.#task = task;
    Object.assign(this, { away, back, failed });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#running) this.now();
    });
  }

  /** Ask at once, whatever was planned. */
  now() {
    this.#running = true;
    this.#turn += 1;
    clearTimeout(this.#timer);
    this.#ask(this.#turn);
  }

  stop() {
    this.#running = false;
    this.#turn += 1;
    clearTimeout(this.#timer);
  }

  async #ask(turn) {
    let wait;
    try {
      wait = await this.#task();
      if (turn !== this.#turn) return;
      if (this.#misses) this.back();
      this.#misses = 0;
    } catch (error) {
      if (turn !== this.#turn) return;
      if (!(error instanceof Away)) {
        this.#running = false;
        this.failed(error);
        return;
      }
      wait = Math.min(LONGEST_MS, 1000 * 2 ** this.#misses);
      this.#misses += 1;
      this.away(error, wait);
    }
    if (wait === undefined) {
      this.#running = false;
      return;
    }
    const quiet = document.hidden ? Math.max(wait, HIDDEN_MS) : wait;
    this.#timer = setTimeout(() => this.#ask(turn), quiet);
  }
}
