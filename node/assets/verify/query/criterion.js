// One criterion of a query's text: a field and what is asked of it.
// docs/spec/query.md, section "Text".
import { ZERO } from "../decimal.js";
import { Words, lowered } from "./words.js";

/**
 * @typedef {import('../decimal.js').Decimal} Decimal
 * @typedef {'days' | 'weeks' | 'months' | 'years'} CalendarUnit
 * @typedef {'before' | 'after' | 'above' | 'below' | 'of'} Direction
 */
/**
 * Two ends, each of which there may be.
 * @template T
 * @typedef {{low: {value: T, included: boolean} | null, high: {value: T, included: boolean} | null}} Bound
 */
/**
 * @typedef {{asks: 'recorded' | 'none recorded'}
 *   | {asks: 'values', values: string[], negated: boolean}
 *   | {asks: 'value', bound: Bound<Decimal>, unit: string | null}
 *   | {asks: 'date', bound: Bound<number>}
 *   | {asks: 'before index', bound: Bound<Decimal>, unit: CalendarUnit}
 *   | {asks: 'difference', bound: Bound<Decimal>, unit: string | null, direction: Direction,
 *      than: string}} Test
 * @typedef {{field: string, test: Test}} Criterion
 */

/** Comparisons by their words; of words that begin alike the longer stand first. */
const COMPARISONS = new Map([
  ["at least", "at least"],
  ["at most", "at most"],
  ["above", "above"],
  ["below", "below"],
  ["equal to", "equal"],
  ["more than", "above"],
  ["less than", "below"],
  ["exactly", "equal"],
  [">=", "at least"],
  ["<=", "at most"],
  ["≥", "at least"],
  ["≤", "at most"],
  [">", "above"],
  ["<", "below"],
  ["=", "equal"],
]);
/** Where a date or a field may lie, as a comparison of dates. */
const ORDERS = new Map([
  ["on or before", "at most"],
  ["on or after", "at least"],
  ["before", "below"],
  ["after", "above"],
]);
const OTHERS = [
  "between",
  "within",
  "on",
  "in",
  "not in",
  "recorded",
  "none recorded",
  "not recorded",
];
const OPENINGS = [...COMPARISONS.keys(), ...ORDERS.keys(), ...OTHERS];

const CALENDAR = new Map(
  /** @type {[string, CalendarUnit][]} */ ([
    ["day", "days"],
    ["week", "weeks"],
    ["month", "months"],
    ["year", "years"],
  ]).flatMap(
    ([one, many]) =>
      /** @type {[string, CalendarUnit][]} */ ([
        [one, many],
        [many, many],
      ]),
  ),
);

/** The calendar's unit of this name, in any case, in singular or plural. @param {string | null} name */
export const calendarUnit = (name) => CALENDAR.get(lowered(name ?? "")) ?? null;

/** @template T @param {string} comparison @param {T} value @returns {Bound<T>} */
function boundOf(comparison, value) {
  const included = { value, included: true };
  const left = { value, included: false };
  switch (comparison) {
    case "at least":
      return { low: included, high: null };
    case "above":
      return { low: left, high: null };
    case "at most":
      return { low: null, high: included };
    case "below":
      return { low: null, high: left };
    default:
      return { low: included, high: included };
  }
}

/** @template T @param {T} low @param {T} high @returns {Bound<T>} */
const between = (low, high) => ({
  low: { value: low, included: true },
  high: { value: high, included: true },
});

/** @param {Words} words a line @returns {Criterion} */
export function readCriterion(words) {
  if (words.takes("no")) return { field: words.name(), test: { asks: "none recorded" } };
  return { field: words.name(), test: testOf(words) };
}

/** @returns {Test} */
function testOf(words) {
  const is = words.takes("is");
  const opening = words.takesOne(OPENINGS);
  if (opening === null) {
    if (!is) words.refuse("what is asked of the field has no form that is known");
    const negated = words.takes("not");
    return { asks: "values", values: [words.value()], negated };
  }
  if (COMPARISONS.has(opening)) return compared(words, COMPARISONS.get(opening));
  if (ORDERS.has(opening)) return ordered(words, opening);
  switch (opening) {
    case "between":
      return betweenOf(words);
    case "within":
      return measured(words, boundOf("at most", words.numeral()), words.unit(), false);
    case "on":
      return { asks: "date", bound: boundOf("equal", words.date()) };
    case "in":
    case "not in":
      return { asks: "values", values: listed(words), negated: opening === "not in" };
    default:
      return { asks: opening === "recorded" ? "recorded" : "none recorded" };
  }
}

/** After a comparison: a date, a number, or another field. @returns {Test} */
function compared(words, comparison) {
  const ahead = words.ahead();
  if (ahead === "date") return { asks: "date", bound: boundOf(comparison, words.date()) };
  if (ahead === "number") {
    return measured(words, boundOf(comparison, words.numeral()), words.unit(), true);
  }
  const direction = { "at least": "above", above: "above", equal: "of" }[comparison] ?? "below";
  const strict = comparison === "above" || comparison === "below";
  const distance = comparison === "equal" ? "equal" : strict ? "above" : "at least";
  return fieldApart(words, boundOf(distance, ZERO), direction);
}

/** After `before`, `after` and their like: a date, the index day, or another field. @returns {Test} */
function ordered(words, opening) {
  if (words.ahead() === "date") {
    return { asks: "date", bound: boundOf(ORDERS.get(opening), words.date()) };
  }
  const bound = boundOf(opening.startsWith("on or") ? "at least" : "above", ZERO);
  const direction = opening.endsWith("before") ? "before" : "after";
  if (direction === "before" && words.takes("index")) {
    return { asks: "before index", bound, unit: "days" };
  }
  return fieldApart(words, bound, direction);
}

/** @returns {Test} the distance to another field, without a number */
function fieldApart(words, bound, direction) {
  return { asks: "difference", bound, unit: null, direction, than: words.name() };
}

/** @returns {Test} */
function betweenOf(words) {
  if (words.ahead() === "date") {
    const low = words.date();
    words.one(["and"]);
    return { asks: "date", bound: between(low, words.date()) };
  }
  const low = words.numeral();
  const unit = words.unit();
  words.one(["and"]);
  const high = words.numeral();
  const again = words.unit();
  if (unit !== null && again !== null && unit !== again) words.refuse("its two units differ");
  return measured(words, between(low, high), again ?? unit, true);
}

/**
 * What follows a number and its unit: nothing, where a value may stand alone; the index day; or a
 * side and a field.
 * @returns {Test}
 */
function measured(words, bound, unit, alone) {
  if (words.isAtEnd) {
    return alone ? { asks: "value", bound, unit } : words.refuse("it lacks what it is within of");
  }
  if (words.takes("before index")) {
    const calendar = calendarUnit(unit);
    if (calendar === null) words.refuse("it lacks days, weeks, months or years");
    return { asks: "before index", bound, unit: calendar };
  }
  const direction = words.one(["before", "after", "above", "below", "of"]);
  if (direction === "of" && !isEitherWay(bound)) {
    words.refuse("of goes with a distance at most, or with none");
  }
  return { asks: "difference", bound, unit, direction, than: words.name() };
}

/** Whether a distance can be asked for on either side: up to a number, or none at all. */
const isEitherWay = ({ low, high }) => low === null || (low === high && low.value.units === 0n);

/** @returns {string[]} names in brackets */
function listed(words) {
  words.one(["("]);
  const values = [words.value()];
  while (words.one([",", ")"]) === ",") values.push(words.value());
  return values;
}
