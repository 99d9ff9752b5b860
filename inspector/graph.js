// Shows the deployed state machine and the run's path through it.

import { fill, h, setText } from "../web/src/dom.js";
import { Poll } from "../web/src/poll.js";
import { isActive } from "../web/src/runs.js";

import { GraphCanvas } from "./graph-canvas.js";
import { describe, legend } from "./graph-detail.js";
import { $ } from "./page.js";
import { graphSummary } from "./words.js";

/** @import { Run, RunGraph } from "./types.js" */
/** @import { App } from "./app.js" */
/** @import { RunId } from "./urls.js" */

// Slower than the run panel: each request costs AWS calls that the account shares.
const EVERY_MS = 3_000;

export class Graph {
  #app;
  #canvas;
  #poll;
  /** @type {RunGraph | undefined} */
  #graph;
  /** @type {RunId | undefined} */
  #runId;
  /** @type {string | undefined} */
  #chosen;
  #visible = false;
  /** Whether the graph may have changed since it was last loaded. */
  #outdated = true;

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    this.#canvas = new GraphCanvas($("graph"), (name) => this.#choose(name));
    this.#poll = new Poll((isObsolete) => this.#load(isObsolete), {
      away: () => setText($("graph-summary"), "out of date: no response"),
      failed: () => this.#clear("not available"),
    });
    new IntersectionObserver((entries) => {
      this.#visible = entries.some((entry) => entry.isIntersecting);
      if (this.#visible && this.#outdated) this.#poll.now();
    }).observe($("graph"));
    new ResizeObserver(() => this.#draw()).observe($("graph"));
  }

  /** @param {RunId | undefined} runId */
  open(runId) {
    this.#poll.stop();
    this.#runId = runId;
    this.#graph = undefined;
    this.#chosen = undefined;
    if (runId === undefined) this.#clear("");
    else this.refresh();
  }

  /** The run has changed: load its graph now, or once it is in view. */
  refresh() {
    this.#outdated = true;
    if (this.#visible && this.#runId !== undefined) this.#poll.now();
  }

  /**
   * Show page counts as soon as the run panel has them.
   * @param {Run} run
   */
  setPages({ pagesDone, pagesTotal }) {
    const map = this.#graph?.states.find((state) => state.type === "Map");
    if (!map || map.pagesDone === pagesDone) return;
    Object.assign(map, { pagesDone, pagesTotal });
    this.#draw();
  }

  /** @param {() => boolean} isObsolete */
  async #load(isObsolete) {
    const runId = this.#runId;
    if (runId === undefined || !this.#visible || document.hidden) return undefined;
    const { organization } = this.#app;
    const graph = await this.#app.api.getExportGraph(organization, runId);
    if (isObsolete()) return undefined;
    if (graph !== this.#graph) {
      this.#graph = graph;
      this.#draw();
    }
    const running = this.#graph?.executionStatus === "RUNNING";
    this.#outdated = running || isActive(this.#app.run);
    return this.#outdated ? EVERY_MS : undefined;
  }

  /** @param {string} name */
  #choose(name) {
    this.#chosen = this.#chosen === name ? undefined : name;
    this.#draw();
  }

  /** @param {string} text */
  #clear(text) {
    setText($("graph-summary"), text);
    this.#canvas.clear(
      h(
        "p",
        { className: "quiet empty" },
        "Open or start an export to see its states.",
      ),
    );
    fill($("graph-detail"), "none", () => []);
  }

  #draw() {
    const graph = this.#graph;
    if (!graph) return;
    this.#canvas.draw(graph, this.#chosen);
    setText($("graph-summary"), graphSummary(graph, this.#app.run));
    const state = graph.states.find(({ name }) => name === this.#chosen);
    fill($("graph-detail"), JSON.stringify(state ?? graph.executionArn), () =>
      state ? describe(state) : legend(graph, this.#app.config.consoleUrl),
    );
  }
}
