import assert from "node:assert/strict";
import { test } from "node:test";

import { formatBytes, formatDuration, plural } from "../../../inspector/english.js";

test("only one is singular", () => {
  assert.equal(plural(0, "row"), "0 rows");
  assert.equal(plural(1, "row"), "1 row");
  assert.equal(plural(12_345, "row"), "12,345 rows");
});

test("sizes have three digits and a decimal unit", () => {
  assert.equal(formatBytes(0), "0 bytes");
  assert.equal(formatBytes(999), "999 bytes");
  assert.equal(formatBytes(1_000), "1.00 kB");
  assert.equal(formatBytes(32_650), "32.7 kB");
  assert.equal(formatBytes(999_600), "1,000 kB");
  assert.equal(formatBytes(4e15), "4,000 TB");
});

test("durations lose detail as they grow", () => {
  assert.equal(formatDuration(-0.2), "0.0 s");
  assert.equal(formatDuration(9.94), "9.9 s");
  assert.equal(formatDuration(59.6), "1 min 00 s");
  assert.equal(formatDuration(3_599.4), "59 min 59 s");
  assert.equal(formatDuration(7_260), "2 h 1 min");
});
