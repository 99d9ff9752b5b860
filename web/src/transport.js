// Sends a request with a bearer token and a time limit, and reads the server's clock.

import { Unavailable } from "./problems.js";

/**
 * Returns the bearer token to send. After the API has refused a token, it is called
 * with that token and returns another one, or none if the user has to sign in again.
 * @typedef {(refused?: string) => string | undefined | Promise<string | undefined>} GetToken
 */

const TIMEOUT_MS = 20_000;

export class Transport {
  #getToken;
  /** The server's clock minus ours, in milliseconds. */
  #skew = 0;

  /** @param {GetToken} getToken */
  constructor(getToken) {
    this.#getToken = getToken;
  }

  /** The server's time, in milliseconds. */
  now() {
    return Date.now() + this.#skew;
  }

  /**
   * @param {Request} request
   * @returns {Promise<Response>}
   */
  async send(request) {
    const again = request.clone();
    const token = await this.#token();
    const response = await this.#sendWith(token, request);
    if (response.status !== 401 || !token) return response;
    const next = await this.#token(token);
    if (!next || next === token) return response;
    return this.#sendWith(next, again);
  }

  /** @param {string} [refused] */
  async #token(refused) {
    try {
      return (await this.#getToken(refused)) ?? "";
    } catch (error) {
      throw new Unavailable("The token function failed.", { cause: error });
    }
  }

  /**
   * @param {string} token
   * @param {Request} request
   */
  async #sendWith(token, request) {
    request.headers.set("Authorization", `Bearer ${token}`);
    try {
      const response = await fetch(request, {
        cache: "no-store",
        credentials: "omit",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      this.#noteClock(response);
      return response;
    } catch (error) {
      throw new Unavailable("No response from the service.", { cause: error });
    }
  }

  /** @param {Response} response */
  #noteClock(response) {
    const date = Date.parse(response.headers.get("Date") ?? "");
    // The header has whole seconds, so a smaller difference means nothing.
    if (date && Math.abs(date - Date.now()) > 2000) this.#skew = date - Date.now();
  }
}
