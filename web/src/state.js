// What the element shows, and the request that its options make.

/** @import { Dataset, ExportRequest, Role, Run, Started } from "./client.js" */

/**
 * What the element shows.
 * @typedef {object} State
 * @property {"loading" | "none" | "run" | "unavailable"} phase
 * @property {string} reason why nothing can be shown
 * @property {Run} [run]
 * @property {string} userId
 * @property {Role} [role]
 * @property {Dataset[]} datasets
 * @property {Dataset} [dataset]
 * @property {string} format
 * @property {string} busy the action that waits for a response; empty for none
 * @property {{text: string, bad: boolean}} notice
 * @property {{since: number, nextTry: number}} [away] an outage
 */

/** @returns {State} */
export function empty() {
  return {
    phase: "loading",
    reason: "",
    userId: "",
    datasets: [],
    format: "",
    busy: "",
    notice: { text: "", bad: false },
  };
}

/**
 * The dataset and the format that are nearest to what is wanted.
 * @param {State} state
 * @param {{dataset?: string, format?: string}} wanted
 */
export function chosen(state, wanted) {
  const { datasets } = state;
  const name = wanted.dataset ?? state.dataset?.name;
  const dataset =
    datasets.find((each) => each.name === name) ??
    datasets.find((each) => each.isDefault) ??
    datasets[0];
  const format = wanted.format ?? state.format;
  const known = dataset?.formats.find((each) => each === format);
  return { dataset, format: known ?? dataset?.formats[0] ?? "" };
}

/**
 * The element's own options on top of the page's request; undefined for the plain export.
 * @param {State} state
 * @param {ExportRequest | undefined} request
 */
export function requestOf({ dataset, format }, request) {
  const body = /** @type {Record<string, unknown>} */ ({ ...request });
  if (dataset && !dataset.isDefault) body.dataset ??= dataset.name;
  if (dataset && format !== dataset.formats[0]) body.format ??= format;
  const plain = Object.keys(body).length === 0;
  return plain ? undefined : /** @type {ExportRequest} */ (body);
}

/**
 * The key of what to say about an accepted start.
 * @param {Started} started
 */
export function noticeOf({ deduplicated, status }) {
  if (!deduplicated) return "accepted";
  return status === "completed" ? "alreadyDone" : "alreadyStarted";
}
