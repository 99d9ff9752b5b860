// What the element does: starts, watches, cancels, retries and downloads an export.

import { Unavailable } from "./problems.js";
import { isActive } from "./runs.js";
import { chosen, empty, noticeOf, requestOf } from "./state.js";
import { Watch } from "./watch.js";

/** @import { ExportClient, ExportRequest, Run, Started } from "./client.js" */
/** @import { Speaker } from "./texts.js" */
/** @import { State, Wanted } from "./state.js" */
/** @import { Context } from "./watch.js" */

/**
 * @typedef {object} Host
 * @property {Speaker["say"]} say
 * @property {Speaker["explain"]} explain
 * @property {() => void} draw
 * @property {(name: string, detail: object) => boolean} emit returns false if the page
 *   deals with the event itself
 */

export class Exporter {
  state = empty();
  /** @type {ExportRequest | undefined} */
  request;
  #host;
  /** @type {ExportClient | undefined} */
  #client;
  /** @type {Watch | undefined} */
  #watch;
  #organization = "";
  /** The run that was active when we last heard of it. */
  #active = "";
  /**
   * The idempotency keys of fresh exports, by the run that they repeat, until the API has
   * accepted them: pressing again after an outage starts nothing twice.
   * @type {Map<string, string>}
   */
  #keys = new Map();

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
  }

  /** The server's time, in milliseconds. */
  now() {
    return this.#client?.now() ?? Date.now();
  }

  /**
   * @param {ExportClient} client
   * @param {{organization: string, runId: string}} what
   */
  open(client, what) {
    this.close();
    this.#client = client;
    this.state = empty();
    this.#host.draw();
    this.#watch = new Watch(client, what, {
      loaded: (context) => this.#loaded(context),
      changed: (run) => this.#changed(run),
      away: (wait) => this.#away(wait),
      back: () => this.#update({ away: undefined }),
      failed: (error) => this.#failed(error),
    });
  }

  close() {
    this.#watch?.stop();
    this.#active = "";
  }

  /** @param {string} reason */
  refuse(reason) {
    this.close();
    this.state = { ...empty(), phase: "unavailable", reason };
    this.#host.draw();
  }

  /**
   * Show another run.
   * @param {string} runId
   */
  show(runId) {
    if (runId === this.state.run?.runId) return;
    const notice = { text: "", bad: false };
    this.#update({ phase: "loading", run: undefined, away: undefined, notice });
    this.#watch?.show(runId);
  }

  /** @param {Wanted} wanted */
  choose(wanted) {
    this.#update(chosen(this.state, wanted));
  }

  /** Export what the options say; the API starts a request once a day. */
  async start() {
    await this.#start("start", (client, organization) =>
      client.startExport(organization, requestOf(this.state, this.request)),
    );
  }

  /** Export what the shown run exported, with the present data. */
  async startAgain() {
    const { run } = this.state;
    if (!run) return;
    await this.#start("again", async (client, organization) => {
      const idempotencyKey = this.#keys.get(run.runId) ?? crypto.randomUUID();
      this.#keys.set(run.runId, idempotencyKey);
      const body = /** @type {ExportRequest} */ ({
        dataset: run.dataset,
        ...run.request,
      });
      const started = await client.startExport(organization, body, { idempotencyKey });
      this.#keys.delete(run.runId);
      return started;
    });
  }

  cancel() {
    return this.#act("cancel", "doneCancel", (client, organization, runId) =>
      client.cancelExport(organization, runId),
    );
  }

  retry() {
    return this.#act("retry", "doneRetry", async (client, organization, runId) => {
      await client.retryExport(organization, runId);
      this.#active = runId;
    });
  }

  /** Let the browser download the file of the shown run. */
  download() {
    return this.#act("download", "", async (client, organization, runId) => {
      const { url, filename } = await client.getDownloadLink(organization, runId);
      const anchor = document.createElement("a");
      Object.assign(anchor, { href: url, download: filename, rel: "noopener" });
      anchor.click();
      this.tell(this.#host.say("downloading", { filename }));
      this.#host.emit("export-downloaded", { run: this.state.run, filename });
    });
  }

  /**
   * @param {"start" | "again"} name
   * @param {(client: ExportClient, organization: string) => Promise<Started>} start
   */
  async #start(name, start) {
    const [client, organization] = [this.#client, this.#organization];
    if (!client || !organization || this.state.busy) return;
    this.#update({ busy: name });
    try {
      const started = await start(client, organization);
      if (client !== this.#client || organization !== this.#organization) return;
      if (started.status === "queued" || started.status === "running") {
        this.#active = started.runId;
      }
      this.show(started.runId);
      this.tell(this.#host.say(noticeOf(started)));
      this.#host.emit("export-started", { ...started, organizationId: organization });
    } catch (error) {
      this.#refused(name, error);
    } finally {
      this.#update({ busy: "" });
    }
  }

  /**
   * @param {"cancel" | "retry" | "download"} name
   * @param {string} done the key of the text for success
   * @param {(client: ExportClient, organization: string, runId: string) => Promise<unknown>} action
   */
  async #act(name, done, action) {
    const { run, busy } = this.state;
    if (!run || busy || !this.#client) return;
    this.#update({ busy: name });
    try {
      await action(this.#client, this.#organization, run.runId);
      if (done) this.tell(this.#host.say(done));
    } catch (error) {
      this.#refused(name, error);
    } finally {
      this.#update({ busy: "" });
      this.#watch?.again();
    }
  }

  /**
   * @param {string} action
   * @param {unknown} error
   */
  #refused(action, error) {
    const starts = action === "start" || action === "again";
    const marked = !this.#host.emit("export-error", { action, error });
    let text = this.#host.explain(error);
    if (starts && error instanceof Unavailable) text = this.#host.say("outage");
    this.tell(marked ? this.#host.say("marked") : text, true);
  }

  /** @param {Context} context */
  #loaded({ organization, me, offered }) {
    this.#organization = organization;
    const role = me.memberships.find((m) => m.organizationId === organization)?.role;
    const { datasets, formats, presets } = offered;
    const about = { ...this.state.about, formats, presets };
    Object.assign(this.state, { userId: me.userId, role, datasets, about });
    this.choose(this.request ?? {});
  }

  /** @param {Run | undefined} run */
  #changed(run) {
    const isNew = run?.runId !== this.state.run?.runId;
    this.#update({ phase: run ? "run" : "none", run });
    if (!run) return;
    const goesOn = isActive(run);
    const ended = this.#active === run.runId && !goesOn;
    this.#active = goesOn ? run.runId : "";
    // "Export accepted" is out of date.
    if (ended) this.tell("");
    // After the end, the e-mail may still arrive; that is no progress.
    if (isNew || goesOn || ended) this.#host.emit("export-progress", { run });
    if (ended) this.#host.emit(`export-${run.status}`, { run });
  }

  /** @param {number} wait in milliseconds */
  #away(wait) {
    const since = this.state.away?.since ?? Date.now();
    this.#update({ away: { since, nextTry: Date.now() + wait } });
  }

  /** @param {unknown} error */
  #failed(error) {
    const reason = this.#host.explain(error);
    this.#update({ phase: "unavailable", run: undefined, away: undefined, reason });
    this.#host.emit("export-error", { action: "watch", error });
  }

  /** @param {string} text @param {boolean} [bad] */
  tell(text, bad = false) {
    this.#update({ notice: { text, bad } });
  }

  /** @param {Partial<State>} change */
  #update(change) {
    Object.assign(this.state, change);
    this.#host.draw();
  }
}
