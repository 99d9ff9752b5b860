// Builds URLs out of values.

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
