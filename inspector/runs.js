// Which runs are active, and which one to show first.

/** @import { Run } from "./api.js" */

/** @param {Run | undefined} run */
export function isActive(run) {
  return run?.status === "queued" || run?.status === "running";
}

/**
 * The run to show when the URL names none: the user's active run, any other active run,
 * or the newest of today. Days are UTC, as they are for the API.
 * @param {Run[]} runs newest first
 * @param {string} userId
 * @param {number} now in milliseconds
 */
export function currentRun(runs, userId, now) {
  const today = new Date(now).toISOString().slice(0, 10);
  const active = runs.filter(isActive);
  return (
    active.find((run) => run.requestedBy === userId) ??
    active[0] ??
    runs.find((run) => run.requestedAt.startsWith(today))
  );
}
