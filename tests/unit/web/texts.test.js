import assert from "node:assert/strict";
import { test } from "node:test";

import { formatsOf } from "../../../web/src/format.js";
import { Problem, Unavailable } from "../../../web/src/problems.js";
import { de } from "../../../web/src/texts-de.js";
import { en } from "../../../web/src/texts-en.js";
import { Speaker } from "../../../web/src/texts.js";
import { aboutRun, announcement, emailText } from "../../../web/src/words.js";

const FROM_THE_API = /^failed /;

function marks(text) {
  return [...new Set(JSON.stringify(text).match(/\{\w+\}/g) ?? [])].sort();
}

test("German says all that English says, with the same values", () => {
  const said = Object.keys(en).filter(
    (key) => !FROM_THE_API.test(key) && key !== "noToken",
  );
  for (const key of said) {
    assert.ok(de[key], key);
    if (key !== "start") assert.deepEqual(marks(de[key]), marks(en[key]), key);
  }
  const extra = Object.keys(de).filter((key) => !(key in en));
  assert.deepEqual(
    extra.filter((key) => !FROM_THE_API.test(key)),
    [],
  );
});

test("a language that we lack is English", () => {
  assert.equal(new Speaker("xx-YY").say("cancel"), "Cancel");
  assert.equal(new Speaker("xx-YY").language, "en");
  assert.equal(new Speaker("de-AT").say("cancel"), "Abbrechen");
});

test("a page's own text replaces ours, and a mark without a value stays", () => {
  const speaker = new Speaker("en", { start: "Get {what} {now}" });
  assert.equal(speaker.say("start", { what: "bills" }), "Get bills {now}");
});

test("counts have plural and separators of the language", () => {
  const say = (locale, count) =>
    new Speaker(locale).say("aboutCompleted", { count, size: "1 kB" });
  assert.equal(say("en", 1), "1 row, 1 kB.");
  assert.equal(say("en", 12_345), "12,345 rows, 1 kB.");
  assert.equal(say("de", 12_345), "12.345 Zeilen, 1 kB.");
});

test("a failure is told in the page's language, or as the API tells it", () => {
  const failed = (code) => ({
    status: "failed",
    error: { code, message: "As it is." },
  });
  const german = new Speaker("de");
  assert.match(aboutRun(german, failed("EMPTY_RESULTSET")), /nichts zu exportieren/);
  assert.equal(aboutRun(german, failed("NEW_CODE")), "As it is.");
  assert.equal(aboutRun(new Speaker("en"), failed("EMPTY_RESULTSET")), "As it is.");
});

test("a refusal names the field, or the next step", () => {
  const speaker = new Speaker("en");
  const field = { field: "body.filters.total", message: "too large" };
  const refused = new Problem(422, { code: "INVALID", errors: [field] });
  assert.equal(speaker.explain(refused), "filters.total: too large");
  const unknown = new Problem(409, { code: "NEW_CODE", detail: "As it is." });
  assert.equal(speaker.explain(unknown), "As it is.");
  assert.match(speaker.explain(new Unavailable("x")), /Cannot reach/);
});

test("pages are announced once some are written", () => {
  const speaker = new Speaker("en");
  const run = { status: "running", pagesDone: 0, pagesTotal: 4 };
  assert.equal(announcement(speaker, run), "Export running. Writing the pages.");
  assert.equal(announcement(speaker, { ...run, pagesDone: 2 }), "2 of 4 pages written");
});

test("the requester reads that the e-mail went to them", () => {
  const speaker = new Speaker("en");
  const run = { status: "completed", email: "sent" };
  assert.equal(emailText(speaker, run, { mine: true }), "sent to you");
  assert.equal(emailText(speaker, run, { mine: false }), "sent to the requester");
});

test("sizes and durations are written as the language writes numbers", () => {
  const formats = formatsOf("de");
  assert.equal(formats.bytes(32_650), "32,7 kB");
  assert.equal(formats.duration(9.94), "9,9 s");
  assert.equal(formats.age(59), "");
  assert.equal(formats.age(3 * 3_600), "vor 3 Stunden");
});

test("an age is told in its largest unit, rounded down", () => {
  const formats = formatsOf("en-GB");
  assert.equal(formats.age(-3), "");
  assert.equal(formats.age(59), "");
  assert.equal(formats.age(60), "1 minute ago");
  assert.equal(formats.age(3 * 3_600 + 3_599), "3 hours ago");
  assert.equal(formats.age(23 * 3_600 + 3_599), "23 hours ago");
  assert.equal(formats.age(9 * 86_400), "9 days ago");
});
