// Repeats a request: less often in a hidden tab, and with back-off during an outage.

import { Unavailable } from "./problems.js";

const HIDDEN_MS = 5_000;
const LONGEST_MS = 30_000;

/**
 * @typedef {object} Listeners
 * @property {(wait: number) => void} [away] after each missing response; `wait` in milliseconds
 * @property {() => void} [back] after the first response that follows
 * @property {(error: unknown) => void} [failed] after any other error, which ends the poll
 */

export class Poll {
  #task;
  #listeners;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #misses = 0;
  /** Counts calls of `now` and `stop`, which make a pending request obsolete. */
  #turn = 0;
  #running = false;

  /**
   * @param {(isObsolete: () => boolean) => Promise<number | undefined>} task returns the
   *   milliseconds until the next call; undefined ends the poll. Once `isObsolete`, a
   *   newer call has begun, and what this one learned is out of date.
   * @param {Listeners} [listeners]
   */
  constructor(task, listeners = {}) {
    this.#task = task;
    this.#listeners = listeners;
  }

  /** Call the task at once. */
  now() {
    this.#running = true;
    this.#turn += 1;
    clearTimeout(this.#timer);
    document.addEventListener("visibilitychange", this.#visible);
    void this.#call(this.#turn);
  }

  stop() {
    this.#turn += 1;
    clearTimeout(this.#timer);
    this.#end();
  }

  #visible = () => {
    if (!document.hidden && this.#running) this.now();
  };

  #end() {
    this.#running = false;
    document.removeEventListener("visibilitychange", this.#visible);
  }

  /** @param {number} turn */
  async #call(turn) {
    let wait;
    try {
      wait = await this.#task(() => turn !== this.#turn);
      if (turn !== this.#turn) return;
      if (this.#misses) this.#listeners.back?.();
      this.#misses = 0;
    } catch (error) {
      if (turn !== this.#turn) return;
      if (!(error instanceof Unavailable)) {
        this.#end();
        this.#listeners.failed?.(error);
        return;
      }
      wait = Math.min(LONGEST_MS, 1000 * 2 ** this.#misses);
      this.#misses += 1;
      this.#listeners.away?.(wait);
    }
    if (wait === undefined) {
      this.#end();
      return;
    }
    const delay = document.hidden ? Math.max(wait, HIDDEN_MS) : wait;
    this.#timer = setTimeout(() => void this.#call(turn), delay);
  }
}
