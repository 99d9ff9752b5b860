// The form below the export button: dataset, columns, filters, format, and an estimate.

import { fill, setText, setVisible } from "../web/src/dom.js";
import { Problem } from "../web/src/problems.js";
import { isAtLeast } from "../web/src/runs.js";

import { bodyOf, choiceFrom, describe } from "./choice.js";
import { explain } from "./english.js";
import { estimateText } from "./estimate.js";
import { clearMarks, markField } from "./field-errors.js";
import { formFields } from "./options-form.js";
import { $ } from "./page.js";

/** @import { Dataset, ExportRequest, Run } from "./types.js" */
/** @import { App } from "./app.js" */
/** @import { Body, Choice } from "./choice.js" */
/** @import { About } from "../web/src/file-choice.js" */

/**
 * The last dataset of an organisation, and the last request for each.
 * @typedef {object} Remembered
 * @property {string} [dataset]
 * @property {Record<string, Body>} requests
 */

const REMEMBERED = "invoice-export.options";
const TYPING_MS = 400;

export class ExportOptions {
  #app;
  /** @type {Dataset[]} */
  #datasets = [];
  /** @type {About} */
  #about = {
    formats: [],
    presets: [],
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  /** The organisation that the datasets are for. */
  #organization = "";
  /** @type {Dataset | undefined} */
  #dataset;
  /** @type {Choice | undefined} */
  #choice;
  /** @type {number | undefined} */
  #timer;
  /** Counts estimates, so that a late answer does not replace a newer one. */
  #asked = 0;

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    $("options").addEventListener("toggle", () => this.#estimateSoon(0));
    $("options-reset").addEventListener("click", () => this.#reset());
  }

  /** Load what can be exported, for the organisation that is shown. */
  async load() {
    const organization = this.#app.organization;
    if (organization === this.#organization) return;
    this.#organization = organization;
    this.#use([], undefined);
    this.#app.optionsChanged();
    // Shown before its fields are known, so that they move nothing when they arrive.
    const mayExport = isAtLeast(this.#app.role, "member");
    setVisible($("options"), mayExport);
    if (!mayExport) return;
    try {
      const answer = await this.#app.api.listDatasets(organization);
      if (organization !== this.#app.organization) return;
      Object.assign(this.#about, {
        formats: answer.formats,
        presets: answer.presets,
      });
      const last = this.#remembered();
      this.#use(answer.datasets, last.dataset);
      this.#app.optionsChanged();
    } catch {
      // The plain export needs no options.
      this.#organization = "";
    }
  }

  /** The request to send; undefined for the plain export. */
  get body() {
    if (!this.#dataset || !this.#choice) return undefined;
    return bodyOf(this.#dataset, this.#choice, this.#about);
  }

  /** @param {string} name */
  find(name) {
    return this.#datasets.find((dataset) => dataset.name === name);
  }

  /**
   * What a run exports, in words.
   * @param {Run} run
   */
  describeRun(run) {
    const dataset = this.find(run.dataset);
    const label = dataset?.label ?? run.dataset;
    const more = describe(/** @type {Body} */ (run.request), dataset);
    return more ? `${label} · ${more}` : label;
  }

  remember() {
    if (!this.#dataset) return;
    const all = this.#remembered();
    all.dataset = this.#dataset.name;
    all.requests[this.#dataset.name] = this.body ?? {};
    try {
      localStorage.setItem(`${REMEMBERED}.${this.#organization}`, JSON.stringify(all));
    } catch {
      // Private windows may keep nothing.
    }
  }

  /**
   * Show what the API refused at its field; returns whether one of them is here.
   * @param {unknown} error
   */
  showRefusal(error) {
    clearMarks();
    if (!(error instanceof Problem)) return false;
    const shown = error.fields.filter((field) => markField(field));
    const details = $("options");
    if (shown.length && details instanceof HTMLDetailsElement) details.open = true;
    return shown.length > 0;
  }

  /** @returns {Remembered} */
  #remembered() {
    try {
      const text = localStorage.getItem(`${REMEMBERED}.${this.#organization}`) ?? "";
      /** @type {unknown} */
      const last = JSON.parse(text);
      return /** @type {Remembered} */ (last);
    } catch {
      return { requests: {} };
    }
  }

  /**
   * @param {Dataset[]} datasets
   * @param {string | undefined} wanted
   */
  #use(datasets, wanted) {
    this.#datasets = datasets;
    this.#choose(this.find(wanted ?? "") ?? datasets.find((d) => d.isDefault));
  }

  /** @param {Dataset | undefined} dataset */
  #choose(dataset) {
    this.#dataset = dataset ?? this.#datasets[0];
    if (!this.#dataset) {
      this.#choice = undefined;
      return;
    }
    const last = this.#remembered().requests[this.#dataset.name];
    this.#choice = choiceFrom(this.#dataset, this.#about.presets, last);
    this.#draw();
  }

  #reset() {
    if (!this.#dataset) return;
    this.#choice = choiceFrom(this.#dataset, this.#about.presets);
    this.#draw();
    this.#changed();
  }

  #draw() {
    const dataset = this.#dataset;
    const choice = this.#choice;
    if (!dataset || !choice) return;
    const fields = formFields({
      datasets: this.#datasets,
      about: this.#about,
      dataset,
      choice,
      chooseDataset: (name) => {
        this.#choose(this.find(name));
        this.#changed();
      },
      changed: () => this.#changed(),
    });
    $("options-fields").replaceChildren(...fields);
    this.#drawSummary();
  }

  #drawSummary() {
    const dataset = this.#dataset;
    if (!dataset) return;
    const what = dataset.label.charAt(0).toLowerCase() + dataset.label.slice(1);
    const more = describe(this.body ?? {}, dataset);
    setText($("run-title"), `Export ${what}`);
    setText(
      $("run-about"),
      more || `All rows of your organisation’s ${what} in one file.`,
    );
  }

  #changed() {
    clearMarks();
    this.#drawSummary();
    this.#app.optionsChanged();
    this.#estimateSoon(TYPING_MS);
  }

  /** @param {number} wait in milliseconds */
  #estimateSoon(wait) {
    clearTimeout(this.#timer);
    const details = $("options");
    if (!(details instanceof HTMLDetailsElement) || !details.open) return;
    this.#timer = setTimeout(() => void this.#estimate(), wait);
  }

  async #estimate() {
    const asked = ++this.#asked;
    const organization = this.#organization;
    const line = $("estimate");
    const body = /** @type {ExportRequest | undefined} */ (this.body);
    try {
      const answer = await this.#app.api.estimateExport(organization, body);
      if (asked !== this.#asked) return;
      fill(line, JSON.stringify(answer), () => estimateText(answer));
    } catch (error) {
      if (asked !== this.#asked) return;
      const refused = this.showRefusal(error);
      const text = refused
        ? "Correct the fields that are marked."
        : `No estimate: ${explain(error)}`;
      fill(line, text, () => text);
    }
  }
}
