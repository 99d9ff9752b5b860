import assert from "node:assert/strict";
import { test } from "node:test";

import { path } from "../../../inspector/urls.js";

test("a value is one path segment, whatever it contains", () => {
  for (const value of ["../audit-logs", "a/b", "a?b", "a#b", "a%2Fb", "a\\b", "Ä b"]) {
    const url = new URL(path`exports/${value}/graph`, "https://app.example/api/");
    const [, , , segment, ...rest] = url.pathname.split("/");
    assert.equal(decodeURIComponent(segment), value);
    assert.deepEqual(rest, ["graph"]);
    assert.equal(url.search + url.hash, "");
  }
});

test("a segment that a URL parser would remove is refused", () => {
  for (const value of ["", ".", ".."]) {
    assert.throws(() => path`exports/${value}`, RangeError);
  }
});
