// Sends requests to the API: bearer token, time limit, ETags, problems and its clock.

import { Problem, Unavailable } from "./problems.js";

/** @import { Schemas } from "./api.js" */

/**
 * Where requests get their bearer token.
 * @typedef {object} Credentials
 * @property {() => Promise<string>} token
 * @property {() => Promise<boolean>} renew replaces a refused token, if it can
 */

const TIMEOUT_MS = 20_000;
const BUSY = new Set([429, 500, 502, 503, 504]);

export class HttpClient {
  /** @type {Credentials} */
  #credentials;
  #base = new URL("api/", location.href);
  /** @type {Map<string, string>} */
  #etags = new Map();
  /** The server's clock minus ours, in milliseconds. */
  #skew = 0;

  /** @param {Credentials} credentials */
  constructor(credentials) {
    this.#credentials = credentials;
  }

  /** The server's time, in milliseconds. */
  now() {
    return Date.now() + this.#skew;
  }

  /** Forget what `watch` returned, so that its next call returns it again. */
  forget() {
    this.#etags.clear();
  }

  /**
   * @template Body
   * @param {string} url
   * @returns {Promise<Body>}
   */
  async get(url) {
    const response = await this.#fetch("GET", url, {});
    return read(response, { retryable: true });
  }

  /**
   * The body, or undefined when it has not changed since the last call.
   * @template Body
   * @param {string} url
   * @returns {Promise<Body | undefined>}
   */
  async watch(url) {
    const known = this.#etags.get(url);
    const response = await this.#fetch(
      "GET",
      url,
      known ? { "If-None-Match": known } : {},
    );
    if (response.status === 304) return undefined;
    /** @type {Body} */
    const body = await read(response, { retryable: true });
    const etag = response.headers.get("ETag");
    if (etag) this.#etags.set(url, etag);
    return body;
  }

  /**
   * @template Body
   * @param {string} url
   * @param {Record<string, string>} [headers]
   * @param {object} [body]
   * @returns {Promise<Body>}
   */
  async post(url, headers = {}, body = undefined) {
    const response = await this.#fetch("POST", url, headers, body);
    return read(response, { retryable: false });
  }

  /**
   * @param {string} method
   * @param {string} url
   * @param {Record<string, string>} headers
   * @param {object} [body]
   */
  async #fetch(method, url, headers, body) {
    const init = {
      method,
      headers: {
        ...headers,
        Accept: "application/json",
        ...(body && { "Content-Type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
    };
    const response = await this.#send(url, init);
    if (response.status !== 401 || !(await this.#credentials.renew())) return response;
    return this.#send(url, init);
  }

  /**
   * @param {string} url
   * @param {{headers: Record<string, string>} & RequestInit} init
   */
  async #send(url, init) {
    const token = await this.#credentials.token();
    try {
      const response = await fetch(new URL(url, this.#base), {
        ...init,
        headers: { ...init.headers, Authorization: `Bearer ${token}` },
        cache: "no-store",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      this.#noteClock(response);
      return response;
    } catch (error) {
      throw new Unavailable("Cannot reach the service. Try again in a moment.", {
        cause: error,
      });
    }
  }

  /** @param {Response} response */
  #noteClock(response) {
    const date = Date.parse(response.headers.get("Date") ?? "");
    // The header has whole seconds, so a smaller difference means nothing.
    if (date && Math.abs(date - Date.now()) > 2000) this.#skew = date - Date.now();
  }
}

/**
 * The response's body, in the shape that the OpenAPI document promises.
 * @template Body
 * @param {Response} response
 * @param {{retryable: boolean}} options whether a busy API is worth another attempt
 * @returns {Promise<Body>}
 */
async function read(response, { retryable }) {
  /** @type {unknown} */
  const body = await response.json().catch(() => undefined);
  if (response.ok && body !== undefined) return /** @type {Body} */ (body);
  const problem = /** @type {Partial<Schemas["Problem"]> | undefined} */ (body);
  // A gateway in front of the API fails without a code.
  const failed = response.status >= 500 && !problem?.code;
  if (!problem || failed || (retryable && BUSY.has(response.status))) {
    throw new Unavailable(
      problem?.detail ??
        "The service is not responding properly. Try again in a moment.",
    );
  }
  throw new Problem(response.status, problem);
}
