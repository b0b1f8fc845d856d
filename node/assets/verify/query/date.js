// Dates against dates, before the index day, and ages: all by the calendar.
// docs/spec/query.md, section "Dates and ages".
import { Malformed } from "../bytes.js";
import { LAST, dayBefore } from "../day.js";
import { isWhole } from "../decimal.js";
import { calendarUnit } from "./criterion.js";
import { numbers } from "./interval.js";
import { changed, checkOrder } from "./number.js";

/** Below what a number of days, weeks, months or years lies. */
const LIMIT = 2n ** 32n;

/**
 * @typedef {import('./criterion.js').Bound<import('../decimal.js').Decimal>} Bound
 * @typedef {import('./criterion.js').CalendarUnit} CalendarUnit
 * @typedef {import('./number.js').Numbers} Numbers
 */

/** The days from `first` to `last`, as far as the calendar goes. @returns {Numbers} */
function days(first, last) {
  const [low, high] = [Math.max(first, 1), Math.min(last, LAST)];
  if (low > high) throw new Malformed("the query text has a date that no day can be");
  return { set: [numbers(low, high)], ifNone: false };
}

/** @param {import('./criterion.js').Bound<number>} bound of days @returns {Numbers} */
export function dateWithin({ low, high }) {
  if (low !== null && high !== null && low.value > high.value) {
    throw new Malformed("the query text has dates in the wrong order");
  }
  const first = low === null ? 1 : low.value + Number(!low.included);
  const last = high === null ? LAST : high.value - Number(!high.included);
  return days(first, last);
}

/** A bound in whole units of the calendar. @param {Bound} bound @returns {import('./criterion.js').Bound<number>} */
export function whole(bound) {
  checkOrder(bound);
  const wholes = changed(bound, (value) => {
    if (!isWhole(value) || value.units < 0n || value.units >= LIMIT) {
      throw new Malformed("the query text has a time that is no whole number");
    }
    return value;
  });
  const end = (one) => one && { value: Number(one.value.units), included: one.included };
  return { low: end(wholes.low), high: end(wholes.high) };
}

/**
 * So long before the index day: the longer ago, the earlier the day.
 * @param {Bound} bound @param {CalendarUnit} unit @param {number} index @returns {Numbers}
 */
export function beforeIndex(bound, unit, index) {
  const { low, high } = whole(bound);
  const day = (n) => dayBefore(index, n, unit);
  const last = low === null ? index : day(low.value) - Number(!low.included);
  const first = high === null ? 1 : day(high.value) + Number(!high.included);
  return days(first, last);
}

/** The unit of an age or of a time between two dates. @param {string | null} name @returns {CalendarUnit} */
export function timeUnit(name) {
  const unit = calendarUnit(name);
  if (unit === null) throw new Malformed("the query text has a time without a unit of time");
  return unit;
}

/**
 * Completed years (months, weeks, days) on the index day. Who has completed n was born on or
 * before the day so long before the index day; who has not, after it.
 * @param {Bound} bound @param {string | null} name @param {number} index @returns {Numbers}
 */
export function ageWithin(bound, name, index) {
  const unit = timeUnit(name);
  const { low, high } = whole(bound);
  const born = (n) => dayBefore(index, n, unit);
  const last = low === null ? index : born(low.value + Number(!low.included));
  const first = high === null ? 1 : born(high.value + Number(high.included)) + 1;
  return days(first, last);
}
