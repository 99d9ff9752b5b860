// The fields of one filter, by its kind.

import { h } from "../web/src/dom.js";

/** @import { Filter } from "./types.js" */

/** @typedef {Record<string, string | string[]>} Fields */

/**
 * @param {Filter} filter
 * @param {Fields} fields what they hold; they write their values back
 * @param {() => void} changed
 */
export function filterFields(filter, fields, changed) {
  const build = KINDS[filter.kind] ?? textFields;
  return h(
    "fieldset",
    { className: "option-group" },
    h("legend", {}, filter.label),
    h("div", { className: "option-line" }, ...build(filter, fields, changed)),
    h("p", { className: "field-error", "data-field": filter.name, hidden: true }),
  );
}

/** @type {Record<string, (filter: Filter, fields: Fields, changed: () => void) => HTMLElement[]>} */
const KINDS = {
  choice: choiceFields,
  number: (_, fields, changed) => [
    input(fields, "min", "at least", { inputMode: "decimal" }, changed),
    input(fields, "max", "at most", { inputMode: "decimal" }, changed),
  ],
  date: dayFields,
  time: dayFields,
  text: textFields,
  boolean: (_, fields, changed) => [
    select(fields, "is", "", { "": "any", yes: "yes", no: "no" }, changed),
  ],
};

/**
 * @param {Filter} filter
 * @param {Fields} fields
 * @param {() => void} changed
 */
function choiceFields(filter, fields, changed) {
  const chosen = new Set(fields.in);
  return filter.choices.map((value) => {
    const box = h("input", { type: "checkbox", checked: chosen.has(value) });
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(value);
      else chosen.delete(value);
      fields.in = filter.choices.filter((each) => chosen.has(each));
      changed();
    });
    return h("label", { className: "tick" }, box, h("span", {}, value));
  });
}

/**
 * @param {Filter} _
 * @param {Fields} fields
 * @param {() => void} changed
 */
function dayFields(_, fields, changed) {
  return [
    input(fields, "from", "from", { type: "date" }, changed),
    input(fields, "to", "to the end of", { type: "date" }, changed),
  ];
}

/**
 * @param {Filter} filter
 * @param {Fields} fields
 * @param {() => void} changed
 */
function textFields(filter, fields, changed) {
  let operator = fields.equals ? "equals" : "startsWith";
  const text = h("input", {
    type: "text",
    maxLength: 200,
    value: String(fields[operator] ?? ""),
    "aria-label": `${filter.label}: text`,
  });
  const how = h(
    "select",
    { "aria-label": `${filter.label}: how to compare` },
    h("option", { value: "startsWith" }, "begins with"),
    h("option", { value: "equals" }, "is"),
  );
  how.value = operator;
  const take = () => {
    delete fields[operator];
    operator = how.value;
    fields[operator] = text.value;
    changed();
  };
  how.addEventListener("change", take);
  text.addEventListener("input", take);
  return [how, text];
}

/**
 * @param {Fields} fields
 * @param {string} name
 * @param {string} label
 * @param {Record<string, string>} props
 * @param {() => void} changed
 */
function input(fields, name, label, props, changed) {
  const element = h("input", {
    type: "text",
    ...props,
    value: String(fields[name] ?? ""),
  });
  element.addEventListener("input", () => {
    fields[name] = element.value.trim();
    changed();
  });
  return h("label", { className: "option" }, h("span", {}, label), element);
}

/**
 * @param {Fields} fields
 * @param {string} name
 * @param {string} label
 * @param {Record<string, string>} values
 * @param {() => void} changed
 */
function select(fields, name, label, values, changed) {
  const element = h(
    "select",
    {},
    ...Object.entries(values).map(([value, text]) => h("option", { value }, text)),
  );
  element.value = String(fields[name] ?? "");
  element.addEventListener("change", () => {
    fields[name] = element.value;
    changed();
  });
  return h("label", { className: "option" }, h("span", {}, label), element);
}
