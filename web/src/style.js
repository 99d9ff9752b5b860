// The element's style sheet.

import css from "./element.css";

/** @type {CSSStyleSheet | undefined} */
let made;

/** The one sheet of all elements; a page's Content-Security-Policy has no say in it. */
export function sheet() {
  if (!made) {
    made = new CSSStyleSheet();
    made.replaceSync(css);
  }
  return made;
}
