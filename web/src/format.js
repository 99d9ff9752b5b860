// Formats numbers, sizes and times in a language.

const UNITS = ["kB", "MB", "GB", "TB"];
/** In seconds. @type {[Intl.RelativeTimeFormatUnit, number][]} */
const AGE_UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** @param {string} locale */
export function formatsOf(locale) {
  const ages = new Intl.RelativeTimeFormat(locale);
  const numbers = new Intl.NumberFormat(locale);
  const tenths = new Intl.NumberFormat(locale, {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  const threeDigits = new Intl.NumberFormat(locale, {
    minimumSignificantDigits: 3,
    maximumSignificantDigits: 3,
  });

  /** @param {number} n */
  const count = (n) => numbers.format(n);

  /** @param {number} size in bytes */
  const bytes = (size) => {
    if (size < 1000) return `${size} bytes`;
    let value = size / 1000;
    let unit = 0;
    while (value >= 1000 && unit < UNITS.length - 1) {
      value /= 1000;
      unit += 1;
    }
    return `${threeDigits.format(value)} ${UNITS[unit]}`;
  };

  /** @param {number} seconds */
  const duration = (seconds) => {
    if (seconds < 10) return `${tenths.format(Math.max(0, seconds))} s`;
    const whole = Math.round(seconds);
    if (whole < 60) return `${whole} s`;
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor((whole % 3600) / 60);
    if (hours) return `${hours} h ${minutes} min`;
    return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
  };

  /**
   * Empty for less than a minute.
   * @param {number} seconds
   */
  const age = (seconds) => {
    for (const [unit, length] of AGE_UNITS) {
      if (seconds >= length) return ages.format(-Math.floor(seconds / length), unit);
    }
    return "";
  };

  /**
   * A time in the viewer's zone: of today the clock, of other days the date too.
   * @param {string} iso
   */
  const time = (iso) => {
    const date = new Date(iso);
    const today = new Date();
    if (today.toDateString() === date.toDateString()) {
      return date.toLocaleTimeString(locale, { timeStyle: "medium" });
    }
    return date.toLocaleString(locale, {
      day: "numeric",
      month: "short",
      year: today.getFullYear() === date.getFullYear() ? undefined : "numeric",
      hour: "2-digit",
      minute: "2-digit",
    });
  };

  return { count, bytes, duration, age, time };
}
