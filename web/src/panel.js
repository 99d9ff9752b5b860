// The element's nodes: built once, with a part for each thing that a page may style.

import { h } from "./dom.js";

/** @typedef {ReturnType<typeof buildPanel>} Panel */

const FACTS = /** @type {const} */ (["rows", "size", "elapsed", "email", "until"]);

export function buildPanel() {
  const start = button("export", "button start", "export-refusal");
  const refusal = h("p", { id: "export-refusal", part: "refusal", className: "quiet" });
  const options = h("div", { id: "choices", part: "options", className: "options" });
  const notice = h("div", { id: "notice", part: "notice", role: "status" });
  const announcer = h("p", { id: "announcer", className: "unseen", role: "status" });

  const status = h("span", { id: "run-status", part: "status", className: "pill" });
  const about = h("span", { id: "run-summary", part: "summary", className: "summary" });
  const stale = h("span", { id: "run-stale", part: "stale", hidden: true });
  const fill = h("div", { part: "fill", className: "fill" });
  const bar = h(
    "div",
    {
      id: "run-bar",
      part: "bar",
      className: "bar",
      role: "progressbar",
      "aria-valuemin": 0,
    },
    fill,
  );
  const pages = h("span", { id: "run-pages" });
  const left = h("span", { id: "run-left" });
  const facts = Object.fromEntries(
    FACTS.map((name) => [
      name,
      { term: h("dt"), value: h("dd", { id: `run-${name}` }) },
    ]),
  );
  const actions = {
    download: button("download", "button download"),
    retry: button("retry", "button retry"),
    cancel: button("cancel", "button cancel"),
    again: button("export-again", "button again", "run-age"),
  };
  const age = h("span", { id: "run-age", className: "quiet" });
  const again = h("div", { className: "again", hidden: true }, age, actions.again);

  const run = h(
    "div",
    {
      id: "run",
      part: "run",
      className: "run",
      role: "group",
      tabIndex: -1,
      "aria-labelledby": "run-status run-summary",
    },
    h("div", { className: "run-line" }, status, about, stale),
    slot("about"),
    bar,
    h("div", { className: "under-bar" }, pages, left),
    h(
      "dl",
      { part: "facts", className: "facts" },
      Object.values(facts).map(({ term, value }) => h("div", {}, term, value)),
    ),
    h(
      "div",
      { part: "actions", className: "actions" },
      actions.download,
      actions.retry,
      actions.cancel,
      slot("actions"),
      again,
    ),
    slot("details"),
  );
  const base = h(
    "div",
    { part: "base", className: "base" },
    h("div", { part: "head", className: "head" }, slot("heading"), start),
    refusal,
    slot("options", options),
    notice,
    run,
    announcer,
  );
  return {
    ...{ base, start, refusal, options, notice, announcer, run, status, about, stale },
    ...{ bar, fill, pages, left, facts, actions, again, age },
  };
}

/**
 * @param {string} id
 * @param {string} part
 * @param {string} [described]
 */
function button(id, part, described) {
  return h("button", { id, part, type: "button", "aria-describedby": described });
}

/**
 * @param {string} name
 * @param {...HTMLElement} children shown while the page fills the slot with nothing
 */
function slot(name, ...children) {
  return h("slot", { name }, ...children);
}
