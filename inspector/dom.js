// Creates and updates elements: text only, nothing is ever parsed as HTML.

import { formatTime } from "./format.js";

/** @typedef {Node | string | false | null | undefined} Leaf */
/** @typedef {Leaf | (Leaf | Leaf[])[]} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined>} Props */

/**
 * The element with this id; index.html has it.
 * @param {string} id
 */
export const $ = (id) => find(document, `#${id}`);

/**
 * The first descendant that matches.
 * @param {ParentNode} parent
 * @param {string} selector
 */
export function find(parent, selector) {
  const element = parent.querySelector(selector);
  if (!(element instanceof HTMLElement)) throw new Error(`no ${selector}`);
  return element;
}

/**
 * Create an element with properties, attributes (`role` and names with a dash) and
 * children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props} [props]
 * @param {...Child} children
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name.includes("-") || name === "role")
      element.setAttribute(name, String(value));
    else Reflect.set(element, name, value);
  }
  element.append(...present(children));
  return element;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} [attributes]
 */
export function svg(tag, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, String(value));
  }
  return element;
}

/**
 * Set the text if it differs, so that selections and screen readers are left alone.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {HTMLElement} element
 * @param {boolean} visible
 */
export function setVisible(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/**
 * Replace the children, unless they were built under the same key.
 * @param {HTMLElement} element
 * @param {string} key
 * @param {() => Child} build
 */
export function fill(element, key, build) {
  if (element.dataset.builtAs === key) return;
  element.dataset.builtAs = key;
  element.replaceChildren(...present([build()]));
}

/**
 * Make a list show these items; an item that stays keeps its element, and so its focus.
 * @template Item
 * @param {HTMLElement} list
 * @param {Item[]} items
 * @param {object} options
 * @param {(item: Item) => string} options.key
 * @param {(item: Item) => HTMLElement} options.create
 * @param {(element: HTMLElement, item: Item) => void} options.update
 */
export function reconcile(list, items, { key, create, update }) {
  /** @type {Map<string | undefined, HTMLElement>} */
  const known = new Map();
  for (const child of childrenOf(list)) known.set(child.dataset.key, child);
  let place = list.firstElementChild;
  for (const item of items) {
    const id = key(item);
    const element = known.get(id) ?? create(item);
    known.delete(id);
    element.dataset.key = id;
    update(element, item);
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
  for (const gone of known.values()) gone.remove();
}

/** @param {Element} element */
export function childrenOf(element) {
  return /** @type {HTMLElement[]} */ ([...element.children]);
}

/**
 * A time in the viewer's zone, with UTC on hover.
 * @param {string} iso
 */
export function timeElement(iso) {
  const utc = `${iso.replace("T", " ").slice(0, 19)} UTC`;
  return h("time", { dateTime: iso, title: utc }, formatTime(iso));
}

/** @param {Child[]} children */
function present(children) {
  return children
    .flat(2)
    .filter((child) => child !== null && child !== undefined && child !== false);
}
