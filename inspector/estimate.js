// How large an export would be, in words.

import { formatBytes, formatCount, formatDuration, plural } from "./english.js";

/** @import { Estimate } from "./types.js" */

/** @param {Estimate} estimate */
export function estimateText({ rows, exact, pages, bytes, seconds }) {
  if (rows === 0) return "Nothing matches: there would be no file.";
  const about = exact ? "" : "About ";
  const count = exact ? plural(rows, "row") : `${formatCount(rows)} rows`;
  return `${about}${count}, ${plural(pages, "page")}, about ${formatBytes(bytes)} and ${formatDuration(Math.ceil(seconds))}.`;
}
