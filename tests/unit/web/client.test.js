import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { ExportClient } from "../../../web/src/client.js";
import { Problem, Unavailable } from "../../../web/src/problems.js";

const REAL = globalThis.fetch;
const RUN = "01a21483-bbe1-770a-acc3-ed902e768ab5";

afterEach(() => {
  globalThis.fetch = REAL;
});

/** Answers requests one after the other, and returns them. */
function answering(...answers) {
  const requests = [];
  globalThis.fetch = (request) => {
    requests.push(request);
    const answer = answers.shift();
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve(answer);
  };
  return requests;
}

function json(body, { status = 200, ...headers } = {}) {
  return new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json", ...headers },
  });
}

function client(getToken = () => "good") {
  return new ExportClient({ baseUrl: "https://api.example/v1/", getToken });
}

test("a request carries the token, and no cookie", async () => {
  const requests = answering(json({ userId: "me" }));
  assert.deepEqual(await client().getMe(), { userId: "me" });
  assert.equal(requests[0].url, "https://api.example/v1/api/me");
  assert.equal(requests[0].headers.get("Authorization"), "Bearer good");
});

test("a refused token is renewed once, and the body sent again", async () => {
  const refusedTokens = [];
  const tokens = (refused) => {
    refusedTokens.push(refused);
    return refused ? "new" : "old";
  };
  const refusal = { code: "UNAUTHENTICATED", detail: "no" };
  const requests = answering(
    json(refusal, { status: 401 }),
    json({ runId: RUN }, { status: 202 }),
  );
  await client(tokens).startExport("org", { format: "csv.gz" });
  assert.deepEqual(refusedTokens, [undefined, "old"]);
  assert.equal(requests[1].headers.get("Authorization"), "Bearer new");
  assert.deepEqual(await requests[1].json(), { format: "csv.gz" });
});

test("a refused token that stays the same is a problem", async () => {
  const refusal = { code: "UNAUTHENTICATED", detail: "no" };
  const requests = answering(json(refusal, { status: 401 }));
  await assert.rejects(client().getMe(), { code: "UNAUTHENTICATED", status: 401 });
  assert.equal(requests.length, 1);
});

test("an unchanged run is the very same object", async () => {
  const requests = answering(
    json({ runId: RUN }, { ETag: '"1"' }),
    json(undefined, { status: 304 }),
    json({ runId: RUN, pagesDone: 1 }, { ETag: '"2"' }),
  );
  const api = client();
  const first = await api.getExport("org", RUN);
  assert.equal(await api.getExport("org", RUN), first);
  assert.equal(requests[1].headers.get("If-None-Match"), '"1"');
  assert.equal((await api.getExport("org", RUN)).pagesDone, 1);
});

test("no response, a busy API and a broken gateway can be tried again", async () => {
  const busy = json({ code: "TOO_MANY_REQUESTS" }, { status: 429 });
  const broken = new Response("<html>", { status: 502 });
  const strange = new Response("<html>", { status: 200 });
  for (const answer of [new TypeError("offline"), busy, broken, strange]) {
    answering(answer);
    await assert.rejects(client().getMe(), Unavailable);
  }
});

test("a busy API refuses an action, which nobody repeats unasked", async () => {
  answering(json({ code: "TOO_MANY_REQUESTS", detail: "slow" }, { status: 429 }));
  await assert.rejects(client().startExport("org"), Problem);
});

test("a token function that fails is an outage", async () => {
  const requests = answering();
  const failing = () => Promise.reject(new Error("sign-in is away"));
  await assert.rejects(client(failing).getMe(), Unavailable);
  assert.equal(requests.length, 0);
});

test("a value stays one segment of the path", async () => {
  const requests = answering(json({ datasets: [] }));
  await client().listDatasets("a/b?c");
  assert.ok(requests[0].url.includes("/organizations/a%2Fb%3Fc/datasets"));
  assert.throws(() => client().listDatasets(".."), RangeError);
  assert.throws(() => client().getExport("org", ""), RangeError);
});

test("a link that is no web address is not passed on", async () => {
  answering(json({ url: "javascript:alert(1)", filename: "x.csv" }));
  await assert.rejects(client().getDownloadLink("org", RUN), Unavailable);
});

test("the clock is the server's", async () => {
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  answering(json({ userId: "me" }, { Date: date }));
  const api = client();
  await api.getMe();
  assert.ok(api.now() > Date.now() + 3_500_000);
});
