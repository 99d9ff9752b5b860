// Loads what the element needs to know, then watches one run.

import { Problem } from "./problems.js";
import { Poll } from "./poll.js";
import { currentRun, isActive } from "./runs.js";

/** @import { ExportClient, Run, Schemas } from "./client.js" */

const ACTIVE_MS = 1_000;
// The outcome of the e-mail may still arrive; after that only a retry changes a run.
const JUST_FINISHED_MS = 2_000;
const JUST_FINISHED_SECONDS = 15;
const FINISHED_MS = 10_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * @typedef {object} Context
 * @property {string} organization
 * @property {Schemas["Me"]} me
 * @property {Schemas["DatasetList"]} offered
 */

/**
 * @typedef {object} WatchListeners
 * @property {(context: Context) => void} loaded
 * @property {(run: Run | undefined) => void} changed undefined: there is no run to show
 * @property {(wait: number) => void} away after each missing response
 * @property {() => void} back
 * @property {(error: unknown) => void} failed
 */

export class Watch {
  #client;
  #listeners;
  #poll;
  #organization;
  #runId;
  /** @type {Run | undefined} */
  #run;
  #loaded = false;
  #open = true;

  /**
   * @param {ExportClient} client
   * @param {{organization: string, runId: string}} what empty texts: the user's first
   *   organisation, and the run that matters to them
   * @param {WatchListeners} listeners
   */
  constructor(client, { organization, runId }, listeners) {
    this.#client = client;
    this.#organization = organization;
    this.#runId = runId;
    this.#listeners = listeners;
    this.#poll = new Poll((isObsolete) => this.#step(isObsolete), {
      away: (wait) => listeners.away(wait),
      back: () => listeners.back(),
      failed: (error) => listeners.failed(error),
    });
    this.#poll.now();
  }

  /** @param {string} runId */
  show(runId) {
    if (runId !== this.#runId) this.#run = undefined;
    this.#runId = runId;
    this.#poll.now();
  }

  /** Ask at once. */
  again() {
    if (this.#open) this.#poll.now();
  }

  stop() {
    this.#open = false;
    this.#poll.stop();
  }

  /** @param {() => boolean} isObsolete */
  async #step(isObsolete) {
    if (!this.#loaded) await this.#load(isObsolete);
    const runId = this.#runId;
    if (isObsolete()) return undefined;
    if (!runId) {
      this.#listeners.changed(undefined);
      return undefined;
    }
    // A link may name anything; no request is made of it.
    if (!UUID.test(runId)) throw new Problem(404, { code: "RUN_NOT_FOUND" });
    const run = await this.#client.getExport(this.#organization, runId);
    if (isObsolete()) return undefined;
    if (run !== this.#run) {
      this.#run = run;
      this.#listeners.changed(run);
    }
    if (isActive(run)) return ACTIVE_MS;
    return this.#secondsSinceFinish(run) > JUST_FINISHED_SECONDS
      ? FINISHED_MS
      : JUST_FINISHED_MS;
  }

  /** @param {() => boolean} isObsolete */
  async #load(isObsolete) {
    const me = await this.#client.getMe();
    const [first] = me.memberships;
    const organization = this.#organization || (first?.organizationId ?? "");
    if (!me.memberships.some((each) => each.organizationId === organization)) {
      throw new Problem(404, { code: "NOT_FOUND" });
    }
    const [offered, { exports }] = await Promise.all([
      this.#client.listDatasets(organization),
      this.#runId
        ? { exports: [] }
        : this.#client.listExports(organization, { limit: 20 }),
    ]);
    if (isObsolete()) return;
    this.#loaded = true;
    this.#organization = organization;
    this.#runId ||= currentRun(exports, me.userId, this.#client.now())?.runId ?? "";
    this.#listeners.loaded({ organization, me, offered });
  }

  /** @param {Run} run */
  #secondsSinceFinish({ completedAt }) {
    return completedAt ? (this.#client.now() - Date.parse(completedAt)) / 1000 : 0;
  }
}
