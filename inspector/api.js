// Calls the public HTTP API, as any front end would.

import { HttpClient } from "./http.js";
import { Unavailable } from "./problems.js";
import { isWebUrl, path } from "./urls.js";

/** @import { components } from "../web/src/api.d.ts" */
/** @import { Credentials } from "./http.js" */
/** @import { Body } from "./choice.js" */
/** @import { RunId } from "./urls.js" */

/** @typedef {components["schemas"]} Schemas */
/** @typedef {Schemas["ExportStatus"]} Run */
/** @typedef {Schemas["RunGraph"]} RunGraph */
/** @typedef {Schemas["GraphState"]} GraphState */
/** @typedef {Schemas["AuditRecord"]} AuditRecord */
/** @typedef {Schemas["DownloadLink"]} DownloadLink */
/** @typedef {Schemas["Me"]} Me */
/** @typedef {Schemas["DatasetDescription"]} Dataset */
/** @typedef {Schemas["FormatDescription"]} FileFormat */
/** @typedef {Schemas["PresetDescription"]} Preset */
/** @typedef {Schemas["FilterDescription"]} Filter */
/** @typedef {Schemas["Estimate"]} Estimate */
/** @typedef {Schemas["FieldError"]} FieldError */
/** @typedef {Schemas["Role"]} Role */
/** @typedef {Schemas["StartExportResponse"]} Started */

const NEWEST = "limit=20";

export class Api {
  #http;

  /** @param {Credentials} credentials */
  constructor(credentials) {
    this.#http = new HttpClient(credentials);
  }

  /** The server's time, in milliseconds. */
  now() {
    return this.#http.now();
  }

  /** Make each `watch…` method return what it finds on its next call. */
  forget() {
    this.#http.forget();
  }

  /** @returns {Promise<Me>} */
  me() {
    return this.#http.get(path`me`);
  }

  /**
   * @param {string} organization
   * @returns {Promise<Schemas["ExportList"]>}
   */
  newestRuns(organization) {
    return this.#http.get(`${path`organizations/${organization}/exports`}?${NEWEST}`);
  }

  /**
   * @param {string} organization
   * @returns {Promise<Schemas["AuditList"]>}
   */
  newestAuditRecords(organization) {
    return this.#http.get(
      `${path`organizations/${organization}/audit-logs`}?${NEWEST}`,
    );
  }

  /**
   * The run, or undefined when it has not changed since the last call.
   * @param {string} organization
   * @param {RunId} runId
   * @returns {Promise<Run | undefined>}
   */
  watchRun(organization, runId) {
    return this.#http.watch(path`organizations/${organization}/exports/${runId}`);
  }

  /**
   * The run's graph, or undefined when it has not changed since the last call.
   * @param {string} organization
   * @param {RunId} runId
   * @returns {Promise<RunGraph | undefined>}
   */
  watchGraph(organization, runId) {
    return this.#http.watch(path`organizations/${organization}/exports/${runId}/graph`);
  }

  /**
   * @param {string} organization
   * @param {object} [start]
   * @param {string} [start.key] asks for an export of its own
   * @param {Body} [start.options]
   * @returns {Promise<Started>}
   */
  startExport(organization, { key, options } = {}) {
    const url = path`organizations/${organization}/exports`;
    return this.#http.post(url, { ...(key && { "Idempotency-Key": key }) }, options);
  }

  /**
   * @param {string} organization
   * @returns {Promise<Schemas["DatasetList"]>}
   */
  datasets(organization) {
    return this.#http.get(path`organizations/${organization}/datasets`);
  }

  /**
   * @param {string} organization
   * @param {Body} [options]
   * @returns {Promise<Estimate>}
   */
  estimateExport(organization, options) {
    const url = path`organizations/${organization}/exports/estimate`;
    return this.#http.post(url, {}, options);
  }

  /**
   * @param {string} organization
   * @param {RunId} runId
   */
  async cancelExport(organization, runId) {
    await this.#http.post(path`organizations/${organization}/exports/${runId}/cancel`);
  }

  /**
   * @param {string} organization
   * @param {RunId} runId
   */
  async retryExport(organization, runId) {
    await this.#http.post(path`organizations/${organization}/exports/${runId}/retry`);
  }

  /**
   * @param {string} organization
   * @param {RunId} runId
   * @returns {Promise<DownloadLink>}
   */
  async downloadLink(organization, runId) {
    /** @type {DownloadLink} */
    const link = await this.#http.get(
      path`organizations/${organization}/exports/${runId}/download`,
    );
    if (!isWebUrl(link.url)) {
      throw new Unavailable(
        "The service sent no download link. Try again in a moment.",
      );
    }
    return link;
  }
}
