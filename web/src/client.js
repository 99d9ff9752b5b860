// The export's HTTP API: a method for each operation, named after its operation id.

import createFetch from "openapi-fetch";

import {
  act,
  answered,
  inOrganization,
  ofRun,
  parsed,
  read,
  segment,
} from "./answers.js";
import { Unavailable } from "./problems.js";
import { Transport } from "./transport.js";

/** @import { components, paths } from "./api.d.ts" */
/** @import { Answer } from "./answers.js" */
/** @import { GetToken } from "./transport.js" */

/** @typedef {components["schemas"]} Schemas */
/** @typedef {Schemas["ExportStatus"]} Run */
/** @typedef {Schemas["Role"]} Role */
/** @typedef {Schemas["DatasetDescription"]} Dataset */
/** @typedef {Schemas["FormatDescription"]} FileFormat */
/** @typedef {Schemas["PresetDescription"]} Preset */
/** @typedef {Schemas["StartExportResponse"]} Started */
/** @typedef {NonNullable<paths["/api/organizations/{organizationId}/exports"]["post"]["requestBody"]>["content"]["application/json"]} ExportRequest */
/** @typedef {NonNullable<paths["/api/organizations/{organizationId}/exports"]["get"]["parameters"]["query"]>} ExportsQuery */
/** @typedef {NonNullable<paths["/api/organizations/{organizationId}/audit-logs"]["get"]["parameters"]["query"]>} AuditQuery */

const ORGANIZATION = "/api/organizations/{organizationId}";

export class ExportClient {
  #api;
  #transport;
  /**
   * What the API returned last for an address, and its ETag.
   * @type {Map<string, {etag: string, body: unknown}>}
   */
  #known = new Map();

  /**
   * @param {object} options
   * @param {string} options.baseUrl the deployment's address, without `/api`
   * @param {GetToken} options.getToken
   */
  constructor({ baseUrl, getToken }) {
    this.#transport = new Transport(getToken);
    this.#api = /** @type {typeof createFetch<paths>} */ (createFetch)({
      baseUrl,
      fetch: (request) => this.#transport.send(request),
      headers: { Accept: "application/json" },
    });
  }

  /** The server's time, in milliseconds. */
  now() {
    return this.#transport.now();
  }

  /** @returns {Promise<Schemas["Me"]>} */
  getMe() {
    return read(this.#api.GET("/api/me"));
  }

  /**
   * @param {string} organizationId
   * @returns {Promise<Schemas["DatasetList"]>}
   */
  listDatasets(organizationId) {
    const params = inOrganization(organizationId);
    return read(this.#api.GET(`${ORGANIZATION}/datasets`, { params }));
  }

  /**
   * @param {string} organizationId
   * @param {ExportRequest} [body]
   * @returns {Promise<Schemas["Estimate"]>}
   */
  estimateExport(organizationId, body) {
    const url = /** @type {const} */ (`${ORGANIZATION}/exports/estimate`);
    const params = inOrganization(organizationId);
    return act(this.#api.POST(url, { params, body }));
  }

  /**
   * Start an export, or return the one that the same request started today.
   * @param {string} organizationId
   * @param {ExportRequest} [body]
   * @param {{idempotencyKey?: string}} [options] a key of its own asks for a fresh export
   * @returns {Promise<Started>}
   */
  startExport(organizationId, body, { idempotencyKey } = {}) {
    const url = /** @type {const} */ (`${ORGANIZATION}/exports`);
    const params = inOrganization(organizationId);
    const headers = idempotencyKey ? { "Idempotency-Key": idempotencyKey } : {};
    return act(this.#api.POST(url, { params, headers, body }));
  }

  /**
   * @param {string} organizationId
   * @param {ExportsQuery} [query]
   * @returns {Promise<Schemas["ExportList"]>}
   */
  listExports(organizationId, query) {
    const params = { ...inOrganization(organizationId), query };
    return read(this.#api.GET(`${ORGANIZATION}/exports`, { params }));
  }

  /**
   * Return a run; the very same object while it has not changed.
   * @param {string} organizationId
   * @param {string} runId
   * @returns {Promise<Run>}
   */
  getExport(organizationId, runId) {
    const url = /** @type {const} */ (`${ORGANIZATION}/exports/{runId}`);
    const params = ofRun(organizationId, runId);
    return this.#fresh(`${organizationId}/${runId}`, (headers) =>
      this.#api.GET(url, { params, headers }),
    );
  }

  /**
   * Return a run's graph; the very same object while it has not changed.
   * @param {string} organizationId
   * @param {string} runId
   * @returns {Promise<Schemas["RunGraph"]>}
   */
  getExportGraph(organizationId, runId) {
    const url = /** @type {const} */ (`${ORGANIZATION}/exports/{runId}/graph`);
    const params = ofRun(organizationId, runId);
    return this.#fresh(`${organizationId}/${runId}/graph`, (headers) =>
      this.#api.GET(url, { params, headers }),
    );
  }

  /**
   * @param {string} organizationId
   * @param {string} runId
   * @returns {Promise<Run>}
   */
  cancelExport(organizationId, runId) {
    const url = /** @type {const} */ (`${ORGANIZATION}/exports/{runId}/cancel`);
    return act(this.#api.POST(url, { params: ofRun(organizationId, runId) }));
  }

  /**
   * @param {string} organizationId
   * @param {string} runId
   * @returns {Promise<Started>}
   */
  retryExport(organizationId, runId) {
    const url = /** @type {const} */ (`${ORGANIZATION}/exports/{runId}/retry`);
    return act(this.#api.POST(url, { params: ofRun(organizationId, runId) }));
  }

  /**
   * @param {string} organizationId
   * @param {string} runId
   * @returns {Promise<Schemas["DownloadLink"]>}
   */
  async getDownloadLink(organizationId, runId) {
    const url = /** @type {const} */ (`${ORGANIZATION}/exports/{runId}/download`);
    const params = ofRun(organizationId, runId);
    const link = await read(this.#api.GET(url, { params }));
    // A browser would run a link with another scheme.
    if (!/^https?:\/\//.test(link.url)) throw new Unavailable("This is no link.");
    return link;
  }

  /**
   * @param {string} organizationId
   * @param {AuditQuery} [query]
   * @returns {Promise<Schemas["AuditList"]>}
   */
  listAuditRecords(organizationId, query) {
    const params = { ...inOrganization(organizationId), query };
    return read(this.#api.GET(`${ORGANIZATION}/audit-logs`, { params }));
  }

  /**
   * @param {string} organizationId
   * @returns {Promise<Schemas["SuppressionList"]>}
   */
  listSuppressions(organizationId) {
    const params = inOrganization(organizationId);
    return read(this.#api.GET(`${ORGANIZATION}/suppressions`, { params }));
  }

  /**
   * @param {string} organizationId
   * @param {string} userId
   * @returns {Promise<Schemas["SuppressionList"]>}
   */
  liftSuppression(organizationId, userId) {
    const url = /** @type {const} */ (`${ORGANIZATION}/suppressions/{userId}`);
    const path = { organizationId: segment(organizationId), userId: segment(userId) };
    return act(this.#api.DELETE(url, { params: { path } }));
  }

  /**
   * @param {string} organizationId
   * @returns {Promise<Schemas["WebhookEndpoint"]>}
   */
  getWebhook(organizationId) {
    const params = inOrganization(organizationId);
    return read(this.#api.GET(`${ORGANIZATION}/webhook`, { params }));
  }

  /**
   * @param {string} organizationId
   * @param {Schemas["WebhookRequest"]} body
   * @returns {Promise<Schemas["WebhookSecret"]>}
   */
  setWebhook(organizationId, body) {
    const params = inOrganization(organizationId);
    return act(this.#api.PUT(`${ORGANIZATION}/webhook`, { params, body }));
  }

  /**
   * @param {string} organizationId
   * @returns {Promise<Schemas["WebhookRemoval"]>}
   */
  deleteWebhook(organizationId) {
    const params = inOrganization(organizationId);
    return act(this.#api.DELETE(`${ORGANIZATION}/webhook`, { params }));
  }

  /**
   * @template Body
   * @param {string} address
   * @param {(headers: Record<string, string>) => Promise<Answer<Body>>} ask
   * @returns {Promise<Body>}
   */
  async #fresh(address, ask) {
    const known = this.#known.get(address);
    const answer = await parsed(ask(known ? { "If-None-Match": known.etag } : {}));
    if (known && answer.response.status === 304)
      return /** @type {Body} */ (known.body);
    const body = answered(answer, { retryable: true });
    const etag = answer.response.headers.get("ETag");
    // One run is watched at a time: what was known of others only takes space.
    if (this.#known.size > 20) this.#known.clear();
    if (etag) this.#known.set(address, { etag, body });
    return body;
  }
}
