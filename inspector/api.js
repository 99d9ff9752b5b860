// The public HTTP API, called as any front end would call it.

/** The API answered with a problem: it has a stable `code` and a `detail`. */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail ?? `HTTP ${status}`);
    Object.assign(this, { status, code: body.code, detail: body.detail, retryAfter });
  }
}

/** The API did not answer, or answered that it is busy: worth trying again. */
export class Away extends Error {}

const TIMEOUT_MS = 20_000;
const BUSY = new Set([429, 500, 502, 503, 504]);

export class Api {
  #session;
  #base = new URL("api/", location.href);
  #known = new Map();
  /** The server's clock minus ours, in milliseconds. */
  skew = 0;

  constructor(session) {
    this.#session = session;
  }

  /** Answers the body, or undefined when it is what the last call of `watch` got. */
  async watch(path) {
    return this.#call("GET", path, { conditional: true });
  }

  get(path) {
    return this.#call("GET", path, {});
  }

  post(path) {
    return this.#call("POST", path, {});
  }

  forget() {
    this.#known.clear();
  }

  async #call(method, path, { conditional = false, again = true }) {
    const token = await this.#session.token();
    const headers = { Authorization: `Bearer ${token}`, Accept: "application/json" };
    const etag = conditional ? this.#known.get(path) : undefined;
    if (etag) headers["If-None-Match"] = etag;
    let answer;
    try {
      answer = await fetch(new URL(path, this.#base), {
        method,
        headers,
        cache: "no-store",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw new Away("The service cannot be reached.", { cause: error });
    }
    this.#noteClock(answer);
    if (answer.status === 304) return undefined;
    if (answer.status === 401 && again && (await this.#session.renew())) {
      return this.#call(method, path, { conditional, again: false });
    }
    const body = await answer.json().catch(() => undefined);
    if (answer.ok && body !== undefined) {
      if (conditional) this.#known.set(path, answer.headers.get("ETag"));
      return body;
    }
    if (body === undefined || (method === "GET" && BUSY.has(answer.status))) {
      throw new Away(body?.detail ?? "The service does not answer as it should.");
    }
    throw new Problem(
      answer.status,
      body,
      Number(answer.headers.get("Retry-After")) || undefined,
    );
  }

  #noteClock(answer) {
    const date = Date.parse(answer.headers.get("Date") ?? "");
    // The header has whole seconds: a smaller difference says nothing.
    if (date && Math.abs(date - Date.now()) > 2000) this.skew = date - Date.now();
  }
}
