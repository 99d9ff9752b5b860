// The element's own options: dataset, format and dialect, where there are several.

import { fill, h } from "./dom.js";

/** @import { State, Wanted } from "./state.js" */
/** @import { Speaker } from "./texts.js" */

/**
 * @typedef {object} Chooser
 * @property {(wanted: Wanted) => void} choose
 */

/**
 * @param {HTMLElement} place
 * @param {Speaker} speaker
 * @param {State} state
 * @param {Chooser} chooser
 */
export function drawChoices(place, speaker, state, { choose }) {
  const { datasets, dataset, about, format, preset } = state;
  const key = [speaker.language, datasets, about, dataset?.name, format, preset];
  const root = /** @type {ShadowRoot} */ (place.getRootNode());
  const focused = root.activeElement?.id;
  fill(place, JSON.stringify(key), () => {
    if (!dataset) return [];
    const formats = about.formats.filter(({ name }) => dataset.formats.includes(name));
    const shown = formats.find(({ name }) => name === format);
    const presets = shown?.presets.length ? about.presets : [];
    return [
      choice("dataset", speaker.say("dataset"), datasets, dataset.name, (value) =>
        choose({ dataset: value }),
      ),
      choice("format", speaker.say("format"), formats, format, (value) =>
        choose({ format: value }),
      ),
      choice("preset", speaker.say("preset"), presets, preset, (value) =>
        choose({ preset: value }),
      ),
    ];
  });
  // The field that was changed is another element now.
  if (focused && root.activeElement?.id !== focused) {
    const again = place.querySelector(`#${focused}`);
    if (again instanceof HTMLElement) again.focus();
  }
}

/**
 * @param {string} name
 * @param {string} label
 * @param {{name: string, label: string}[]} options
 * @param {string} chosen
 * @param {(value: string) => void} take
 */
function choice(name, label, options, chosen, take) {
  const select = h(
    "select",
    { id: `choose-${name}`, part: "select" },
    options.map((each) => h("option", { value: each.name }, each.label)),
  );
  select.value = chosen;
  select.addEventListener("change", () => take(select.value));
  return h(
    "label",
    { part: "option", hidden: options.length < 2 },
    h("span", {}, label),
    select,
  );
}
