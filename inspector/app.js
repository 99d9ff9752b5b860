// The inspector: which user, which organisation, which run.

import { Api } from "./api.js";
import { $, setText, setVisible } from "./dom.js";
import { ExportButtons } from "./export-buttons.js";
import { Graph } from "./graph.js";
import { drawHeader } from "./header.js";
import { auditLog, recentExports } from "./lists.js";
import { Mailbox } from "./mailbox.js";
import { ExportOptions } from "./options.js";
import { untilAvailable } from "./poll.js";
import { Problem, explain } from "./problems.js";
import { RunPanel } from "./run.js";
import { currentRun, isActive } from "./runs.js";
import { WorkshopSession } from "./session.js";
import { parseRunId, queryFor, readQuery } from "./urls.js";
import { FOREIGN, NO_ORGANIZATION, pageTitle } from "./words.js";
import { Workshop } from "./workshop.js";

/** @import { Me, Run } from "./api.js" */
/** @import { Config, OidcSession } from "./session.js" */

export class App {
  /** @type {Me} */
  me = { userId: "", name: "", memberships: [] };
  /** The id of the organisation that is shown; empty for a user without one. */
  organization = "";
  #panel;
  #graph;
  #exportButtons;
  #recent;
  #audit;
  /** @type {Mailbox | undefined} */
  #mailbox;
  /** Whether a run was chosen, by the user or for them. */
  #chosen = false;
  /** The URL's query, as it is shown. */
  #query = "";

  /**
   * @param {Config} config
   * @param {WorkshopSession | OidcSession} session
   */
  constructor(config, session) {
    this.config = config;
    this.session = session;
    this.api = new Api(session);
    this.#panel = new RunPanel(this);
    this.#graph = new Graph(this);
    this.options = new ExportOptions(this);
    this.#exportButtons = new ExportButtons(this);
    this.#recent = recentExports(this, (runs) => this.#chooseRun(runs));
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
    return this.#panel.runId;
  }

  get run() {
    return this.#panel.run;
  }

  /** Show what the signed-in user may see. */
  async load() {
    this.#panel.close();
    this.#graph.open(undefined);
    this.notify("");
    this.api.forget();
    try {
      this.me = await untilAvailable(
        () => this.api.me(),
        () => this.showBanner("Cannot reach the service. Retrying …"),
      );
    } catch (error) {
      this.showSignedOut(explain(error));
      return;
    }
    this.showBanner("");
    setVisible($("welcome"), false);
    setVisible($("dashboard"), true);
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
    this.notify("");
    this.#show(runId);
  }

  /**
   * Say something to screen readers.
   * @param {string} text
   */
  announce(text) {
    setText($("announcer"), text);
  }

  /**
   * Tell the user the result of an action.
   * @param {string} text
   * @param {"good" | "bad"} [kind]
   */
  notify(text, kind = "good") {
    const element = $("notice");
    element.dataset.kind = kind;
    setText(element, text);
  }

  /** @param {string} text */
  showBanner(text) {
    setVisible($("banner"), text !== "");
    setText($("banner"), text);
  }

  /** Draw again what depends on the options and on the labels of datasets. */
  optionsChanged() {
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
    this.#graph.setPages(run);
    if (
      before &&
      (before.status !== run.status || before.attemptCount !== run.attemptCount)
    ) {
      this.#graph.refresh();
      this.refreshLists();
      // "Export accepted" is out of date.
      if (!isActive(run)) this.notify("");
    }
    document.title = pageTitle(run);
  }

  /**
   * The open run cannot be shown.
   * @param {unknown} error
   */
  runFailed(error) {
    this.#graph.open(undefined);
    if (error instanceof Problem && error.code === "UNAUTHENTICATED") {
      this.showSignedOut(explain(error));
    }
  }

  showSignedOut(reason = "") {
    this.#panel.close();
    this.#graph.open(undefined);
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
    this.#exportButtons.draw();
    void this.options.load();
    setVisible($("dashboard"), this.organization !== "");
    if (this.organization === "") {
      this.showBanner(NO_ORGANIZATION);
      return;
    }
    this.showBanner(isForeign ? FOREIGN : "");
    this.#chosen = false;
    this.#show(isForeign ? null : run);
    this.#recent.restart();
    this.#audit.restart();
    this.#mailbox?.refresh();
  }

  /** @param {string | null} id what the URL or the API calls the run; null for none */
  #show(id) {
    this.#chosen ||= id !== null;
    const runId = id === null ? undefined : parseRunId(id);
    this.#panel.open(runId);
    this.#graph.open(runId);
    if (id !== null && runId === undefined) this.#panel.showNotFound();
    this.#recent.redraw();
  }

  /**
   * Show a run when the URL names none.
   * @param {Run[]} runs newest first
   */
  #chooseRun(runs) {
    if (this.#chosen) return;
    this.#chosen = true;
    const run = currentRun(runs, this.me.userId, this.api.now());
    if (run) this.#show(run.runId);
  }
}
