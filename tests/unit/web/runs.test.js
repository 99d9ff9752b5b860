import assert from "node:assert/strict";
import { test } from "node:test";

import { currentRun } from "../../../web/src/runs.js";

const NOON = Date.parse("2026-03-02T12:00:00Z");

function run(runId, status, requestedBy, requestedAt = "2026-03-02T08:00:00Z") {
  return { runId, status, requestedBy, requestedAt };
}

function chosen(...runs) {
  return currentRun(runs, "me", NOON)?.runId;
}

test("the user's own active run comes first", () => {
  const runs = [run("1", "queued", "you"), run("2", "running", "me")];
  assert.equal(chosen(...runs), "2");
});

test("any active run comes before one that has ended today", () => {
  const before = "2026-03-01T23:59:59Z";
  const runs = [run("1", "completed", "me"), run("2", "running", "you", before)];
  assert.equal(chosen(...runs), "2");
});

test("otherwise the newest run of the UTC day is shown", () => {
  const runs = [run("1", "failed", "you"), run("2", "completed", "me")];
  assert.equal(chosen(...runs), "1");
  assert.equal(chosen(run("1", "completed", "me", "2026-03-01T23:59:59Z")), undefined);
});
