// Finds a text in the element's language and puts values into it.

import { formatsOf } from "./format.js";
import { Problem, Unavailable } from "./problems.js";
import { de } from "./texts-de.js";
import { en } from "./texts-en.js";

/** @import { Text } from "./texts-en.js" */

/** @typedef {Record<keyof typeof en, Text> & Record<string, Text>} Texts */
/** @typedef {Record<string, string | number>} Values */

/**
 * The texts of each language; a page may add one, or replace texts of one. What a
 * language lacks is said in English.
 * @type {Record<string, Partial<Texts>>}
 */
export const languages = { en, de };

export class Speaker {
  #texts;
  #plurals;

  /**
   * @param {string} locale such as `de-AT`; another than we have is English
   * @param {Record<string, Text>} [replaced] texts of the page's own
   */
  constructor(locale, replaced = {}) {
    const [language = ""] = locale.toLowerCase().split("-");
    const known = languages[language];
    this.language = known ? language : "en";
    // English has day and month in the order that most of its readers know.
    this.formats = formatsOf(known && locale !== "en" ? locale : "en-GB");
    this.#texts = /** @type {Record<string, Text>} */ ({
      ...en,
      ...known,
      ...replaced,
    });
    this.#plurals = new Intl.PluralRules(known ? locale : "en");
  }

  /**
   * @param {string} key
   * @param {Values} [values]
   */
  say(key, values = {}) {
    let text = this.#texts[key] ?? "";
    if (typeof text !== "string") {
      const form = this.#plurals.select(Number(values.count));
      text = text[form] ?? text.other ?? "";
    }
    return text.replace(/\{(\w+)\}/g, (mark, /** @type {string} */ name) => {
      const value = values[name];
      if (value === undefined) return mark;
      return typeof value === "number" ? this.formats.count(value) : value;
    });
  }

  /**
   * @param {string} key
   * @param {string} otherwise
   */
  sayOr(key, otherwise) {
    return this.say(key) || otherwise;
  }

  /** @param {unknown} error */
  explain(error) {
    if (error instanceof Problem) {
      const [field] = error.fields;
      const refused =
        field && `${field.field.replace(/^body\./, "")}: ${field.message}`;
      return refused ?? this.sayOr(error.code, error.message);
    }
    return this.say(error instanceof Unavailable ? "away" : "broken");
  }
}
