import assert from "node:assert/strict";
import { test } from "node:test";

import { bodyOf, choiceFrom, dayAfter, describe } from "../../../inspector/choice.js";

const things = {
  name: "things",
  label: "Things",
  isDefault: true,
  formats: ["csv", "csv.gz", "xlsx"],
  presets: ["rfc4180", "excel"],
  columns: [
    { name: "id", label: "Id", kind: "plain", default: true },
    { name: "name", label: "Name", kind: "text", default: true },
    { name: "note", label: "Note", kind: "text", default: false },
  ],
  filters: [
    { name: "state", label: "State", kind: "choice", choices: ["new", "old"] },
    { name: "price", label: "Price", kind: "number", choices: [] },
    { name: "madeAt", label: "Made", kind: "time", choices: [] },
    { name: "dueOn", label: "Due", kind: "date", choices: [] },
    { name: "name", label: "Name", kind: "text", choices: [] },
    { name: "sold", label: "Sold", kind: "boolean", choices: [] },
  ],
};
const presets = [
  { name: "rfc4180", label: "Programs", about: "Commas", isDefault: true },
  { name: "excel", label: "Spreadsheets", about: "Semicolons", isDefault: false },
];
const formats = [
  { name: "csv", label: "CSV", about: "For all", presets: ["rfc4180", "excel"] },
  { name: "csv.gz", label: "Packed", about: "For many", presets: ["rfc4180", "excel"] },
  { name: "xlsx", label: "Workbook", about: "For some", presets: [] },
];
const seenFrom = (timeZone) => ({ formats, presets, timeZone });
const others = { ...things, name: "others", isDefault: false };

test("an untouched form makes the plain request", () => {
  assert.equal(
    bodyOf(things, choiceFrom(things, presets), seenFrom("Europe/Berlin")),
    undefined,
  );
  assert.deepEqual(bodyOf(others, choiceFrom(others, presets), seenFrom("UTC")), {
    dataset: "others",
  });
});

test("a request comes back from the form as it went in", () => {
  const body = {
    columns: ["note", "id"],
    filters: {
      state: { in: ["old"] },
      price: { min: "1.50", max: "9" },
      madeAt: { from: "2025-01-01", to: "2025-02-01" },
      dueOn: { to: "2025-03-01" },
      name: { startsWith: "A" },
      sold: { is: false },
    },
    timeZone: "Europe/Berlin",
    format: "csv.gz",
    consistency: "snapshot",
  };
  assert.deepEqual(
    bodyOf(things, choiceFrom(things, presets, body), seenFrom("Europe/Berlin")),
    body,
  );
});

test("the form's last day is included, so the request ends a day later", () => {
  const choice = choiceFrom(things, presets, {
    filters: { dueOn: { to: "2025-03-01" } },
  });
  assert.equal(choice.filters.dueOn.to, "2025-02-28");
  assert.equal(dayAfter("2024-02-28"), "2024-02-29");
});

test("the viewer's zone matters for times only", () => {
  const body = { filters: { dueOn: { from: "2025-03-01" } } };
  assert.deepEqual(
    bodyOf(things, choiceFrom(things, presets, body), seenFrom("Asia/Tokyo")),
    body,
  );
});

test("a preset is asked for where the format has one", () => {
  const choice = choiceFrom(things, presets, { preset: "excel" });
  assert.deepEqual(bodyOf(things, choice, seenFrom("Asia/Tokyo")), {
    preset: "excel",
    timeZone: "Asia/Tokyo",
  });
  choice.format = "xlsx";
  assert.deepEqual(bodyOf(things, choice, seenFrom("Asia/Tokyo")), { format: "xlsx" });
});

test("the deployment's own preset goes without saying", () => {
  const excelFirst = presets.map((each) => ({
    ...each,
    isDefault: each.name === "excel",
  }));
  const about = { formats, presets: excelFirst, timeZone: "UTC" };
  const choice = choiceFrom(things, excelFirst);
  assert.equal(choice.preset, "excel");
  assert.equal(bodyOf(things, choice, about), undefined);
  choice.preset = "rfc4180";
  assert.deepEqual(bodyOf(things, choice, about), { preset: "rfc4180" });
});

test("what a dataset no longer has is left out", () => {
  const body = {
    columns: ["gone", "name"],
    filters: { gone: { is: true }, state: { in: ["gone", "new"] } },
    format: "gone",
  };
  assert.deepEqual(bodyOf(things, choiceFrom(things, presets, body), seenFrom("UTC")), {
    columns: ["name"],
    filters: { state: { in: ["new"] } },
  });
  assert.equal(
    bodyOf(things, choiceFrom(things, presets, { columns: ["gone"] }), seenFrom("UTC")),
    undefined,
  );
});

test("empty fields set no condition", () => {
  const choice = choiceFrom(things, presets);
  choice.filters = { state: { in: [] }, price: { min: "" }, sold: { is: "" } };
  assert.equal(bodyOf(things, choice, seenFrom("UTC")), undefined);
});

test("a request reads as a sentence of labels", () => {
  const body = {
    columns: ["id", "name"],
    filters: {
      state: { in: ["new", "old"] },
      madeAt: { to: "2025-02-01", from: "2025-01-01" },
      price: { min: "1" },
      name: { equals: "A" },
      sold: { is: true },
    },
    format: "csv.gz",
    consistency: "snapshot",
  };
  assert.equal(
    describe(body, things),
    "state new or old · price at least 1 · made from 2025-01-01 until 2025-01-31" +
      " · name is “A” · sold yes · 2 columns · csv.gz · as of one moment",
  );
  assert.equal(
    describe({ filters: { x: { to: "2025-01-01T10:00:00Z" } } }, undefined),
    "x before 2025-01-01T10:00:00Z",
  );
  assert.equal(describe({}, things), "");
});
