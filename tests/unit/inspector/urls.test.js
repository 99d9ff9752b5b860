import assert from "node:assert/strict";
import { test } from "node:test";

import { parseRunId, path, queryFor, readQuery } from "../../../inspector/urls.js";

const RUN = "01a20c7e-de4f-7903-bda6-887bcf07d542";

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

test("a run id is a UUID in its usual form", () => {
  assert.equal(parseRunId(RUN), RUN);
  assert.equal(parseRunId(RUN.toUpperCase()), RUN);
});

test("nothing else is a run id", () => {
  const others = ["", ".", "..", "../audit-logs", "latest", RUN.replaceAll("-", "")];
  const extras = [
    "?x",
    "#x",
    "/graph",
    "%2Fgraph",
    "\\..",
    "\n",
    " ",
    `/../${RUN}`,
    "0",
  ];
  for (const text of [...others, ...extras.map((extra) => RUN + extra)]) {
    assert.equal(parseRunId(text), undefined, text);
  }
  assert.equal(parseRunId(` ${RUN}`), undefined);
  assert.equal(parseRunId(`{${RUN}}`), undefined);
});

test("a query is read as it was written", () => {
  const organization = "a&run=b +%#ü";
  assert.deepEqual(readQuery(queryFor(organization, RUN)), { organization, run: RUN });
  assert.deepEqual(readQuery(queryFor(organization)), { organization, run: null });
  assert.deepEqual(readQuery(""), { organization: null, run: null });
});
