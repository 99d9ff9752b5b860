// What can go wrong with a request.

/** @import { Schemas } from "./client.js" */

/** The API refused the request. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {Partial<Schemas["Problem"]>} body
   */
  constructor(status, body) {
    super(body.detail ?? `HTTP ${status}`);
    this.status = status;
    /** Stable, unlike the message. */
    this.code = body.code ?? "";
    this.fields = body.errors ?? [];
  }
}

/** The API gave no usable response, or is busy: try again. */
export class Unavailable extends Error {}
