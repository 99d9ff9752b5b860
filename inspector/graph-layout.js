// Places the states of a machine: the main path on the left, error paths beside it, each
// path from top to bottom.

/** @import { Schemas } from "../web/src/client.js" */
/** @import { GraphState, RunGraph } from "./types.js" */

/** @typedef {Schemas["GraphEdge"]} Edge */

/**
 * In pixels. `lane` counts from the left; a group is drawn around other states.
 * @typedef {object} Box
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {number} lane
 * @property {boolean} isGroup
 */

/**
 * `edges` are in the graph's order; `d` is an SVG path, empty between unplaced states.
 * @typedef {object} Layout
 * @property {Map<string, Box>} boxes by state
 * @property {{kind: Edge["kind"], d: string}[]} edges
 * @property {number} width
 * @property {number} height
 */

/** @typedef {ReturnType<typeof measuresFor>} Measures */

const WIDEST_LANE = 230;
/** Between states inside a group. */
const INNER_GAP = 8;

/** @param {number} width */
function measuresFor(width) {
  const narrow = width < 460;
  return {
    stateHeight: narrow ? 68 : 62,
    laneGap: narrow ? 44 : 58,
    rowGap: narrow ? 30 : 28,
    /** Room on the right for edges that lead back into the last lane. */
    side: 18,
    groupHead: narrow ? 62 : 48,
    groupFoot: 13,
  };
}

/**
 * @param {RunGraph} graph
 * @param {number} width
 * @returns {Layout}
 */
export function layOut({ startAt, states, edges }, width) {
  const measures = measuresFor(width);
  const lanes = findLanes(startAt, states, edges);
  const gaps = measures.laneGap * (lanes.length - 1);
  const laneWidth = Math.min(
    WIDEST_LANE,
    (width - measures.side - gaps) / lanes.length,
  );
  const boxes = place(lanes, innerStates(states), laneWidth, measures);
  return {
    boxes,
    height: Math.max(...[...boxes.values()].map((box) => box.y + box.height)) + 2,
    width: lanes.length * laneWidth + gaps + measures.side,
    edges: edges.map((edge) => {
      const from = boxes.get(edge.source);
      const to = boxes.get(edge.target);
      const d = from && to ? route(from, to, edge.kind, measures) : "";
      return { kind: edge.kind, d };
    }),
  };
}

/**
 * The names of each lane's states: what is reached from its first without an error.
 * @param {string} startAt
 * @param {GraphState[]} states
 * @param {Edge[]} edges
 */
function findLanes(startAt, states, edges) {
  const left = new Set(states.filter((s) => !s.parent).map((s) => s.name));
  /** @type {string[][]} */
  const lanes = [];
  /**
   * @param {string} name
   * @param {string[]} lane
   */
  const follow = (name, lane) => {
    if (!left.delete(name)) return;
    lane.push(name);
    for (const edge of edges) {
      if (edge.source === name && edge.kind !== "catch") follow(edge.target, lane);
    }
  };
  for (const name of [startAt, ...left]) {
    if (!left.has(name)) continue;
    /** @type {string[]} */
    const lane = [];
    follow(name, lane);
    lanes.push(lane);
  }
  return lanes;
}

/**
 * The names of the states inside each group.
 * @param {GraphState[]} states
 */
function innerStates(states) {
  /** @type {Map<string, string[]>} */
  const inside = new Map();
  for (const { name, parent } of states) {
    if (parent) inside.set(parent, [...(inside.get(parent) ?? []), name]);
  }
  return inside;
}

/**
 * @param {string[][]} lanes
 * @param {Map<string, string[]>} inside
 * @param {number} laneWidth
 * @param {Measures} measures
 */
function place(lanes, inside, laneWidth, measures) {
  const { stateHeight, groupHead, groupFoot } = measures;
  /** @param {string} name */
  const heightOf = (name) => {
    const count = inside.get(name)?.length ?? 0;
    if (count === 0) return stateHeight;
    return groupHead + count * (stateHeight + INNER_GAP) - INNER_GAP + groupFoot;
  };
  const rows = placeRows(lanes, heightOf, measures.rowGap);
  /** @type {Map<string, Box>} */
  const boxes = new Map();
  for (const [lane, names] of lanes.entries()) {
    const x = lane * (laneWidth + measures.laneGap) + 1;
    for (const name of names) {
      const row = rows.get(name) ?? { top: 0, height: 0 };
      const height = heightOf(name);
      const y = row.top + (row.height - height) / 2;
      const inner = inside.get(name) ?? [];
      const isGroup = inner.length > 0;
      boxes.set(name, { x, y, width: laneWidth - 2, height, lane, isGroup });
      for (const [index, innerName] of inner.entries()) {
        boxes.set(innerName, {
          x: x + 10,
          y: y + groupHead + index * (stateHeight + INNER_GAP),
          width: laneWidth - 22,
          height: stateHeight,
          lane,
          isGroup: false,
        });
      }
    }
  }
  return boxes;
}

/**
 * The row of each state. All lanes end in the last row, where the outcomes are.
 * @param {string[][]} lanes
 * @param {(name: string) => number} heightOf
 * @param {number} gap
 */
function placeRows(lanes, heightOf, gap) {
  const longest = Math.max(...lanes.map((lane) => lane.length));
  const rows = Array.from({ length: longest }, () => ({ top: 0, height: 0 }));
  /** @type {Map<string, {top: number, height: number}>} */
  const rowOf = new Map();
  for (const lane of lanes) {
    const first = lane === lanes[0] ? 0 : longest - lane.length;
    for (const [index, row] of rows.slice(first).entries()) {
      const name = lane[index];
      if (name === undefined) continue;
      row.height = Math.max(row.height, heightOf(name));
      rowOf.set(name, row);
    }
  }
  let top = 1;
  for (const row of rows) {
    row.top = top;
    top += row.height + gap;
  }
  return rowOf;
}

/**
 * @param {Box} from
 * @param {Box} to
 * @param {Edge["kind"]} kind
 * @param {Measures} measures
 */
function route(from, to, kind, { side, laneGap, rowGap }) {
  if (from.lane === to.lane && kind !== "catch") {
    return `M${centre(from)} ${from.y + from.height}V${to.y - 3}`;
  }
  if (from.lane === to.lane) {
    const bus = right(from) + side - 6;
    return `M${right(from)} ${middle(from)}H${bus}V${middle(to)}H${right(to) + 4}`;
  }
  if (from.lane < to.lane) {
    // All errors of a lane share one vertical line and enter their target from above.
    const bus = right(from) + laneGap / 2 + 6;
    const above = to.y - rowGap / 2;
    return `M${right(from)} ${middle(from)}H${bus}V${above}H${centre(to)}V${to.y - 3}`;
  }
  const bus = from.x - laneGap / 2 - 6;
  return `M${from.x} ${middle(from)}H${bus}V${middle(to)}H${right(to) + 4}`;
}

/** @param {Box} box */
const middle = (box) => box.y + box.height / 2;
/** @param {Box} box */
const centre = (box) => box.x + box.width / 2;
/** @param {Box} box */
const right = (box) => box.x + box.width;
