// Puts the page together: who is here, which organisation, which run.

import { Api, Away } from "./api.js";
import { $, h, say, show } from "./dom.js";
import { Graph } from "./graph.js";
import { auditLog, recentExports } from "./lists.js";
import { RunPanel } from "./run.js";
import { OidcSession, WorkshopSession } from "./session.js";
import { explain, refusal } from "./words.js";
import { Mailbox, Workshop } from "./workshop.js";

const ACTIVE = new Set(["queued", "running"]);

class Desk {
  config;
  session;
  api;
  me;
  organization;
  #panel;
  #graph;
  #recent;
  #audit;
  #mailbox;
  #opened = false;

  async start() {
    this.config = await (
      await fetch(new URL("inspector/config.json", location.href))
    ).json();
    show($("stage"), this.config.stage !== "aws");
    say($("stage"), this.config.stage === "local" ? "laptop" : this.config.stage);
    this.session = this.config.workshopUrl
      ? new WorkshopSession(this.config)
      : new OidcSession(this.config, {
          onEnd: () =>
            this.#signedOut("Your session has ended. Sign in again to go on watching."),
        });
    $("sign-in").addEventListener("click", () => this.session.signIn());
    let known = false;
    try {
      known = await this.session.start();
    } catch (error) {
      if (this.config.workshopUrl) throw error;
      this.#banner("Signing in did not work. Try again.");
    }
    if (!known) return this.#signedOut();
    this.api = new Api(this.session);
    this.#panel = new RunPanel(this);
    this.#graph = new Graph(this);
    this.#recent = recentExports(this, (runs) => this.#pick(runs));
    this.#audit = auditLog(this);
    if (this.config.workshopUrl) {
      this.#mailbox = new Mailbox(this.config.workshopUrl);
      new Workshop(this);
    }
    $("export").addEventListener("click", () => this.#export());
    addEventListener("popstate", () => this.#followUrl());
    await this.enter();
  }

  get role() {
    return this.me?.memberships.find((m) => m.organizationId === this.organization)
      ?.role;
  }

  get runId() {
    return this.#panel.runId;
  }

  get active() {
    return ACTIVE.has(this.#panel.run?.status);
  }

  /** Sign in again as whoever the session says, and show what they may see. */
  async enter() {
    this.#panel.close();
    this.#graph.open(undefined);
    this.told("");
    this.api.forget();
    for (let wait = 1; ; wait = Math.min(30, wait * 2)) {
      try {
        this.me = await this.api.get("me");
        break;
      } catch (error) {
        if (!(error instanceof Away)) return this.#signedOut(explain(error));
        this.#banner("The service cannot be reached. Trying again …");
        await new Promise((resolve) => setTimeout(resolve, wait * 1000));
      }
    }
    this.#banner("");
    show($("welcome"), false);
    show($("desk"), true);
    this.#followUrl();
  }

  urlOf(runId) {
    return `?${new URLSearchParams({ organization: this.organization, run: runId })}`;
  }

  open(runId) {
    history.pushState(null, "", this.urlOf(runId));
    this.told("");
    this.#show(runId);
  }

  announce(text) {
    say($("announcer"), text);
  }

  told(text, kind = "good") {
    const element = $("told");
    element.dataset.kind = kind;
    say(element, text);
  }

  /** The run that is shown has changed: so have the lists. */
  changed(run, before) {
    this.#graph.count(run);
    if (
      before &&
      (before.status !== run.status || before.attemptCount !== run.attemptCount)
    ) {
      this.#graph.refresh();
      this.acted();
      // "Accepted" is no news any more.
      if (!this.active) this.told("");
    }
    document.title =
      ACTIVE.has(run.status) && run.pagesTotal
        ? `${run.pagesDone}/${run.pagesTotal} · Invoice export`
        : "Invoice export";
  }

  /** Something happened: lists are asked for at once. */
  acted() {
    this.#recent.refresh();
    this.#audit.refresh();
    this.#mailbox?.refresh();
  }

  /** The run cannot be shown: there is none, or nobody is signed in any more. */
  lost(error) {
    this.#graph.open(undefined);
    if (error.code === "UNAUTHENTICATED") this.#signedOut(explain(error));
  }

  #followUrl() {
    const asked = new URLSearchParams(location.search);
    const organizations = this.me.memberships.map((m) => m.organizationId);
    const wanted = asked.get("organization");
    this.organization = organizations.includes(wanted) ? wanted : organizations[0];
    this.#drawWho();
    const stranger = wanted && wanted !== this.organization;
    this.#banner(
      !this.organization
        ? "You are not a member of any organisation yet. Ask an owner to add you."
        : stranger
          ? "The link is about an organisation that you are not a member of, or that is not there. This is your own."
          : "",
    );
    if (!this.organization) return show($("desk"), false);
    this.#drawExport();
    this.#opened = false;
    this.#show(stranger ? undefined : (asked.get("run") ?? undefined));
    this.#recent.restart();
    this.#audit.restart();
    this.#mailbox?.refresh();
  }

  #show(runId) {
    this.#opened = Boolean(runId) || this.#opened;
    this.#panel.open(runId);
    this.#graph.open(runId);
    for (const link of document.querySelectorAll("#recent a")) {
      if (link.parentElement.dataset.key === runId)
        link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  /** With no run asked for, what goes on now or was exported today is shown. */
  #pick(runs) {
    if (this.#opened) return;
    this.#opened = true;
    const today = new Date().toISOString().slice(0, 10);
    const mine = (run) => run.requestedBy === this.me.userId;
    const fresh = runs.filter(
      (run) => ACTIVE.has(run.status) || run.requestedAt.startsWith(today),
    );
    const run =
      fresh.find((r) => ACTIVE.has(r.status) && mine(r)) ??
      fresh.find((r) => ACTIVE.has(r.status)) ??
      fresh[0];
    if (run) this.#show(run.runId);
  }

  async #export() {
    const button = $("export");
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    button.classList.add("busy");
    try {
      const { runId, deduplicated } = await this.api.post(
        `organizations/${this.organization}/exports`,
      );
      this.open(runId);
      this.told(
        deduplicated
          ? "This is today’s export, not a new one: you asked for it before."
          : "Accepted. You can leave this page; you get an e-mail when the file is ready.",
      );
      this.acted();
    } catch (error) {
      this.told(
        error instanceof Away
          ? "The service cannot be reached; nothing was lost. Press the button again in a moment: it never exports twice."
          : explain(error),
        "bad",
      );
    } finally {
      button.classList.remove("busy");
      this.#drawExport();
    }
  }

  #drawExport() {
    const why = refusal(this.role);
    $("export").setAttribute("aria-disabled", String(Boolean(why)));
    say($("export-why"), why);
    show($("export-why"), Boolean(why));
  }

  #drawWho() {
    const { memberships, name, userId } = this.me;
    const here = memberships.find((m) => m.organizationId === this.organization);
    const organizations =
      memberships.length > 1
        ? choice(
            "Organisation",
            this.organization,
            memberships.map((m) => [m.organizationId, m.organizationName]),
            (id) => {
              history.pushState(
                null,
                "",
                `?${new URLSearchParams({ organization: id })}`,
              );
              this.#followUrl();
            },
          )
        : h("span", { className: "org" }, here?.organizationName ?? "no organisation");
    const person = this.session.canSwitch
      ? choice(
          "Signed in as",
          userId,
          this.session.identities.map((i) => [
            i.userId,
            `${i.name} · ${i.organizationName}`,
          ]),
          (id) => {
            this.session.switchTo(id);
            history.pushState(null, "", location.pathname);
            this.enter();
          },
        )
      : [
          h("span", { className: "name" }, name),
          h(
            "button",
            { type: "button", onclick: () => this.session.signOut() },
            "Sign out",
          ),
        ];
    $("who").replaceChildren(
      ...[
        organizations,
        here && h("span", { className: "badge role" }, here.role),
        person,
      ]
        .flat()
        .filter(Boolean),
    );
  }

  #signedOut(text = "") {
    this.#panel?.close();
    this.#graph?.open(undefined);
    this.#recent?.stop();
    this.#audit?.stop();
    $("who").replaceChildren();
    show($("desk"), false);
    show($("welcome"), true);
    if (text) this.#banner(text);
  }

  #banner(text) {
    show($("banner"), Boolean(text));
    say($("banner"), text);
  }
}

function choice(label, value, options, chosen) {
  const select = h(
    "select",
    {},
    options.map(([id, text]) =>
      h("option", { value: id, selected: id === value }, text),
    ),
  );
  select.addEventListener("change", () => chosen(select.value));
  return h(
    "label",
    { className: "choice" },
    h("span", { className: "unseen" }, label),
    select,
  );
}

async function boot(wait = 1) {
  try {
    await new Desk().start();
  } catch {
    show($("banner"), true);
    say($("banner"), "The page cannot reach its service. Trying again …");
    setTimeout(() => location.reload(), Math.min(30, wait * 5) * 1000);
  }
}

boot();
