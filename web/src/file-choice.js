// Format and preset of a file, and what a request says about them.

/** @import { FileFormat, Preset } from "./client.js" */

/**
 * What the API offers, and the viewer's time zone.
 * @typedef {object} About
 * @property {FileFormat[]} formats
 * @property {Preset[]} presets
 * @property {string} timeZone
 */

export const PLAIN_FORMAT = "csv";
// The only preset whose times are in UTC.
const PLAIN_PRESET = "rfc4180";

/**
 * @param {{format: string, preset: string}} choice
 * @param {About} about
 * @param {boolean} hasTimes whether the request has times without a zone
 */
export function fileOptions(
  { format, preset },
  { formats, presets, timeZone },
  hasTimes,
) {
  /** @type {{format?: string, preset?: string, timeZone?: string}} */
  const options = {};
  if (format !== PLAIN_FORMAT) options.format = format;
  const hasPresets = formats.some((f) => f.name === format && f.presets.length);
  if (hasPresets && preset !== usualPreset(presets)) options.preset = preset;
  const isLocal = hasPresets && preset !== PLAIN_PRESET;
  if ((hasTimes || isLocal) && timeZone !== "UTC") options.timeZone = timeZone;
  return options;
}

/** @param {Preset[]} presets */
export function usualPreset(presets) {
  return presets.find(({ isDefault }) => isDefault)?.name ?? PLAIN_PRESET;
}
