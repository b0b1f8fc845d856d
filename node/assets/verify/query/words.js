// The words of one line of a query's text: phrases, names, numbers, dates, units, a title.
// docs/spec/query.md, section "Text".
import { Malformed, fromText } from "../bytes.js";
import { readDay } from "../day.js";
import { readDecimal } from "../decimal.js";

const MOST_NAME = 64;
const MOST_UNIT = 64;
const MOST_NUMBER = 20;

/** Words that belong to the language. */
const RESERVED = new Set(
  (
    "above after all and any at before below between cohort equal exactly exclude in include " +
    "index is least less more most no none not of on or recorded than to within"
  ).split(" "),
);
/** Of these, those that can be values: nothing else can stand in their place. */
const ALSO_VALUES = new Set(["all", "any", "less", "more", "no", "none"]);

const OF_NAME = /[A-Za-z0-9_.]/;
const NAME = /^[a-z][a-z0-9_.]*$/;
const UNIT = /^[\x21-\x7e\p{Alphabetic}\p{Nd}\p{Nl}\p{No}]+$/u;
const WHITE_SPACE = /\p{White_Space}/u;

/** In lower case as far as ASCII goes: no letter of another script is a word's. @param {string} text */
export const lowered = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

const isReserved = (word) => RESERVED.has(lowered(word));

/** A line, and how far it was read. Each method reads what it names, or throws `Malformed`. */
export class Words {
  /** @param {string} line without its end @param {number} number counted from 1 */
  constructor(line, number) {
    this.line = line;
    this.number = number;
    this.at = 0;
  }

  /** @param {string} what @returns {never} */
  refuse(what) {
    throw new Malformed(`line ${this.number} of the query text: ${what}`);
  }

  /** The characters from here on that a test takes. @param {(character: string) => boolean} takes */
  run(takes) {
    const start = this.at;
    while (this.at < this.line.length && takes(this.line[this.at])) this.at += 1;
    return this.line.slice(start, this.at);
  }

  /** White space: spaces and tabs. */
  blank() {
    this.run((c) => c === " " || c === "\t");
  }

  /** Whether nothing follows but white space and a comment. */
  get isAtEnd() {
    this.blank();
    return this.at === this.line.length || this.line[this.at] === "#";
  }

  end() {
    if (!this.isAtEnd) this.refuse("something stands where it should end");
  }

  /** Reads a phrase in any case, if it stands here. @param {string} phrase @returns {boolean} */
  takes(phrase) {
    const start = this.at;
    const stands = phrase.split(" ").every((word) => {
      this.blank();
      const end = this.at + word.length;
      const found = lowered(this.line.slice(this.at, end)) === word;
      const goesOn = OF_NAME.test(word[0]) && OF_NAME.test(this.line[end] ?? "");
      this.at = end;
      return found && !goesOn;
    });
    if (!stands) this.at = start;
    return stands;
  }

  /** The first of several phrases that stands here; of those that begin alike the longer is first. @param {string[]} phrases */
  takesOne(phrases) {
    return phrases.find((phrase) => this.takes(phrase)) ?? null;
  }

  /** @param {string[]} phrases @returns {string} */
  one(phrases) {
    return this.takesOne(phrases) ?? this.refuse(`it lacks ${phrases.join(" or ")}`);
  }

  /** A name of a profile or a field. @returns {string} */
  name() {
    this.blank();
    const word = this.run((c) => OF_NAME.test(c));
    const fits = NAME.test(word) && word.length <= MOST_NAME && !isReserved(word);
    return fits ? word : this.refuse("it lacks a name");
  }

  /** A value's name. @returns {string} */
  value() {
    this.blank();
    const start = this.at;
    const word = this.run((c) => OF_NAME.test(c));
    if (ALSO_VALUES.has(word)) return word;
    this.at = start;
    return this.name();
  }

  /** The characters of a number or a date, if one begins here. @returns {string | null} */
  figures() {
    this.blank();
    const begins = /^-?[0-9]/.test(this.line.slice(this.at, this.at + 2));
    return begins ? this.run((c) => /[0-9.,-]/.test(c)) : null;
  }

  /** Whether a number or a date begins here, and which. @returns {'number' | 'date' | null} */
  ahead() {
    const start = this.at;
    const figures = this.figures();
    this.at = start;
    if (figures === null) return null;
    return figures.replace(/^-+/, "").includes("-") ? "date" : "number";
  }

  /** @returns {import('../decimal.js').Decimal} */
  numeral() {
    const figures = this.figures() ?? "";
    const fits = /^-?[0-9]+(?:\.[0-9]+)?$/.test(figures) && figures.length <= MOST_NUMBER;
    return fits ? readDecimal(figures) : this.refuse("it lacks a number");
  }

  /** @returns {number} a day */
  date() {
    const figures = this.figures();
    if (figures === null) this.refuse("it lacks a date");
    return readDay(figures);
  }

  /** A unit, if one stands here: what goes on to white space, unless it is a word of the language. @returns {string | null} */
  unit() {
    if (this.isAtEnd) return null;
    const start = this.at;
    const word = this.run((c) => !WHITE_SPACE.test(c));
    const fits = UNIT.test(word) && !/^[#,]/.test(word) && fromText(word).length <= MOST_UNIT;
    if (fits && !isReserved(word)) return word;
    if (!isReserved(word)) this.refuse("something stands where a unit could");
    this.at = start;
    return null;
  }

  /** A title in double quotes. @returns {string} */
  title() {
    this.blank();
    const quoted = /^"((?:[^"\\]|\\["\\])*)"/.exec(this.line.slice(this.at));
    if (quoted === null) this.refuse("it lacks a title in double quotes");
    this.at += quoted[0].length;
    return quoted[1].replace(/\\(.)/g, "$1");
  }
}
