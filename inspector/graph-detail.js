// The text beside the graph: details of a state, or the legend.

import { h } from "../web/src/dom.js";

import { formatCount, formatDuration, plural } from "./english.js";
import { timeElement } from "./page.js";
import { STATE, STATE_ICON, STATE_TYPE, secondsSpent } from "./words.js";

/** @import { GraphState, RunGraph } from "./types.js" */
/** @import { Child } from "../web/src/dom.js" */

/**
 * @param {RunGraph} graph
 * @param {string | null} consoleUrl
 */
export function legend({ executionArn }, consoleUrl) {
  const entries = Object.entries(STATE).map(([status, word]) => {
    const icon = STATE_ICON[/** @type {GraphState["status"]} */ (status)];
    const mark = h("span", { className: "icon", "aria-hidden": "true" }, icon);
    return h("li", { "data-status": status }, mark, word);
  });
  return [
    h(
      "p",
      { className: "quiet" },
      "Choose a state to see what it does, how long it took and what went wrong.",
    ),
    h("ul", { className: "legend" }, entries),
    executionArn && [
      h(
        "p",
        { className: "quiet arn" },
        "Execution ",
        h("code", {}, executionArn.split(":").at(-1)),
      ),
      consoleUrl && consoleLink(consoleUrl + executionArn),
    ],
  ];
}

/** @param {string} href */
function consoleLink(href) {
  const props = { href, target: "_blank", rel: "noopener" };
  return h("p", {}, h("a", props, "Open in the Step Functions console"));
}

/** @param {GraphState} state */
export function describe(state) {
  return [
    h(
      "h3",
      {},
      `${state.name} `,
      h("span", { className: "quiet" }, STATE_TYPE[state.type] ?? state.type),
    ),
    state.comment && h("p", {}, state.comment),
    h(
      "dl",
      { className: "pairs" },
      facts(state).map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]),
    ),
    errors(state),
    retryRules(state),
  ];
}

/**
 * @param {GraphState} state
 * @returns {[string, Child][]}
 */
function facts(state) {
  const spent = secondsSpent(state);
  const across = state.parent ? " across all pages" : "";
  /** @type {[string, Child][]} */
  const all = [
    ["Status", STATE[state.status]],
    ["Entered", state.enteredAt && timeElement(state.enteredAt)],
    ["Duration", spent !== undefined && formatDuration(spent)],
    ["Attempts", state.attempts > 0 && `${formatCount(state.attempts)}${across}`],
    ["Failures", state.failures > 0 && formatCount(state.failures)],
    [
      "Timeout",
      state.timeoutSeconds !== null &&
        `${formatDuration(state.timeoutSeconds)} per attempt`,
    ],
  ];
  return all.filter(([, value]) => Boolean(value));
}

/** @param {GraphState} state */
function errors(state) {
  if (state.errors.length === 0) return undefined;
  return [
    h("h4", {}, "Errors"),
    h(
      "ul",
      { className: "errors" },
      state.errors.map(({ error, cause, at }) =>
        h(
          "li",
          {},
          h("code", {}, error),
          " ",
          timeElement(at),
          cause && h("span", { className: "quiet cause" }, cause),
        ),
      ),
    ),
  ];
}

/** @param {GraphState} state */
function retryRules(state) {
  if (state.retryRules.length === 0) return undefined;
  return h(
    "details",
    {},
    h("summary", {}, "Retries"),
    h(
      "ul",
      { className: "quiet rules" },
      state.retryRules.map((rule) =>
        h(
          "li",
          {},
          `${rule.errors.join(", ")}: up to ${plural(rule.maxAttempts, "time")}`,
        ),
      ),
    ),
  );
}
