// The element's own options: dataset and format, where there are several.

import { fill, h } from "./dom.js";

/** @import { Speaker } from "./texts.js" */
/** @import { State } from "./state.js" */

/**
 * @param {HTMLElement} place
 * @param {Speaker} speaker
 * @param {State} state
 * @param {object} listeners
 * @param {(name: string) => void} listeners.dataset
 * @param {(format: string) => void} listeners.format
 */
export function drawChoices(place, speaker, state, listeners) {
  const { datasets, dataset, format } = state;
  const key = JSON.stringify([speaker.language, datasets, dataset?.name, format]);
  const focused = place.querySelector(":focus")?.id;
  fill(place, key, () => {
    if (!dataset) return [];
    const names = datasets.map((each) => ({ value: each.name, text: each.label }));
    const formats = dataset.formats.map((value) => ({
      value,
      text: speaker.sayOr(`format ${value}`, value),
    }));
    return [
      choice("choose-dataset", speaker.say("dataset"), names, dataset.name, (value) =>
        listeners.dataset(value),
      ),
      choice("choose-format", speaker.say("format"), formats, format, (value) =>
        listeners.format(value),
      ),
    ];
  });
  const again = focused && place.querySelector(`#${focused}`);
  if (again instanceof HTMLElement && !again.matches(":focus")) again.focus();
}

/**
 * @param {string} id
 * @param {string} label
 * @param {{value: string, text: string}[]} options
 * @param {string} chosen
 * @param {(value: string) => void} take
 */
function choice(id, label, options, chosen, take) {
  const select = h(
    "select",
    { id, part: "select" },
    options.map(({ value, text }) => h("option", { value }, text)),
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
