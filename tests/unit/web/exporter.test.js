// What the element tells the page about a run, in which order.

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = Object.assign(new EventTarget(), { hidden: false });
const { Exporter } = await import("../../../web/src/exporter.js");

const RUN_ID = "00000000-0000-4000-8000-000000000001";
const ORGANIZATION = "org_a";

const run = (status, more = {}) => ({ runId: RUN_ID, status, request: {}, ...more });

/** Answers each request for the run when the test says so. */
function slowClient() {
  const waiting = [];
  return {
    waiting,
    now: () => Date.now(),
    getMe: async () => ({
      userId: "user_a",
      memberships: [{ organizationId: ORGANIZATION, role: "owner" }],
    }),
    listDatasets: async () => ({ datasets: [], formats: [], presets: [] }),
    getExport: () => new Promise((resolve) => waiting.push(resolve)),
    cancelExport: async () => {},
  };
}

async function openedExporter() {
  const client = slowClient();
  /** @type {string[]} */
  const events = [];
  const exporter = new Exporter({
    say: (key) => key,
    explain: String,
    draw: () => {},
    emit: (name, detail) => events.push(`${name} ${detail.run.status}`),
  });
  exporter.open(client, { organization: ORGANIZATION, runId: RUN_ID });
  await settled();
  return { client, events, exporter };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Lets the poll ask at once, as a tab that is looked at again does. */
async function askAgain() {
  globalThis.document.dispatchEvent(new Event("visibilitychange"));
  await settled();
}

test("a response that a newer one has overtaken changes nothing", async () => {
  const { client, events, exporter } = await openedExporter();
  client.waiting[0](run("running"));
  await settled();
  await askAgain();
  await askAgain();
  const [, overtaken, newest] = client.waiting;
  newest(run("cancelled"));
  await settled();
  overtaken(run("running"));
  await settled();
  exporter.close();
  assert.deepEqual(events, [
    "export-progress running",
    "export-progress cancelled",
    "export-cancelled cancelled",
  ]);
});

test("what arrives after the end of a run is no progress", async () => {
  const { client, events, exporter } = await openedExporter();
  client.waiting[0](run("running"));
  await settled();
  await askAgain();
  client.waiting[1](run("completed", { emailStatus: "pending" }));
  await settled();
  await askAgain();
  client.waiting[2](run("completed", { emailStatus: "delivered" }));
  await settled();
  assert.equal(exporter.state.run.emailStatus, "delivered");
  exporter.close();
  assert.deepEqual(events, [
    "export-progress running",
    "export-progress completed",
    "export-completed completed",
  ]);
});

test("a run that ended before the page was opened is shown as progress once", async () => {
  const { client, events, exporter } = await openedExporter();
  client.waiting[0](run("completed"));
  await settled();
  exporter.close();
  assert.deepEqual(events, ["export-progress completed"]);
});
