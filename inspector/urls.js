// Reads the inspector's own URL, and builds URLs from values.

/** @typedef {string & {readonly parsed: "RunId"}} RunId */

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Return the text as a run id, or undefined if it is none.
 * @param {string} text
 */
export function parseRunId(text) {
  const id = text.toLowerCase();
  return UUID.test(id) ? /** @type {RunId} */ (id) : undefined;
}

/**
 * What the inspector's query names, unchecked; null where it names nothing.
 * @param {string} query
 */
export function readQuery(query) {
  const params = new URLSearchParams(query);
  return { organization: params.get("organization"), run: params.get("run") };
}

/**
 * The inspector's query for an organisation, and for one of its runs.
 * @param {string} organization
 * @param {string} [run]
 */
export function queryFor(organization, run) {
  const query = new URLSearchParams({ organization, ...(run && { run }) });
  return `?${query.toString()}`;
}

/**
 * Build a relative URL in which every value is one path segment.
 * @param {TemplateStringsArray} literals
 * @param {...string} values
 */
export function path(literals, ...values) {
  return String.raw({ raw: literals }, ...values.map(segment));
}

/** @param {string} value */
function segment(value) {
  // A URL parser removes these, even when they are percent-encoded.
  if (value === "" || value === "." || value === "..") {
    throw new RangeError(`"${value}" cannot be a path segment`);
  }
  return encodeURIComponent(value);
}
