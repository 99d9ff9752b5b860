// Draws states as buttons over SVG edges.

import { h, setText } from "../web/src/dom.js";

import { layOut } from "./graph-layout.js";
import { find, svg } from "./page.js";
import { STATE_ICON, stateSummary } from "./words.js";

/** @import { GraphState, RunGraph } from "./types.js" */
/** @import { Box, Layout } from "./graph-layout.js" */

export class GraphCanvas {
  #element;
  #onChoose;
  /** What the drawing was made for; another shape needs another drawing. */
  #shape = "";
  /** @type {Map<string, HTMLElement>} */
  #nodes = new Map();
  /** The path of each edge, in the graph's order. */
  #paths = /** @type {SVGPathElement[]} */ ([]);

  /**
   * @param {HTMLElement} element
   * @param {(name: string) => void} onChoose
   */
  constructor(element, onChoose) {
    this.#element = element;
    this.#onChoose = onChoose;
  }

  /** @param {HTMLElement} placeholder */
  clear(placeholder) {
    this.#shape = "";
    this.#nodes.clear();
    this.#paths = [];
    this.#element.replaceChildren(placeholder);
  }

  /**
   * @param {RunGraph} graph
   * @param {string | undefined} chosen the state that is described beside the graph
   */
  draw(graph, chosen) {
    const width = this.#element.clientWidth;
    const shape = JSON.stringify([
      width,
      graph.startAt,
      graph.states.map((state) => [state.name, state.parent]),
      graph.edges.map((edge) => [edge.source, edge.target, edge.kind]),
    ]);
    if (shape !== this.#shape) {
      this.#build(graph, layOut(graph, width));
      this.#shape = shape;
    }
    for (const state of graph.states) this.#colour(state, state.name === chosen);
    graph.edges.forEach(({ taken }, index) => {
      const path = this.#paths[index];
      if (!path || path.classList.contains("taken") === taken) return;
      path.classList.toggle("taken", taken);
      // The last child is drawn over the edges that share its line.
      if (taken) path.parentNode?.append(path);
    });
  }

  /**
   * @param {RunGraph} graph
   * @param {Layout} layout
   */
  #build(graph, layout) {
    const focused = this.#focusedName();
    this.#paths = layout.edges.map(({ kind, d }) =>
      svg("path", { d, class: `edge ${kind}`, "marker-end": "url(#head)" }),
    );
    const lines = svg("svg", {
      width: layout.width,
      height: layout.height,
      "aria-hidden": "true",
      class: "edges",
    });
    lines.append(arrowHead(), ...this.#paths);
    this.#nodes.clear();
    const list = h("ol", { className: "nodes" });
    for (const { name } of graph.states) {
      const box = layout.boxes.get(name);
      if (!box) continue;
      const node = newNode(name, box);
      node.addEventListener("click", () => this.#onChoose(name));
      this.#nodes.set(name, node);
      list.append(h("li", {}, node));
    }
    this.#element.style.height = `${layout.height}px`;
    this.#element.replaceChildren(lines, list);
    if (focused) this.#nodes.get(focused)?.focus();
  }

  #focusedName() {
    const active = document.activeElement;
    if (!(active instanceof HTMLElement) || !this.#element.contains(active))
      return undefined;
    return active.dataset.name;
  }

  /**
   * @param {GraphState} state
   * @param {boolean} isChosen
   */
  #colour(state, isChosen) {
    const node = this.#nodes.get(state.name);
    if (!node) return;
    node.dataset.status = state.status;
    node.ariaExpanded = String(isChosen);
    setText(find(node, ".icon"), STATE_ICON[state.status]);
    setText(find(node, ".node-more"), stateSummary(state));
    const done = state.pagesTotal ? (state.pagesDone ?? 0) / state.pagesTotal : 0;
    node.style.setProperty("--done", String(done));
  }
}

function arrowHead() {
  const marker = svg("marker", {
    id: "head",
    viewBox: "0 0 8 8",
    refX: 5,
    refY: 4,
    markerWidth: 4.5,
    markerHeight: 4.5,
    orient: "auto-start-reverse",
  });
  marker.append(svg("path", { d: "M0 0.5 7 4 0 7.5z", class: "head" }));
  return marker;
}

/**
 * @param {string} name
 * @param {Box} box
 */
function newNode(name, box) {
  const node = h(
    "button",
    {
      type: "button",
      className: box.isGroup ? "node group" : "node",
      "aria-controls": "graph-detail",
    },
    h("span", { className: "icon", "aria-hidden": "true" }),
    h(
      "span",
      { className: "node-text" },
      h("span", { className: "node-name" }, name),
      h("span", { className: "node-more" }),
    ),
  );
  node.dataset.name = name;
  Object.assign(node.style, {
    left: `${box.x}px`,
    top: `${box.y}px`,
    width: `${box.width}px`,
    height: `${box.height}px`,
  });
  return node;
}
