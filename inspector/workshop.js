// On local stages only: the mailbox, and tools to make things happen.

import { Poll } from "./poll.js";
import { Away } from "./api.js";
import { $, fill, h, moment, reconcile, say, show } from "./dom.js";

const MAILS_MS = 4_000;

async function ask(url, method = "GET", { body, token } = {}) {
  let answer;
  try {
    answer = await fetch(url, {
      method,
      headers: {
        ...(body ? { "Content-Type": "application/json" } : {}),
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
      },
      body: body && JSON.stringify(body),
    });
  } catch (error) {
    throw new Away("The workshop cannot be reached: is the laptop stack up?", {
      cause: error,
    });
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.detail ?? `HTTP ${answer.status}`);
  return told;
}

export class Mailbox {
  #url;
  #poll;
  #chosen;

  constructor(url) {
    this.#url = url;
    show($("mailbox"), true);
    this.#poll = new Poll(() => this.#ask(), {
      failed: () => say($("mails-none"), "The mailbox cannot be read."),
    });
    this.#poll.now();
  }

  refresh() {
    this.#poll.now();
  }

  async #ask() {
    const { mails } = await ask(`${this.#url}/mails`);
    show($("mails-none"), !mails.length);
    say($("mails-none"), "No mail yet.");
    reconcile($("mails"), mails, {
      key: (mail) => mail.id,
      create: (mail) => {
        const button = h(
          "button",
          { type: "button", className: "row-link" },
          h(
            "span",
            { className: "row-main" },
            h("span", { className: "row-title" }, mail.subject),
            h("span", { className: "row-more quiet" }, `to ${mail.to.join(", ")}`),
          ),
          h("span", { className: "row-side quiet" }, moment(mail.at)),
        );
        button.addEventListener("click", () => this.#open(mail));
        return h("li", {}, button);
      },
      update: (element, mail) =>
        element.firstElementChild.setAttribute(
          "aria-expanded",
          String(mail.id === this.#chosen),
        ),
    });
    if (!this.#chosen && mails.length) this.#open(mails[0]);
    return MAILS_MS;
  }

  #open(mail) {
    this.#chosen = mail.id;
    // The mail's HTML comes from an address of its own, in a frame that may do nothing.
    fill($("mail"), mail.id, () =>
      h("iframe", {
        title: `Mail: ${mail.subject}`,
        sandbox: "allow-popups allow-popups-to-escape-sandbox",
        src: `${this.#url}/mails/${mail.id}/html`,
      }),
    );
    for (const item of $("mails").children) {
      item.firstElementChild.setAttribute(
        "aria-expanded",
        String(item.dataset.key === mail.id),
      );
    }
  }
}

/** Every tool calls the public API as a user, or the workshop with that user's token. */
export class Workshop {
  #desk;
  #url;

  constructor(desk) {
    this.#desk = desk;
    this.#url = desk.config.workshopUrl;
    show($("workshop"), true);
    const tools = [
      [
        "Two in one organisation",
        "Alice and Bob export at once: one has to queue.",
        () => this.#together(["user_alice", "user_bob"]),
      ],
      [
        "Three organisations",
        "Alice, Dave and Erin export at once: side by side.",
        () => this.#together(["user_alice", "user_dave", "user_erin"]),
      ],
      [
        "Simulate: queued",
        "A made-up run ahead in the lane, and one that waits.",
        () => this.#simulate("queued"),
      ],
      [
        "Simulate: running 3 of 7",
        "A made-up run that stands still at page 3.",
        () => this.#simulate("running"),
      ],
      [
        "Simulate: completed",
        "A new export of yours, for real: only that has a file.",
        () => this.#completed(),
      ],
      [
        "Kill the workers",
        "Ends the processes that write pages; what they were at is retried.",
        () => this.#tell("kill-workers"),
      ],
      [
        "Restart the database",
        "A power cut: connections lost, then recovery.",
        () => this.#tell("restart-database"),
      ],
      [
        "Suppress me",
        "No mail to your address from now on; again: lift it.",
        () => this.#tell("suppress"),
      ],
      [
        "Reset and re-seed",
        "Deletes every run, file and row; writes the samples.",
        () => this.#reset(),
      ],
    ];
    $("tools").replaceChildren(
      ...tools.map(([name, about, run]) => {
        const button = h(
          "button",
          { type: "button" },
          h("span", { className: "tool-name" }, name),
          h("span", { className: "quiet" }, about),
        );
        button.addEventListener("click", () => this.#use(button, run));
        return button;
      }),
    );
  }

  async #use(button, run) {
    button.disabled = true;
    say($("tool-says"), "Working …");
    try {
      say($("tool-says"), await run());
    } catch (error) {
      say($("tool-says"), error.message);
    } finally {
      button.disabled = false;
      button.focus();
      this.#desk.acted();
    }
  }

  async #tell(what, body) {
    const token = await this.#desk.session.token();
    return (await ask(`${this.#url}/${what}`, "POST", { token, body })).said;
  }

  /** Start exports as these users, each with a token of their own. */
  async #together(users) {
    const answers = await Promise.all(users.map((user) => this.#startAs(user)));
    const shown = answers.filter((a) => a.organizationId === this.#desk.organization);
    const open = shown.find((a) => a.status === "queued") ?? shown[0];
    if (open) this.#desk.open(open.runId);
    return answers.map((a) => `${a.userId}: ${a.status}`).join(" · ");
  }

  async #startAs(userId) {
    const { organizationId } = this.#desk.session.identities.find(
      (i) => i.userId === userId,
    );
    const token = await this.#desk.session.tokenOf(userId);
    const url = new URL(`api/organizations/${organizationId}/exports`, location.href);
    const answer = await fetch(url, {
      method: "POST",
      // A key of its own: a new export even when there was one today.
      headers: {
        Authorization: `Bearer ${token}`,
        "Idempotency-Key": crypto.randomUUID(),
      },
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail);
    return { ...told, userId, organizationId };
  }

  async #simulate(state) {
    const token = await this.#desk.session.token();
    const body = { state, organizationId: this.#desk.organization };
    const { runId, said } = await ask(`${this.#url}/simulate`, "POST", { token, body });
    this.#desk.open(runId);
    return said;
  }

  async #completed() {
    const { runId } = await this.#startAs(this.#desk.me.userId);
    this.#desk.open(runId);
    return "Started; it completes in a moment.";
  }

  async #reset() {
    const said = await this.#tell("reset");
    history.pushState(null, "", location.pathname);
    await this.#desk.enter();
    return said;
  }
}
