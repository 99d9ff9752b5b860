import assert from "node:assert/strict";
import { test } from "node:test";

import {
  auditDetail,
  auditSentence,
  emailText,
  graphSummary,
} from "../../../inspector/words.js";

test("an audit record names its actor, unless the system acted", () => {
  const action = "export.things.cancelled";
  assert.equal(auditSentence({ action, actor: "bob" }), "bob cancelled an export");
  const completed = { action: "export.things.completed", actor: null };
  assert.equal(auditSentence(completed), "Export completed");
});

test("an unknown action is shown as it is", () => {
  assert.equal(auditSentence({ action: "a.b", actor: "bob" }), "bob a.b");
});

test("an audit record says how the e-mail ended where it was not sent", () => {
  const payload = { rowCount: 1, pages: 2, bytes: 3, emailSuppressed: false };
  assert.equal(auditDetail({ payload }), "1 row · 2 pages");
  const suppressed = { ...payload, emailSuppressed: true };
  assert.equal(
    auditDetail({ payload: suppressed }),
    "1 row · 2 pages · e-mail suppressed",
  );
  const refused = { ...payload, email: "refused" };
  assert.equal(auditDetail({ payload: refused }), "1 row · 2 pages · e-mail refused");
});

test("an e-mail that was sent goes to its requester", () => {
  const run = { status: "completed", email: "sent" };
  assert.equal(emailText(run, { mine: true }), "sent to you");
  assert.equal(emailText(run, { mine: false }), "sent to the requester");
  assert.match(emailText({ ...run, email: "refused" }, { mine: true }), /^not sent/);
});

test("the graph names the attempt and how it goes", () => {
  const graph = { executionStatus: "RUNNING", attempt: 2, complete: false };
  assert.equal(
    graphSummary(graph, undefined),
    "attempt 2 is running · part of the history omitted",
  );
  const timedOut = { ...graph, executionStatus: "TIMED_OUT", complete: true };
  assert.equal(graphSummary(timedOut, undefined), "attempt 2 has timed out");
});
