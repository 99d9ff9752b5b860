// Formats numbers, sizes and times.

const UNITS = ["kB", "MB", "GB", "TB"];
/** In seconds. @type {[Intl.RelativeTimeFormatUnit, number][]} */
const AGE_UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const ages = new Intl.RelativeTimeFormat("en-GB");
const numbers = new Intl.NumberFormat("en-GB");
const threeDigits = new Intl.NumberFormat("en-GB", {
  minimumSignificantDigits: 3,
  maximumSignificantDigits: 3,
});

/** @param {number} n */
export const formatCount = (n) => numbers.format(n);

/**
 * @param {number} n
 * @param {string} word
 */
export function plural(n, word) {
  return `${formatCount(n)} ${word}${n === 1 ? "" : "s"}`;
}

/** @param {number} bytes */
export function formatBytes(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${threeDigits.format(value)} ${UNITS[unit]}`;
}

/** @param {number} seconds */
export function formatDuration(seconds) {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  if (hours) return `${hours} h ${minutes} min`;
  return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** @param {number} seconds */
export function formatAge(seconds) {
  for (const [unit, length] of AGE_UNITS) {
    if (seconds >= length) return ages.format(-Math.floor(seconds / length), unit);
  }
  return "just now";
}

/**
 * A time in the viewer's zone: of today the clock, of other days the date too.
 * @param {string} iso
 */
export function formatTime(iso) {
  const date = new Date(iso);
  const now = new Date();
  if (now.toDateString() === date.toDateString()) {
    return date.toLocaleTimeString("en-GB", { timeStyle: "medium" });
  }
  return date.toLocaleString("en-GB", {
    day: "numeric",
    month: "short",
    year: now.getFullYear() === date.getFullYear() ? undefined : "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });
}
