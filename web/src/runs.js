// Which runs are active, which one to show first, and who may do what.

/** @import { Role, Run } from "./client.js" */

/** @type {Role[]} */
const RANKS = ["viewer", "member", "admin", "owner"];

/**
 * @param {Role | undefined} role
 * @param {Role} needed
 */
export function isAtLeast(role, needed) {
  return role !== undefined && RANKS.indexOf(role) >= RANKS.indexOf(needed);
}

/** @param {Run | undefined} run */
export function isActive(run) {
  return run?.status === "queued" || run?.status === "running";
}

/**
 * The run to show when none is named: the user's active run, any other active run, or
 * the newest of today. Days are UTC, as they are for the API.
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

/** @param {Run} run */
export function quartersDone({ pagesDone, pagesTotal }) {
  return pagesTotal ? Math.floor((4 * pagesDone) / pagesTotal) : 0;
}

/**
 * @param {Run} run
 * @param {object} viewer
 * @param {string} viewer.userId
 * @param {Role | undefined} viewer.role
 * @param {number} viewer.now in milliseconds
 */
export function actionsOf(run, { userId, role, now }) {
  const mayAct = isAtLeast(role, run.requestedBy === userId ? "member" : "admin");
  const expired = run.expiresAt !== null && Date.parse(run.expiresAt) < now;
  const completed = run.status === "completed";
  return {
    download: completed && !expired,
    again: completed && isAtLeast(role, "member"),
    cancel: mayAct && isActive(run),
    retry: mayAct && (run.status === "failed" || run.status === "cancelled"),
  };
}
