// Building and updating the page: text only, nothing is ever parsed as HTML.

export const $ = (id) => document.getElementById(id);

/** An element with properties, attributes (names with a dash, and `role`) and children. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.flat().filter((child) => child != null));
  return element;
}

export function svg(tag, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes))
    element.setAttribute(name, value);
  return element;
}

/** Set text only where it differs: a screen reader and the selection stay undisturbed. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function show(element, wanted) {
  if (element.hidden === wanted) element.hidden = !wanted;
}

/** Replace children unless `mark` says that they are these already. */
export function fill(element, mark, build) {
  if (element.dataset.mark === mark) return;
  element.dataset.mark = mark;
  element.replaceChildren(...[build()].flat().filter((child) => child != null));
}

/** Make a list show these items; what stays keeps its element, and so its focus. */
export function reconcile(list, items, { key, create, update }) {
  const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let place = list.firstElementChild;
  for (const item of items) {
    const id = String(key(item));
    let element = known.get(id);
    known.delete(id);
    if (!element) {
      element = create(item);
      element.dataset.key = id;
    }
    update(element, item);
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
  for (const gone of known.values()) gone.remove();
}

/** A moment in the viewer's zone, with UTC on hover. */
export function moment(iso) {
  const element = h("time", {
    dateTime: iso,
    title: `${iso.replace("T", " ").slice(0, 19)} UTC`,
  });
  element.textContent = timeText(iso);
  return element;
}

export function timeText(iso) {
  const date = new Date(iso);
  const now = new Date();
  if (now.toDateString() === date.toDateString()) {
    return date.toLocaleTimeString("en-GB", { timeStyle: "medium" });
  }
  const year = now.getFullYear() === date.getFullYear() ? undefined : "numeric";
  return date.toLocaleString("en-GB", {
    day: "numeric",
    month: "short",
    year,
    hour: "2-digit",
    minute: "2-digit",
  });
}

const numbers = new Intl.NumberFormat("en");
export const count = (n) => numbers.format(n);

export function plural(n, word) {
  return `${count(n)} ${word}${n === 1 ? "" : "s"}`;
}

export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) {
    bytes /= 1000;
    unit += 1;
  }
  return unit === 0 ? `${bytes} bytes` : `${bytes.toPrecision(3)} ${units[unit]}`;
}

export function duration(seconds) {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours} h ${minutes} min` : `${minutes} min ${rest} s`;
}
