// The fields of the options: dataset, columns with their order, filters, format.

import { h, setText } from "../web/src/dom.js";

import { filterFields } from "./filter-fields.js";

/** @import { Dataset } from "./types.js" */
/** @import { Choice } from "./choice.js" */
/** @import { About } from "../web/src/file-choice.js" */

/** @type {Record<string, string>} */
const CONSISTENCIES = {
  pages: "Fast: page by page",
  snapshot: "Exact: every row as of one moment",
};

/**
 * @typedef {object} Form
 * @property {Dataset[]} datasets
 * @property {About} about
 * @property {Dataset} dataset the chosen one
 * @property {Choice} choice what the fields hold; they write their values back
 * @property {(name: string) => void} chooseDataset
 * @property {() => void} changed
 */

/** @param {Form} form */
export function formFields(form) {
  const { dataset, choice, changed } = form;
  const filters = dataset.filters.map((filter) =>
    filterFields(filter, (choice.filters[filter.name] ??= {}), changed),
  );
  return [
    datasetField(form),
    columnFields(form),
    h("div", { className: "filters", hidden: filters.length === 0 }, ...filters),
    fileFields(form),
    h(
      "div",
      { className: "option-line" },
      select(
        "Rows",
        Object.keys(CONSISTENCIES),
        CONSISTENCIES,
        choice.consistency,
        (value) => {
          choice.consistency = value;
          changed();
        },
      ),
    ),
  ];
}

/**
 * Format and preset, each with a line on whom it is for.
 * @param {Form} form
 */
function fileFields({ dataset, about: { formats, presets }, choice, changed }) {
  const offered = formats.filter(({ name }) => dataset.formats.includes(name));
  const line = h("p", { className: "quiet option-about" });
  const preset = described("Written for", presets, choice.preset, (value) => {
    choice.preset = value;
    draw();
    changed();
  });
  const draw = () => {
    const format = offered.find(({ name }) => name === choice.format);
    preset.hidden = !format?.presets.length;
    const chosen = presets.find(({ name }) => name === choice.preset);
    const sentences = [format?.about, preset.hidden ? "" : chosen?.about];
    setText(line, `${sentences.filter(Boolean).join(". ")}.`);
  };
  const format = described("Format", offered, choice.format, (value) => {
    choice.format = value;
    draw();
    changed();
  });
  draw();
  return h(
    "div",
    {},
    h("div", { className: "option-line" }, format, preset),
    line,
    ...["format", "preset", "dialect"].map((field) =>
      h("p", { className: "field-error", "data-field": field, hidden: true }),
    ),
  );
}

/**
 * @param {string} label
 * @param {{name: string, label: string}[]} values
 * @param {string} value
 * @param {(value: string) => void} take
 */
function described(label, values, value, take) {
  const labels = Object.fromEntries(values.map((each) => [each.name, each.label]));
  return select(label, Object.keys(labels), labels, value, take);
}

/** @param {Form} form */
function datasetField({ datasets, dataset, chooseDataset }) {
  const labels = Object.fromEntries(datasets.map((each) => [each.name, each.label]));
  const names = Object.keys(labels);
  const field = select("What to export", names, labels, dataset.name, chooseDataset);
  field.hidden = datasets.length < 2;
  return field;
}

/**
 * @param {string} label
 * @param {string[]} values
 * @param {Record<string, string>} labels
 * @param {string} value
 * @param {(value: string) => void} take
 */
function select(label, values, labels, value, take) {
  const element = h(
    "select",
    {},
    ...values.map((each) => h("option", { value: each }, labels[each] ?? each)),
  );
  element.value = value;
  element.addEventListener("change", () => take(element.value));
  return h("label", { className: "option" }, h("span", {}, label), element);
}

/** @param {Form} form */
function columnFields(form) {
  const list = h("ol", { className: "columns" });
  const draw = () => {
    const focused = document.activeElement?.getAttribute("data-move");
    list.replaceChildren(
      ...form.choice.columns.map((column, place) =>
        columnItem(form, column, place, draw),
      ),
    );
    // The button that was pressed is another element now.
    const again = [...list.querySelectorAll("button")].find(
      (button) => button.dataset.move === focused,
    );
    again?.focus();
  };
  draw();
  return h(
    "fieldset",
    { className: "option-group" },
    h("legend", {}, "Columns, in the file’s order"),
    list,
    h("p", { className: "field-error", "data-field": "columns", hidden: true }),
  );
}

/**
 * @param {Form} form
 * @param {Choice["columns"][number]} column
 * @param {number} place
 * @param {() => void} redraw
 */
function columnItem({ dataset, choice, changed }, column, place, redraw) {
  const label = dataset.columns.find((c) => c.name === column.name)?.label ?? "";
  const box = h("input", { type: "checkbox", checked: column.chosen });
  box.addEventListener("change", () => {
    column.chosen = box.checked;
    changed();
  });
  /** @param {string} text @param {string} mark @param {number} by */
  const button = (text, mark, by) => {
    const target = place + by;
    const element = h(
      "button",
      {
        type: "button",
        className: "move",
        "aria-label": `${text}: ${label}`,
        "data-move": `${column.name} ${by}`,
        disabled: target < 0 || target >= choice.columns.length,
      },
      mark,
    );
    element.addEventListener("click", () => {
      choice.columns.splice(place, 1);
      choice.columns.splice(target, 0, column);
      redraw();
      changed();
    });
    return element;
  };
  return h(
    "li",
    {},
    h("label", {}, box, h("span", {}, label)),
    button("Move up", "↑", -1),
    button("Move down", "↓", 1),
  );
}
