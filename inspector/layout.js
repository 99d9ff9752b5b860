// Where the states of a machine stand: the way through on the left, what errors lead to
// beside it, every lane from top to bottom.

/** Boxes by name, edges as SVG paths, and the size of it all. */
export function layOut({ startAt, states, edges }, { width }) {
  const narrow = width < 460;
  const box = {
    height: narrow ? 68 : 62,
    gap: narrow ? 44 : 58,
    down: narrow ? 30 : 28,
    side: 18,
    head: narrow ? 62 : 48,
    foot: 13,
  };
  const top = states.filter((state) => !state.parent);
  const lanes = findLanes(startAt, top, edges);
  const laneWidth = Math.min(
    230,
    (width - box.side - box.gap * (lanes.length - 1)) / lanes.length,
  );
  const rows = placeRows(lanes);
  const boxes = place(lanes, rows, states, laneWidth, box);
  const height = Math.max(...[...boxes.values()].map((b) => b.y + b.height)) + 2;
  return {
    boxes,
    height,
    width: lanes.length * laneWidth + (lanes.length - 1) * box.gap + box.side,
    paths: edges
      .filter((edge) => boxes.has(edge.source) && boxes.has(edge.target))
      .map((edge) => ({ ...edge, d: route(edge, boxes, box) })),
  };
}

function findLanes(startAt, top, edges) {
  const left = new Set(top.map((state) => state.name));
  const lanes = [];
  const follow = (name, lane) => {
    if (!left.delete(name)) return;
    lane.push(name);
    for (const edge of edges) {
      if (edge.source === name && edge.kind !== "catch") follow(edge.target, lane);
    }
  };
  for (const name of [startAt, ...left]) {
    if (!left.has(name)) continue;
    const lane = [];
    follow(name, lane);
    lanes.push(lane);
  }
  return lanes;
}

/** All lanes end in the last row: that is where outcomes stand. */
function placeRows(lanes) {
  const longest = Math.max(...lanes.map((lane) => lane.length));
  const rows = new Map();
  for (const lane of lanes) {
    const first = lane === lanes[0] ? 0 : longest - lane.length;
    lane.forEach((name, index) => rows.set(name, first + index));
  }
  return rows;
}

function place(lanes, rows, states, laneWidth, box) {
  const inside = new Map();
  for (const state of states) {
    if (state.parent)
      inside.set(state.parent, [...(inside.get(state.parent) ?? []), state.name]);
  }
  const heightOf = (name) => {
    const inner = inside.get(name)?.length ?? 0;
    return inner ? box.head + inner * (box.height + 8) - 8 + box.foot : box.height;
  };
  const rowHeights = [];
  for (const [name, row] of rows)
    rowHeights[row] = Math.max(rowHeights[row] ?? 0, heightOf(name));
  const tops = [];
  rowHeights.reduce((y, height, row) => ((tops[row] = y), y + height + box.down), 1);
  const boxes = new Map();
  lanes.forEach((lane, index) => {
    for (const name of lane) {
      const row = rows.get(name);
      const height = heightOf(name);
      const x = index * (laneWidth + box.gap) + 1;
      const y = tops[row] + (rowHeights[row] - height) / 2;
      boxes.set(name, {
        x,
        y,
        width: laneWidth - 2,
        height,
        lane: index,
        group: inside.has(name),
      });
      (inside.get(name) ?? []).forEach((inner, place) => {
        boxes.set(inner, {
          x: x + 10,
          y: y + box.head + place * (box.height + 8),
          width: laneWidth - 22,
          height: box.height,
          lane: index,
        });
      });
    }
  });
  return boxes;
}

function route({ source, target, kind }, boxes, box) {
  const [from, to] = [boxes.get(source), boxes.get(target)];
  const middle = (b) => b.y + b.height / 2;
  const centre = (b) => b.x + b.width / 2;
  const right = (b) => b.x + b.width;
  if (from.lane === to.lane && kind !== "catch") {
    return `M${centre(from)} ${from.y + from.height}V${to.y - 3}`;
  }
  if (from.lane === to.lane) {
    const bus = right(from) + box.side - 6;
    return `M${right(from)} ${middle(from)}H${bus}V${middle(to)}H${right(to) + 4}`;
  }
  if (from.lane < to.lane) {
    // All errors of a lane run down, or up, one line and enter from above.
    const bus = right(from) + box.gap / 2 + 6;
    const above = to.y - box.down / 2;
    return `M${right(from)} ${middle(from)}H${bus}V${above}H${centre(to)}V${to.y - 3}`;
  }
  const bus = from.x - box.gap / 2 - 6;
  return `M${from.x} ${middle(from)}H${bus}V${middle(to)}H${right(to) + 4}`;
}
