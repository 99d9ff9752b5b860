// What the element shows, and the request that its options make.

import { PLAIN_FORMAT, fileOptions, usualPreset } from "./file-choice.js";

/** @import { About } from "./file-choice.js" */
/** @import { Dataset, ExportRequest, Role, Run, Started } from "./client.js" */

/**
 * Names of options; one that is left out stays as it is.
 * @typedef {object} Wanted
 * @property {string | null} [dataset]
 * @property {string | null} [format]
 * @property {string | null} [preset]
 */

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
 * @property {About} about formats and presets
 * @property {string} format
 * @property {string} preset
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
    about: {
      formats: [],
      presets: [],
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
    format: PLAIN_FORMAT,
    preset: "",
    busy: "",
    notice: { text: "", bad: false },
  };
}

/**
 * The options that are nearest to what is wanted.
 * @param {State} state
 * @param {Wanted} wanted
 */
export function chosen(state, wanted) {
  const { datasets, about } = state;
  const name = wanted.dataset ?? state.dataset?.name;
  const dataset =
    datasets.find((each) => each.name === name) ??
    datasets.find((each) => each.isDefault) ??
    datasets[0];
  return {
    dataset,
    format: known(dataset?.formats, wanted.format ?? state.format) ?? PLAIN_FORMAT,
    preset:
      known(dataset?.presets, wanted.preset ?? state.preset) ??
      usualPreset(about.presets),
  };
}

/**
 * @param {string[] | undefined} values
 * @param {string} value
 */
function known(values, value) {
  return values?.find((each) => each === value);
}

/**
 * The page's request on top of the element's own options; undefined for the plain export.
 * @param {State} state
 * @param {ExportRequest | undefined} request
 */
export function requestOf({ dataset, format, preset, about }, request) {
  const own = fileOptions({ format, preset }, about, false);
  const named = dataset && !dataset.isDefault ? { dataset: dataset.name } : {};
  const body = { ...named, ...own, ...request };
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
