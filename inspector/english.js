// The inspector's English: numbers, sizes, times, and why a request failed.

import { formatsOf } from "../web/src/format.js";
import { Speaker } from "../web/src/texts.js";

const formats = formatsOf("en-GB");
const speaker = new Speaker("en");

export const formatCount = formats.count;
export const formatBytes = formats.bytes;
export const formatDuration = formats.duration;
export const formatTime = formats.time;

/** @param {unknown} error */
export function explain(error) {
  return speaker.explain(error);
}

/**
 * @param {number} n
 * @param {string} word
 */
export function plural(n, word) {
  return `${formatCount(n)} ${word}${n === 1 ? "" : "s"}`;
}
