// Starts the inspector: with sample users on a laptop, with sign-in elsewhere.

import "../web/src/index.js";

import { setText, setVisible } from "../web/src/dom.js";

import { App } from "./app.js";
import { $ } from "./page.js";
import { OidcSession, WorkshopSession } from "./session.js";

/** @import { Config } from "./session.js" */

async function start() {
  const response = await fetch(new URL("inspector/config.json", location.href));
  /** @type {unknown} */
  const body = await response.json();
  const config = /** @type {Config} */ (body);
  setVisible($("stage"), config.stage !== "aws");
  setText($("stage"), config.stage === "local" ? "laptop" : config.stage);
  if (config.workshopUrl) {
    const session = new WorkshopSession(config.workshopUrl);
    await session.start();
    await new App(config, session).load();
  } else {
    await startWithIssuer(config);
  }
}

/** @param {Config} config */
async function startWithIssuer(config) {
  const session = new OidcSession(config, {
    onEnd: () =>
      app.showSignedOut("Your session has ended. Sign in again to continue."),
  });
  const app = new App(config, session);
  $("sign-in").addEventListener("click", () => void session.signIn());
  let signedIn = false;
  let reason = "";
  try {
    signedIn = await session.start();
  } catch {
    reason = "Sign-in failed. Try again.";
  }
  if (signedIn) await app.load();
  else app.showSignedOut(reason);
}

start().catch(() => {
  setVisible($("banner"), true);
  setText($("banner"), "Cannot reach the service. Retrying …");
  setTimeout(() => location.reload(), 5_000);
});
