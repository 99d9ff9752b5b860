import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { apiTypes } from "../../../web/build.js";
import { ExportClient } from "../../../web/src/client.js";

const WEB = new URL("../../../web/", import.meta.url);

function read(name) {
  return readFile(new URL(name, WEB), "utf8");
}

test("element and client together are at most 20 kB gzipped", async () => {
  const bundle = gzipSync(await read("dist/invoice-export.js"), { level: 9 });
  assert.ok(bundle.length <= 20_000, `${bundle.length} bytes`);
  assert.ok(bundle.length > 5_000, "the bundle has lost its content");
});

test("the built types are those of docs/openapi.json", async () => {
  assert.equal(await read("dist/types/api.d.ts"), await apiTypes());
});

test("the client has a method for each operation of the API", async () => {
  const api = JSON.parse(await read("../docs/openapi.json"));
  const operations = Object.values(api.paths).flatMap((path) =>
    Object.values(path).map((operation) => operation.operationId),
  );
  const methods = Object.getOwnPropertyNames(ExportClient.prototype);
  assert.deepEqual(
    methods.filter((name) => !["constructor", "now"].includes(name)).sort(),
    operations.sort(),
  );
});

test("the package contains what its exports name", async () => {
  const { exports } = JSON.parse(await read("package.json"));
  for (const entry of Object.values(exports)) {
    assert.ok((await read(entry.types)).length > 0);
    assert.ok((await read(entry.default)).length > 0);
  }
});
