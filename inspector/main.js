// Starts the page, for a sample user of the laptop or whoever signs in.

import { App } from "./app.js";
import { $, setText, setVisible } from "./dom.js";
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
      app.showSignedOut("Your session has ended. Sign in again to go on watching."),
  });
  const app = new App(config, session);
  $("sign-in").addEventListener("click", () => void session.signIn());
  let signedIn = false;
  let reason = "";
  try {
    signedIn = await session.start();
  } catch {
    reason = "Signing in did not work. Try again.";
  }
  if (signedIn) await app.load();
  else app.showSignedOut(reason);
}

start().catch(() => {
  setVisible($("banner"), true);
  setText($("banner"), "The page cannot reach its service. Trying again …");
  setTimeout(() => location.reload(), 5_000);
});
