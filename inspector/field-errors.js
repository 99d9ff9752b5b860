// Marks the fields of the options that the API refused.

import { setText, setVisible } from "../web/src/dom.js";

import { $ } from "./page.js";

/** @import { FieldError } from "./types.js" */

/**
 * Say at its field what is wrong; returns whether the field is here.
 * @param {FieldError} error
 */
export function markField({ field, message }) {
  const path = field.replace(/^body\.(filters\.)?/, "");
  const line = lines().find((each) => {
    const name = each.dataset.field ?? "";
    return path === name || path.startsWith(`${name}.`);
  });
  if (!line) return false;
  setText(line, message);
  setVisible(line, true);
  return true;
}

export function clearMarks() {
  for (const line of lines()) setVisible(line, false);
}

/** @returns {HTMLElement[]} */
function lines() {
  return [...$("options-fields").querySelectorAll(".field-error")].filter(
    (element) => element instanceof HTMLElement,
  );
}
