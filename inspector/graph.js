// The deployed state machine, coloured as the run passes it.

import { Poll } from "./poll.js";
import { $, count, duration, fill, h, moment, plural, say, svg } from "./dom.js";
import { layOut } from "./layout.js";
import { STATE } from "./words.js";

// Slower than the run panel: every look costs calls that the whole account shares.
const EVERY_MS = 3_000;
const ICONS = {
  waiting: "",
  running: "",
  retried: "↻",
  failed: "✕",
  stopped: "■",
  done: "✓",
};
const TYPES = {
  Task: "Task",
  Map: "Map",
  Choice: "Choice",
  Succeed: "End, good",
  Fail: "End, bad",
};

export class Graph {
  #desk;
  #poll;
  #graph;
  #runId;
  #chosen;
  #visible = false;
  #asked = true;
  #nodes = new Map();
  #shape;

  constructor(desk) {
    this.#desk = desk;
    this.#poll = new Poll(() => this.#ask(), {
      away: () => say($("graph-says"), "out of date: no answer"),
      failed: () => this.#clear("cannot be shown"),
    });
    new IntersectionObserver(([entry]) => {
      this.#visible = entry.isIntersecting;
      if (this.#visible && this.#asked) this.#poll.now();
    }).observe($("graph"));
    new ResizeObserver(() => this.#draw()).observe($("graph"));
  }

  open(runId) {
    this.#poll.stop();
    this.#runId = runId;
    this.#graph = undefined;
    this.#chosen = undefined;
    if (runId) this.refresh();
    else this.#clear("");
  }

  /** Something happened to the run: look again, if anybody looks here. */
  refresh() {
    this.#asked = true;
    if (this.#visible && this.#runId) this.#poll.now();
  }

  /** The run panel knows the count of pages sooner. */
  count({ pagesDone, pagesTotal }) {
    const map = this.#graph?.states.find((state) => state.type === "Map");
    if (!map || map.pagesDone === pagesDone) return;
    Object.assign(map, { pagesDone, pagesTotal });
    this.#draw();
  }

  async #ask() {
    const runId = this.#runId;
    if (!runId || !this.#visible || document.hidden) return undefined;
    const path = `organizations/${this.#desk.organization}/exports/${runId}/graph`;
    const graph = await this.#desk.api.watch(path);
    if (runId !== this.#runId) return undefined;
    if (graph) {
      this.#graph = graph;
      this.#draw();
    }
    this.#asked = this.#graph?.executionStatus === "RUNNING" || this.#desk.active;
    return this.#asked ? EVERY_MS : undefined;
  }

  #clear(text) {
    say($("graph-says"), text);
    this.#shape = undefined;
    this.#nodes.clear();
    fill($("graph"), `none ${text}`, () =>
      h("p", { className: "quiet none" }, "Open or start an export to see its states."),
    );
    fill($("graph-detail"), "none", () => "");
  }

  #draw() {
    const graph = this.#graph;
    if (!graph) return;
    const width = $("graph").clientWidth;
    const shape = JSON.stringify([
      width,
      graph.startAt,
      graph.states.map((s) => [s.name, s.parent]),
      graph.edges.length,
    ]);
    if (shape !== this.#shape) this.#build(graph, width, shape);
    for (const state of graph.states) this.#colour(state);
    graph.edges.forEach((edge, index) => {
      const path = this.paths[index];
      if (!path || path.classList.contains("taken") === edge.taken) return;
      path.classList.toggle("taken", edge.taken);
      // Drawn last, it lies over those that share its line.
      if (edge.taken) path.parentNode.append(path);
    });
    say($("graph-says"), this.#says(graph));
    this.#detail();
  }

  #says(graph) {
    if (!graph.executionStatus) {
      return this.#desk.active
        ? "not started yet"
        : "no history of this execution is kept";
    }
    const status = graph.executionStatus.toLowerCase().replace("_", " ");
    return `execution ${graph.attempt} ${status}${graph.complete ? "" : " · middle of the history left out"}`;
  }

  #build(graph, width, shape) {
    this.#shape = shape;
    const layout = layOut(graph, { width });
    const lines = svg("svg", {
      width: layout.width,
      height: layout.height,
      "aria-hidden": "true",
      class: "edges",
    });
    const head = svg("marker", {
      id: "head",
      viewBox: "0 0 8 8",
      refX: 5,
      refY: 4,
      markerWidth: 4.5,
      markerHeight: 4.5,
      orient: "auto-start-reverse",
    });
    head.append(svg("path", { d: "M0 0.5 7 4 0 7.5z", class: "head" }));
    lines.append(head);
    this.paths = graph.edges.map((edge) => {
      const routed = layout.paths.find(
        (p) =>
          p.source === edge.source && p.target === edge.target && p.kind === edge.kind,
      );
      if (!routed) return undefined;
      const path = svg("path", {
        d: routed.d,
        class: `edge ${edge.kind}`,
        "marker-end": "url(#head)",
      });
      lines.append(path);
      return path;
    });
    this.#nodes.clear();
    const list = h("ol", { className: "nodes" });
    for (const state of graph.states) {
      const box = layout.boxes.get(state.name);
      if (!box) continue;
      const node = h(
        "button",
        { type: "button", className: box.group ? "node group" : "node" },
        h("span", { className: "icon", "aria-hidden": "true" }),
        h(
          "span",
          { className: "node-text" },
          h("span", { className: "node-name" }, state.name),
          h("span", { className: "node-more" }),
        ),
      );
      Object.assign(node.style, {
        left: `${box.x}px`,
        top: `${box.y}px`,
        width: `${box.width}px`,
        height: `${box.height}px`,
      });
      node.addEventListener("click", () => {
        this.#chosen = this.#chosen === state.name ? undefined : state.name;
        this.#draw();
      });
      this.#nodes.set(state.name, node);
      list.append(h("li", {}, node));
    }
    const canvas = $("graph");
    const focused =
      canvas.contains(document.activeElement) && document.activeElement.dataset.name;
    delete canvas.dataset.mark;
    canvas.style.height = `${layout.height}px`;
    canvas.replaceChildren(lines, list);
    for (const [name, node] of this.#nodes) {
      node.dataset.name = name;
      if (name === focused) node.focus();
    }
  }

  #colour(state) {
    const node = this.#nodes.get(state.name);
    if (!node) return;
    node.dataset.status = state.status;
    node.setAttribute("aria-expanded", String(this.#chosen === state.name));
    node.setAttribute("aria-controls", "graph-detail");
    say(node.querySelector(".icon"), ICONS[state.status]);
    say(node.querySelector(".node-more"), more(state));
    node.style.setProperty(
      "--done",
      state.pagesTotal ? state.pagesDone / state.pagesTotal : 0,
    );
  }

  #detail() {
    const graph = this.#graph;
    const state = graph.states.find(({ name }) => name === this.#chosen);
    fill(
      $("graph-detail"),
      JSON.stringify(state ?? ["legend", graph.executionArn]),
      () => (state ? describe(state) : this.#legend(graph)),
    );
  }

  #legend({ executionArn }) {
    const console_ = this.#desk.config.consoleUrl;
    return [
      h(
        "p",
        { className: "quiet" },
        "Choose a state to read what it does, how long it took, and what went wrong.",
      ),
      h(
        "ul",
        { className: "legend" },
        Object.entries(STATE).map(([status, word]) =>
          h(
            "li",
            { "data-status": status },
            h("span", { className: "icon", "aria-hidden": "true" }, ICONS[status]),
            word,
          ),
        ),
      ),
      executionArn &&
        h(
          "p",
          { className: "quiet arn" },
          "Execution ",
          h("code", {}, executionArn.split(":").at(-1)),
        ),
      executionArn &&
        console_ &&
        h(
          "p",
          {},
          h(
            "a",
            { href: console_ + executionArn, target: "_blank", rel: "noopener" },
            "Open in the Step Functions console",
          ),
        ),
    ];
  }
}

function more(state) {
  const parts = [STATE[state.status]];
  if (state.pagesTotal)
    parts[0] = `${count(state.pagesDone)} / ${plural(state.pagesTotal, "page")}`;
  const passed = seconds(state);
  if (passed !== undefined && !state.pagesTotal) parts.push(duration(passed));
  if (state.failures)
    parts.push(
      state.failures === 1 ? "1 failure" : `${count(state.failures)} failures`,
    );
  return parts.join(" · ");
}

function seconds({ enteredAt, exitedAt }) {
  return enteredAt && exitedAt
    ? (Date.parse(exitedAt) - Date.parse(enteredAt)) / 1000
    : undefined;
}

function describe(state) {
  const passed = seconds(state);
  const facts = [
    ["Status", STATE[state.status]],
    state.enteredAt && ["Entered", moment(state.enteredAt)],
    passed !== undefined && ["Took", duration(passed)],
    state.attempts && [
      "Attempts",
      `${count(state.attempts)}${state.parent ? " over all pages" : ""}`,
    ],
    state.failures && ["Failures", count(state.failures)],
    state.timeoutSeconds && [
      "Time limit",
      `${duration(state.timeoutSeconds)} an attempt`,
    ],
  ].filter(Boolean);
  return [
    h(
      "h3",
      {},
      state.name,
      " ",
      h("span", { className: "quiet" }, TYPES[state.type] ?? state.type),
    ),
    state.comment && h("p", {}, state.comment),
    h(
      "dl",
      { className: "pairs" },
      facts.map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]).flat(),
    ),
    state.errors.length > 0 && h("h4", {}, "Errors"),
    state.errors.length > 0 &&
      h(
        "ul",
        { className: "errors" },
        state.errors.map((error) =>
          h(
            "li",
            {},
            h("code", {}, error.error),
            " ",
            moment(error.at),
            error.cause && h("span", { className: "quiet cause" }, error.cause),
          ),
        ),
      ),
    state.retryRules.length > 0 &&
      h(
        "details",
        {},
        h("summary", {}, "What is tried again"),
        h(
          "ul",
          { className: "quiet rules" },
          state.retryRules.map((rule) =>
            h(
              "li",
              {},
              `${rule.errors.join(", ")}: up to ${plural(rule.maxAttempts, "time")}`,
            ),
          ),
        ),
      ),
  ].filter(Boolean);
}
