// Calls the public HTTP API, as any front end would.

import { Problem, Unavailable } from "./problems.js";
import { isWebUrl, path } from "./urls.js";

/** @import { components } from "../.local/web/api.d.ts" */
/** @import { RunId } from "./urls.js" */

/** @typedef {components["schemas"]} Schemas */
/** @typedef {Schemas["ExportStatus"]} Run */
/** @typedef {Schemas["RunGraph"]} RunGraph */
/** @typedef {Schemas["GraphState"]} GraphState */
/** @typedef {Schemas["AuditRecord"]} AuditRecord */
/** @typedef {Schemas["DownloadLink"]} DownloadLink */
/** @typedef {Schemas["Me"]} Me */
/** @typedef {Schemas["Role"]} Role */
/** @typedef {Schemas["StartExportResponse"]} Started */

/**
 * Where requests get their bearer token.
 * @typedef {object} Credentials
 * @property {() => Promise<string>} token
 * @property {() => Promise<boolean>} renew replaces a refused token, if it can
 */

const TIMEOUT_MS = 20_000;
const BUSY = new Set([429, 500, 502, 503, 504]);
const NEWEST = "limit=20";

export class Api {
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

  /** @returns {Promise<Me>} */
  me() {
    return this.#get(path`me`);
  }

  /**
   * @param {string} organization
   * @returns {Promise<Schemas["ExportList"]>}
   */
  newestRuns(organization) {
    return this.#get(`${path`organizations/${organization}/exports`}?${NEWEST}`);
  }

  /**
   * @param {string} organization
   * @returns {Promise<Schemas["AuditList"]>}
   */
  newestAuditRecords(organization) {
    return this.#get(`${path`organizations/${organization}/audit-logs`}?${NEWEST}`);
  }

  /**
   * The run, or undefined when it has not changed since the last call.
   * @param {string} organization
   * @param {RunId} runId
   * @returns {Promise<Run | undefined>}
   */
  watchRun(organization, runId) {
    return this.#watch(path`organizations/${organization}/exports/${runId}`);
  }

  /**
   * The run's graph, or undefined when it has not changed since the last call.
   * @param {string} organization
   * @param {RunId} runId
   * @returns {Promise<RunGraph | undefined>}
   */
  watchGraph(organization, runId) {
    return this.#watch(path`organizations/${organization}/exports/${runId}/graph`);
  }

  /**
   * @param {string} organization
   * @param {string} [idempotencyKey] asks for an export of its own
   * @returns {Promise<Started>}
   */
  startExport(organization, idempotencyKey) {
    return this.#post(
      path`organizations/${organization}/exports`,
      idempotencyKey ? { "Idempotency-Key": idempotencyKey } : {},
    );
  }

  /**
   * @param {string} organization
   * @param {RunId} runId
   */
  async cancelExport(organization, runId) {
    await this.#post(path`organizations/${organization}/exports/${runId}/cancel`);
  }

  /**
   * @param {string} organization
   * @param {RunId} runId
   */
  async retryExport(organization, runId) {
    await this.#post(path`organizations/${organization}/exports/${runId}/retry`);
  }

  /**
   * @param {string} organization
   * @param {RunId} runId
   * @returns {Promise<DownloadLink>}
   */
  async downloadLink(organization, runId) {
    /** @type {DownloadLink} */
    const link = await this.#get(
      path`organizations/${organization}/exports/${runId}/download`,
    );
    if (!isWebUrl(link.url)) {
      throw new Unavailable(
        "The service sent no download link. Try again in a moment.",
      );
    }
    return link;
  }

  /** Forget what each `watch…` method returned, so that the next call returns it again. */
  forget() {
    this.#etags.clear();
  }

  /**
   * @template Body
   * @param {string} url
   * @returns {Promise<Body>}
   */
  async #get(url) {
    const response = await this.#fetch("GET", url, {});
    return read(response, { retryable: true });
  }

  /**
   * @template Body
   * @param {string} url
   * @returns {Promise<Body | undefined>}
   */
  async #watch(url) {
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
   * @returns {Promise<Body>}
   */
  async #post(url, headers = {}) {
    const response = await this.#fetch("POST", url, headers);
    return read(response, { retryable: false });
  }

  /**
   * @param {string} method
   * @param {string} url
   * @param {Record<string, string>} headers
   * @param {boolean} [renewed]
   * @returns {Promise<Response>}
   */
  async #fetch(method, url, headers, renewed = false) {
    const token = await this.#credentials.token();
    let response;
    try {
      response = await fetch(new URL(url, this.#base), {
        method,
        headers: {
          ...headers,
          Accept: "application/json",
          Authorization: `Bearer ${token}`,
        },
        cache: "no-store",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw new Unavailable("Cannot reach the service. Try again in a moment.", {
        cause: error,
      });
    }
    this.#noteClock(response);
    if (response.status === 401 && !renewed && (await this.#credentials.renew())) {
      return this.#fetch(method, url, headers, true);
    }
    return response;
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
  if (!problem || (retryable && BUSY.has(response.status))) {
    throw new Unavailable(
      problem?.detail ??
        "The service is not responding properly. Try again in a moment.",
    );
  }
  throw new Problem(response.status, problem);
}
