import assert from "node:assert/strict";
import { test } from "node:test";

import { bodyOf, choiceFrom, dayAfter, describe } from "../../../inspector/choice.js";

const things = {
  name: "things",
  label: "Things",
  isDefault: true,
  formats: ["csv", "csv.gz"],
  presets: [],
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
const others = { ...things, name: "others", isDefault: false };

test("an untouched form makes the plain request", () => {
  assert.equal(bodyOf(things, choiceFrom(things), "Europe/Berlin"), undefined);
  assert.deepEqual(bodyOf(others, choiceFrom(others), "UTC"), { dataset: "others" });
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
  assert.deepEqual(bodyOf(things, choiceFrom(things, body), "Europe/Berlin"), body);
});

test("the form's last day is included, so the request ends a day later", () => {
  const choice = choiceFrom(things, { filters: { dueOn: { to: "2025-03-01" } } });
  assert.equal(choice.filters.dueOn.to, "2025-02-28");
  assert.equal(dayAfter("2024-02-28"), "2024-02-29");
});

test("the viewer's zone matters for times only", () => {
  const body = { filters: { dueOn: { from: "2025-03-01" } } };
  assert.deepEqual(bodyOf(things, choiceFrom(things, body), "Asia/Tokyo"), body);
});

test("what a dataset no longer has is left out", () => {
  const body = {
    columns: ["gone", "name"],
    filters: { gone: { is: true }, state: { in: ["gone", "new"] } },
    format: "gone",
  };
  assert.deepEqual(bodyOf(things, choiceFrom(things, body), "UTC"), {
    columns: ["name"],
    filters: { state: { in: ["new"] } },
  });
  assert.equal(
    bodyOf(things, choiceFrom(things, { columns: ["gone"] }), "UTC"),
    undefined,
  );
});

test("empty fields set no condition", () => {
  const choice = choiceFrom(things);
  choice.filters = { state: { in: [] }, price: { min: "" }, sold: { is: "" } };
  assert.equal(bodyOf(things, choice, "UTC"), undefined);
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
