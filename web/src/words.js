// What the element says about a run.

import { isActive } from "./runs.js";

/** @import { Run } from "./client.js" */
/** @import { Speaker } from "./texts.js" */

/**
 * @param {Speaker} speaker
 * @param {Run} run
 */
export function aboutRun(speaker, run) {
  switch (run.status) {
    case "queued":
      return run.queuePosition === 1
        ? speaker.say("aboutNext")
        : speaker.say("aboutQueued", { position: run.queuePosition ?? 0 });
    case "running":
      return speaker.say(stepOf(run));
    case "completed":
      return speaker.say("aboutCompleted", {
        count: run.rowCount ?? 0,
        size: speaker.formats.bytes(run.bytes ?? 0),
      });
    case "failed":
      return aboutFailure(speaker, run);
    case "cancelled":
      return speaker.say("aboutCancelled");
  }
}

/** @param {Run} run */
function stepOf({ pagesDone, pagesTotal }) {
  if (!pagesTotal) return "aboutPlanning";
  return pagesDone < pagesTotal ? "aboutWriting" : "aboutJoining";
}

/**
 * @param {Speaker} speaker
 * @param {Run} run
 */
function aboutFailure(speaker, { error }) {
  return (
    speaker.say(`failed ${error?.code}`) || error?.message || speaker.say("aboutFailed")
  );
}

/**
 * @param {Speaker} speaker
 * @param {Run | undefined} run
 */
export function pagesText(speaker, run) {
  if (run?.pagesTotal)
    return speaker.say("pages", { done: run.pagesDone, count: run.pagesTotal });
  return run?.status === "running" ? speaker.say("counting") : "";
}

/**
 * @param {Speaker} speaker
 * @param {Run} run
 * @param {{mine: boolean}} viewer
 */
export function emailText(speaker, run, { mine }) {
  if (run.email === "sent" && mine) return speaker.say("emailMine");
  if (run.email)
    return speaker.say(
      `email${run.email.charAt(0).toUpperCase()}${run.email.slice(1)}`,
    );
  return speaker.say(isActive(run) ? "emailWhenReady" : "emailNone");
}

/**
 * What screen readers announce when the run makes progress.
 * @param {Speaker} speaker
 * @param {Run} run
 */
export function announcement(speaker, run) {
  if (run.status === "running" && run.pagesTotal && run.pagesDone) {
    const values = { done: run.pagesDone, total: run.pagesTotal };
    return speaker.say("announcePages", values);
  }
  const status = speaker.say(run.status).toLocaleLowerCase(speaker.language);
  return speaker.say("announce", { status, about: aboutRun(speaker, run) });
}
