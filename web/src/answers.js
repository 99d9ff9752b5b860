// Paths of requests, and what their responses mean.

import { Problem, Unavailable } from "./problems.js";

/** @import { Schemas } from "./client.js" */

/**
 * What openapi-fetch returns for a request.
 * @template Body
 * @typedef {{data?: Body, error?: unknown, response: Response}} Answer
 */

const BUSY = new Set([429, 500, 502, 503, 504]);

/** @param {string} organizationId */
export function inOrganization(organizationId) {
  return { path: { organizationId: segment(organizationId) } };
}

/**
 * @param {string} organizationId
 * @param {string} runId
 */
export function ofRun(organizationId, runId) {
  return { path: { organizationId: segment(organizationId), runId: segment(runId) } };
}

/** @param {string} value */
export function segment(value) {
  // A URL parser removes these, even when they are percent-encoded.
  if (value === "" || value === "." || value === "..") {
    throw new RangeError(`"${value}" cannot be a path segment`);
  }
  return value;
}

/**
 * @template Body
 * @param {Promise<Answer<Body>>} asked
 */
export async function read(asked) {
  return answered(await parsed(asked), { retryable: true });
}

/**
 * @template Body
 * @param {Promise<Answer<Body>>} asked
 */
export async function act(asked) {
  return answered(await parsed(asked), { retryable: false });
}

/**
 * @template Body
 * @param {Promise<Answer<Body>>} asked
 */
export async function parsed(asked) {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    throw new Unavailable("The response is not JSON.", { cause: error });
  }
}

/**
 * The body, in the shape that the OpenAPI document promises.
 * @template Body
 * @param {Answer<Body>} answer
 * @param {{retryable: boolean}} options whether a busy API is worth another attempt
 * @returns {Body}
 */
export function answered({ data, error, response }, { retryable }) {
  if (response.ok && data !== undefined) return data;
  const problem = isProblem(error) ? error : undefined;
  // A gateway in front of the API fails without a code.
  const failed = response.status >= 500 && !problem?.code;
  if (!problem || failed || (retryable && BUSY.has(response.status))) {
    throw new Unavailable(problem?.detail ?? `HTTP ${response.status}`);
  }
  throw new Problem(response.status, problem);
}

/**
 * @param {unknown} error
 * @returns {error is Partial<Schemas["Problem"]>}
 */
function isProblem(error) {
  return typeof error === "object" && error !== null;
}
