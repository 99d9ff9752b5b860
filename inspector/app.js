// The inspector: which user, which organisation, which run.

import { ExportClient } from "../web/src/client.js";
import { setText, setVisible } from "../web/src/dom.js";
import { untilAvailable } from "../web/src/poll.js";
import { Problem } from "../web/src/problems.js";

import { explain } from "./english.js";
import { Graph } from "./graph.js";
import { drawHeader } from "./header.js";
import { auditLog, recentExports } from "./lists.js";
import { Mailbox } from "./mailbox.js";
import { ExportOptions } from "./options.js";
import { $ } from "./page.js";
import { RunPanel } from "./run.js";
import { WorkshopSession } from "./session.js";
import { parseRunId, queryFor, readQuery } from "./urls.js";
import { FOREIGN, NO_ORGANIZATION, pageTitle } from "./words.js";
import { Workshop } from "./workshop.js";

/** @import { Me, Run } from "./types.js" */
/** @import { Config, OidcSession } from "./session.js" */
/** @import { RunId } from "./urls.js" */

export class App {
  /** @type {Me} */
  me = { userId: "", name: "", memberships: [] };
  /** The id of the organisation that is shown; empty for a user without one. */
  organization = "";
  #panel;
  #graph;
  #recent;
  #audit;
  /** @type {Mailbox | undefined} */
  #mailbox;
  /** @type {Promise<boolean> | undefined} */
  #renewal;
  /**
   * The run whose graph is open; empty for none, undefined before the first.
   * @type {string | undefined}
   */
  #graphOf;
  /** The URL's query, as it is shown. */
  #query = "";

  /**
   * @param {Config} config
   * @param {WorkshopSession | OidcSession} session
   */
  constructor(config, session) {
    this.config = config;
    this.session = session;
    this.api = this.#newClient();
    this.#panel = new RunPanel(this);
    this.#graph = new Graph(this);
    this.options = new ExportOptions(this);
    this.#recent = recentExports(this);
    this.#audit = auditLog(this);
    if (session instanceof WorkshopSession) {
      this.#mailbox = new Mailbox(session.url);
      new Workshop(this, session);
    }
    addEventListener("popstate", () => {
      // Moving to a fragment is an event too, but leads to nothing else.
      if (location.search !== this.#query) this.#followUrl();
    });
  }

  get role() {
    return this.me.memberships.find((m) => m.organizationId === this.organization)
      ?.role;
  }

  get runId() {
    return this.run?.runId;
  }

  get run() {
    return this.#panel.run;
  }

  /** Show what the signed-in user may see. */
  async load() {
    this.api = this.#newClient();
    try {
      this.me = await untilAvailable(
        () => this.api.getMe(),
        () => this.showBanner("Cannot reach the service. Retrying …"),
      );
    } catch (error) {
      this.showSignedOut(explain(error));
      return;
    }
    this.showBanner("");
    setVisible($("welcome"), false);
    setVisible($("dashboard"), true);
    this.#panel.use(this.api);
    this.#followUrl();
  }

  /** Start over, for another user or after a reset. */
  async restart() {
    this.#goTo(location.pathname);
    await this.load();
  }

  /** @param {string} organization */
  switchOrganization(organization) {
    this.#goTo(queryFor(organization));
    this.#followUrl();
  }

  /** @param {string} runId */
  urlOf(runId) {
    return queryFor(this.organization, runId);
  }

  /** @param {string} runId */
  open(runId) {
    this.#goTo(this.urlOf(runId));
    this.#show(runId);
  }

  /** @param {string} text */
  showBanner(text) {
    setVisible($("banner"), text !== "");
    setText($("banner"), text);
  }

  /** Draw again what depends on the options and on the labels of datasets. */
  optionsChanged() {
    this.#panel.request(this.options.body);
    this.#panel.redraw();
    this.#recent.redraw();
  }

  refreshLists() {
    this.#recent.refresh();
    this.#audit.refresh();
    this.#mailbox?.refresh();
  }

  /**
   * @param {Run} run
   * @param {Run | undefined} before
   */
  runChanged(run, before) {
    this.#openGraph(parseRunId(run.runId));
    this.#graph.setPages(run);
    if (!before) this.#recent.redraw();
    else if (before.status !== run.status || before.attemptCount !== run.attemptCount) {
      this.#graph.refresh();
      this.refreshLists();
    }
    document.title = pageTitle(run);
  }

  runClosed() {
    this.#openGraph(undefined);
    this.#recent.redraw();
  }

  /**
   * The open run cannot be shown.
   * @param {unknown} error
   */
  runFailed(error) {
    if (error instanceof Problem && error.code === "UNAUTHENTICATED") {
      this.showSignedOut(explain(error));
    }
  }

  showSignedOut(reason = "") {
    this.#panel.use(undefined);
    this.#recent.stop();
    this.#audit.stop();
    $("user").replaceChildren();
    setVisible($("dashboard"), false);
    setVisible($("welcome"), true);
    this.showBanner(reason);
  }

  /** @param {string} url */
  #goTo(url) {
    history.pushState(null, "", url);
    this.#query = location.search;
  }

  #followUrl() {
    this.#query = location.search;
    const { organization: wanted, run } = readQuery(this.#query);
    const organizations = this.me.memberships.map((m) => m.organizationId);
    const isForeign = wanted !== null && !organizations.includes(wanted);
    this.organization = (isForeign ? undefined : wanted) ?? organizations[0] ?? "";
    drawHeader(this);
    void this.options.load();
    setVisible($("dashboard"), this.organization !== "");
    if (this.organization === "") {
      this.showBanner(NO_ORGANIZATION);
      return;
    }
    this.showBanner(isForeign ? FOREIGN : "");
    this.#show(isForeign ? null : run);
    this.#recent.restart();
    this.#audit.restart();
    this.#mailbox?.refresh();
  }

  /** @param {string | null} id what the URL or the API calls the run; null for none */
  #show(id) {
    this.#panel.open(this.organization, id === null ? null : parseRunId(id));
    this.#recent.redraw();
  }

  /** @param {RunId | undefined} runId */
  #openGraph(runId) {
    if (this.#graphOf === (runId ?? "")) return;
    this.#graphOf = runId ?? "";
    this.#graph.open(runId);
  }

  #newClient() {
    return new ExportClient({
      // The inspector is served beside the API.
      baseUrl: new URL(".", location.href).href,
      getToken: (refused) => this.#token(refused),
    });
  }

  /** @param {string} [refused] */
  async #token(refused) {
    const token = await this.session.token();
    if (token !== refused) return token;
    // Several requests may be refused at once.
    this.#renewal ??= this.session.renew().finally(() => {
      this.#renewal = undefined;
    });
    return (await this.#renewal) ? this.session.token() : undefined;
  }
}
