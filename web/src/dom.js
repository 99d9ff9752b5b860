// Creates and updates elements: text only, nothing is ever parsed as HTML.

/** @typedef {Node | string | false | null | undefined} Leaf */
/** @typedef {Leaf | (Leaf | Leaf[])[]} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined>} Props */

/**
 * Create an element with properties, attributes (`role`, `part` and names with a dash)
 * and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props} [props]
 * @param {...Child} children
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name.includes("-") || name === "role" || name === "part")
      element.setAttribute(name, String(value));
    else Reflect.set(element, name, value);
  }
  element.append(...present(children));
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

/** @param {Child[]} children */
export function present(children) {
  return children
    .flat(2)
    .filter((child) => child !== null && child !== undefined && child !== false);
}
