// On local stages: tools that simulate runs and inject faults.

import { ExportClient } from "../web/src/client.js";
import { h, setText, setVisible } from "../web/src/dom.js";
import { Unavailable } from "../web/src/problems.js";

import { $ } from "./page.js";

/** @import { App } from "./app.js" */
/** @import { WorkshopSession } from "./session.js" */

/**
 * Call the workshop.
 * @template Body
 * @param {string} url the workshop's
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Body>}
 */
export async function ask(url, path, options) {
  let response;
  try {
    response = await fetch(`${url}/${path}`, options);
  } catch (error) {
    throw new Unavailable("Cannot reach the workshop. Is the laptop stack up?", {
      cause: error,
    });
  }
  /** @type {unknown} */
  const body = await response.json().catch(() => ({}));
  if (response.ok) return /** @type {Body} */ (body);
  const { detail } = /** @type {{detail?: string}} */ (body);
  throw new Error(detail ?? `HTTP ${response.status}`);
}

/** Tools call the public API as a user, or the workshop with that user's token. */
export class Workshop {
  #app;
  #session;

  /**
   * @param {App} app
   * @param {WorkshopSession} session
   */
  constructor(app, session) {
    this.#app = app;
    this.#session = session;
    setVisible($("workshop"), true);
    $("tools").replaceChildren(
      ...this.#tools().map(([name, about, run]) => {
        const button = h(
          "button",
          { type: "button" },
          h("span", { className: "tool-name" }, name),
          h("span", { className: "quiet" }, about),
        );
        button.addEventListener("click", () => void this.#use(button, run));
        return button;
      }),
    );
  }

  /**
   * Each tool's name, what it does, and the function that returns what happened.
   * @returns {[string, string, () => Promise<string>][]}
   */
  #tools() {
    return [
      [
        "Two in one organisation",
        "Alice and Bob export at once; one waits for the other.",
        () => this.#startTogether(["user_alice", "user_bob"]),
      ],
      [
        "Three organisations",
        "Alice, Dave and Erin export at once, in parallel.",
        () => this.#startTogether(["user_alice", "user_dave", "user_erin"]),
      ],
      [
        "Simulate: queued",
        "Creates a simulated run in the lane and one that waits behind it.",
        () => this.#simulate("queued"),
      ],
      [
        "Simulate: running 3 of 7",
        "Creates a simulated run that stays at page 3.",
        () => this.#simulate("running"),
      ],
      [
        "Simulate: completed",
        "Starts a real export, since only a real one has a file.",
        () => this.#complete(),
      ],
      [
        "Kill the workers",
        "Kills the processes that write pages; those pages are retried.",
        () => this.#tell("kill-workers"),
      ],
      [
        "Restart the database",
        "Cuts its power: connections drop, then it recovers.",
        () => this.#tell("restart-database"),
      ],
      [
        "Suppress me",
        "Stops e-mail to your address; press again to allow it.",
        () => this.#tell("suppress"),
      ],
      [
        "Reset and re-seed",
        "Deletes every run, file and row, then writes the sample data.",
        () => this.#reset(),
      ],
    ];
  }

  /**
   * @param {HTMLElement} button
   * @param {() => Promise<string>} run
   */
  async #use(button, run) {
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    setText($("tool-result"), "Working …");
    try {
      setText($("tool-result"), await run());
    } catch (error) {
      setText($("tool-result"), error instanceof Error ? error.message : String(error));
    } finally {
      button.ariaDisabled = null;
      this.#app.refreshLists();
    }
  }

  /**
   * Start exports as these users, each with their own token.
   * @param {string[]} userIds
   */
  async #startTogether(userIds) {
    const started = await Promise.all(userIds.map((userId) => this.#startAs(userId)));
    const here = started.filter(
      ({ organization }) => organization === this.#app.organization,
    );
    const shown = here.find(({ status }) => status === "queued") ?? here[0];
    if (shown) this.#app.open(shown.runId);
    return started.map(({ name, status }) => `${name}: ${status}`).join(" · ");
  }

  /** @param {string} userId */
  async #startAs(userId) {
    const identity = this.#session.identities.find((known) => known.userId === userId);
    if (!identity) throw new Error(`no identity ${userId}`);
    const organization = identity.organizationId;
    const api = new ExportClient({
      baseUrl: new URL(".", location.href).href,
      getToken: () => this.#session.tokenOf(userId),
    });
    const fresh = { idempotencyKey: crypto.randomUUID() };
    const { runId, status } = await api.startExport(organization, undefined, fresh);
    return { name: identity.name, organization, runId, status };
  }

  /** @param {"queued" | "running"} state */
  async #simulate(state) {
    const { runId, said } = await this.#post("simulate", {
      state,
      organizationId: this.#app.organization,
    });
    this.#app.open(String(runId));
    return said;
  }

  async #complete() {
    const { runId } = await this.#startAs(this.#app.me.userId);
    this.#app.open(runId);
    return "Started. It completes in a moment.";
  }

  async #reset() {
    const said = await this.#tell("reset");
    await this.#app.restart();
    return said;
  }

  /** @param {string} action */
  async #tell(action) {
    return (await this.#post(action)).said;
  }

  /**
   * @param {string} action
   * @param {object} [body]
   * @returns {Promise<{said: string, runId?: string}>}
   */
  async #post(action, body) {
    const token = await this.#session.token();
    return ask(this.#session.url, action, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body && { "Content-Type": "application/json" }),
      },
      body: body && JSON.stringify(body),
    });
  }
}
