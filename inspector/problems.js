// What can go wrong with a request, and what the inspector says about it: each
// problem comes with a next step.

/** @import { Schemas } from "./api.js" */

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
    this.code = body.code;
    this.fields = body.errors ?? [];
  }
}

/** The API gave no usable response, or is busy: try again. */
export class Unavailable extends Error {}

export const NO_SUCH_EXPORT =
  "There is no such export in this organisation. Choose one from the list.";

/** @type {Record<string, string>} */
const PROBLEMS = {
  ROLE_TOO_LOW:
    "Your role in this organisation does not allow this. Ask an owner or admin.",
  NOT_YOUR_RUN: "Only the requester or an admin can do this.",
  RUN_NOT_FOUND: NO_SUCH_EXPORT,
  RUN_ENDED: "This export has already finished.",
  RUN_COMPLETING:
    "Too late to cancel: the e-mail is on its way and the export is about to complete.",
  RUN_COMPLETED: "This export has completed. Start a new one instead.",
  QUEUE_FULL:
    "Too many of this organisation’s exports are waiting. Try again when some have finished.",
  FILE_EXPIRED: "The file has expired. Export again to get a new one.",
  UNAUTHENTICATED: "You are no longer signed in. Sign in again.",
  TOO_MANY_REQUESTS: "Too many requests. Try again in a moment.",
  DATASET_CHANGED:
    "What can be exported has changed since this export was requested. Start a new one instead.",
  NOT_FOUND: "There is no such organisation, or you are not a member of it.",
};

/** @param {unknown} error */
export function explain(error) {
  if (error instanceof Problem) {
    const [field] = error.fields;
    const refused = field && `${field.field.replace(/^body\./, "")}: ${field.message}`;
    return refused ?? PROBLEMS[error.code ?? ""] ?? error.message;
  }
  if (error instanceof Unavailable) return error.message;
  return "Something went wrong. Try again in a moment.";
}
