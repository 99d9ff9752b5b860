// The elements of index.html, and lists and times in them.

import { h } from "../web/src/dom.js";

import { formatTime } from "./english.js";

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
