// What the form holds, and the request that it makes: pure functions, without the page.

import { PLAIN_FORMAT, fileOptions, usualPreset } from "../web/src/file-choice.js";

/** @import { Dataset, Filter, Preset } from "./types.js" */
/** @import { About } from "../web/src/file-choice.js" */

/** @typedef {Record<string, string | number | boolean | string[]>} Values */

/**
 * A request as the API takes it; what is left out has its default.
 * @typedef {object} Body
 * @property {string} [dataset]
 * @property {string[]} [columns]
 * @property {Record<string, Values>} [filters]
 * @property {string} [timeZone]
 * @property {string} [format]
 * @property {string} [preset]
 * @property {string} [consistency]
 */

/**
 * What the form holds for a dataset. A filter's values are texts by field: `in` for a
 * choice, as a list; `from` and `to` are whole days, and `to` is included.
 * @typedef {object} Choice
 * @property {{name: string, chosen: boolean}[]} columns in the file's order
 * @property {Record<string, Record<string, string | string[]>>} filters
 * @property {string} format
 * @property {string} preset
 * @property {string} consistency
 */

const PLAIN_CONSISTENCY = "pages";
const OPERATORS = ["in", "is", "equals", "startsWith", "min", "max", "from", "to"];
/** @type {Record<string, string>} */
const COMPARED = {
  min: "at least",
  max: "at most",
  from: "from",
  equals: "is",
  startsWith: "begins with",
};

/**
 * The form's content for a request; what the dataset does not have is left out.
 * @param {Dataset} dataset
 * @param {Preset[]} presets
 * @param {Body} [body]
 * @returns {Choice}
 */
export function choiceFrom(dataset, presets, body = {}) {
  return {
    columns: columnsFrom(dataset, body.columns),
    filters: filtersFrom(dataset, body.filters ?? {}),
    format: known(dataset.formats, body.format) ?? PLAIN_FORMAT,
    preset: known(dataset.presets, body.preset) ?? usualPreset(presets),
    consistency: known(["pages", "snapshot"], body.consistency) ?? PLAIN_CONSISTENCY,
  };
}

/**
 * The request for a form's content; undefined for the plain export.
 * @param {Dataset} dataset
 * @param {Choice} choice
 * @param {About} about
 * @returns {Body | undefined}
 */
export function bodyOf(dataset, choice, about) {
  /** @type {Body} */
  const body = {};
  if (!dataset.isDefault) body.dataset = dataset.name;
  const columns = choice.columns.filter(({ chosen }) => chosen).map(({ name }) => name);
  if (columns.join("\n") !== defaultColumns(dataset).join("\n")) body.columns = columns;
  const filters = conditionsOf(dataset, choice);
  if (Object.keys(filters).length) body.filters = filters;
  const hasTimes = dataset.filters.some((f) => f.kind === "time" && filters[f.name]);
  Object.assign(body, fileOptions(choice, about, hasTimes));
  if (choice.consistency !== PLAIN_CONSISTENCY) body.consistency = choice.consistency;
  return Object.keys(body).length ? body : undefined;
}

/** @param {Dataset} dataset */
function defaultColumns(dataset) {
  return dataset.columns.filter((column) => column.default).map(({ name }) => name);
}

/**
 * A request in words, without the dataset's name; empty for the plain one.
 * @param {Body} body
 * @param {Dataset | undefined} dataset for its labels
 */
export function describe(body, dataset) {
  const filters = body.filters ?? {};
  const order = dataset?.filters.map(({ name }) => name) ?? [];
  const names = Object.keys(filters).sort(
    (a, b) => order.indexOf(a) - order.indexOf(b),
  );
  const parts = names.map((name) => {
    const filter = dataset?.filters.find((each) => each.name === name);
    const label = (filter?.label ?? name).toLowerCase();
    return `${label} ${conditionText(filters[name] ?? {})}`;
  });
  if (body.columns) {
    const count = body.columns.length;
    parts.push(count === 1 ? "1 column" : `${count} columns`);
  }
  if (body.format && body.format !== PLAIN_FORMAT) parts.push(body.format);
  if (body.preset) parts.push(`for ${body.preset}`);
  if (body.consistency === "snapshot") parts.push("as of one moment");
  return parts.join(" · ");
}

/** @param {Values} values */
function conditionText(values) {
  // The API returns the keys of a request in an order of its own.
  return Object.entries(values)
    .sort(([a], [b]) => OPERATORS.indexOf(a) - OPERATORS.indexOf(b))
    .map(([operator, value]) => comparisonText(operator, value))
    .join(" ");
}

/**
 * @param {string} operator
 * @param {string | number | boolean | string[]} value
 */
function comparisonText(operator, value) {
  if (Array.isArray(value)) return value.join(" or ");
  if (operator === "is") return value ? "yes" : "no";
  const text = String(value);
  if (operator === "to") {
    const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
    return isDay ? `until ${dayBefore(text)}` : `before ${text}`;
  }
  const quoted = operator === "equals" || operator === "startsWith";
  return `${COMPARED[operator] ?? operator} ${quoted ? `“${text}”` : text}`;
}

/**
 * @param {Dataset} dataset
 * @param {string[] | undefined} wanted
 */
function columnsFrom(dataset, wanted = defaultColumns(dataset)) {
  const names = dataset.columns.map(({ name }) => name);
  const chosen = wanted.filter((name) => names.includes(name));
  const rest = names.filter((name) => !chosen.includes(name));
  const usual = chosen.length ? chosen : defaultColumns(dataset);
  const isUsual = usual.join("\n") === defaultColumns(dataset).join("\n");
  const order = isUsual ? names : [...usual, ...rest];
  return order.map((name) => ({ name, chosen: usual.includes(name) }));
}

/**
 * @param {Dataset} dataset
 * @param {Record<string, Values>} filters
 */
function filtersFrom(dataset, filters) {
  /** @type {Choice["filters"]} */
  const found = {};
  for (const filter of dataset.filters) {
    const values = filters[filter.name];
    if (values) found[filter.name] = fieldsFrom(filter, values);
  }
  return found;
}

/**
 * @param {Filter} filter
 * @param {Values} values
 */
function fieldsFrom(filter, values) {
  /** @type {Record<string, string | string[]>} */
  const fields = {};
  for (const [operator, value] of Object.entries(values)) {
    if (Array.isArray(value)) {
      fields[operator] = value.map(String).filter((v) => filter.choices.includes(v));
    } else if (operator === "is") {
      fields.is = value ? "yes" : "no";
    } else if (operator === "to") {
      fields.to = dayBefore(String(value));
    } else {
      fields[operator] = String(value);
    }
  }
  return fields;
}

/**
 * @param {Dataset} dataset
 * @param {Choice} choice
 */
function conditionsOf(dataset, choice) {
  /** @type {Record<string, Values>} */
  const conditions = {};
  for (const { name } of dataset.filters) {
    const values = valuesOf(choice.filters[name] ?? {});
    if (Object.keys(values).length) conditions[name] = values;
  }
  return conditions;
}

/** @param {Record<string, string | string[]>} fields */
function valuesOf(fields) {
  /** @type {Values} */
  const values = {};
  for (const [operator, field] of Object.entries(fields)) {
    if (field.length === 0) continue;
    if (operator === "is") values.is = field === "yes";
    else if (operator === "to") values.to = dayAfter(String(field));
    else values[operator] = field;
  }
  return values;
}

/** @param {string} day */
export function dayAfter(day) {
  return shifted(day, 1);
}

/** @param {string} day */
export function dayBefore(day) {
  return shifted(day, -1);
}

/**
 * @param {string} day YYYY-MM-DD; another text stays as it is
 * @param {number} days
 */
function shifted(day, days) {
  const date = new Date(`${day.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(date.valueOf())) return day;
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/**
 * @param {string[]} values
 * @param {string | undefined} value
 */
function known(values, value) {
  return value !== undefined && values.includes(value) ? value : undefined;
}
