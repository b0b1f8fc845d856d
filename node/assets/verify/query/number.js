// Quantities and counts against a bound, and the steps in which a quantity is held.
// docs/spec/query.md, section "Numbers".
import { Malformed } from "../bytes.js";
import { ONE, ZERO, aligned, ceilingOf, compare, converted, floorOf, rounded } from "../decimal.js";
import { NEVER, numbers } from "./interval.js";

/**
 * @typedef {import('../decimal.js').Decimal} Decimal
 * @typedef {import('./criterion.js').Bound<Decimal>} Bound
 * @typedef {import('../profile.js').Field} Field
 * @typedef {import('../profile.js').Unit} Unit
 * @typedef {{set: import('./interval.js').Interval[], ifNone: boolean}} Numbers of which a
 *   criterion holds
 */

/** The largest number of a row. */
const MOST = 65_535;

/** @param {Bound} bound */
export function checkOrder({ low, high }) {
  if (low !== null && high !== null && compare(low.value, high.value) > 0) {
    throw new Malformed("the query text has a bound whose ends are in the wrong order");
  }
}

/** @param {Bound} bound @param {(value: Decimal) => Decimal} change @returns {Bound} */
export function changed({ low, high }, change) {
  const end = (one) => one && { value: change(one.value), included: one.included };
  return { low: end(low), high: end(high) };
}

/**
 * The first and the last n, of those from `least` to `most`, whose origin + step · n lies within
 * a bound.
 * @param {Bound} bound @param {Decimal} origin @param {Decimal} step
 * @param {number} least @param {number} most @returns {[number, number]}
 */
export function placesWithin({ low, high }, origin, step, least, most) {
  const [from, by, bottom, top] = aligned(origin, step, (low ?? high).value, (high ?? low).value);
  let [first, last] = [BigInt(least), BigInt(most)];
  if (low !== null) {
    const above = bottom - from;
    const begin = low.included ? ceilingOf(above, by) : floorOf(above, by) + 1n;
    if (begin > first) first = begin;
  }
  if (high !== null) {
    const above = top - from;
    const end = high.included ? floorOf(above, by) : ceilingOf(above, by) - 1n;
    if (end < last) last = end;
  }
  if (first > last) throw new Malformed("the query text has a criterion that can never hold");
  return [Number(first), Number(last)];
}

/**
 * The unit of this name among those that a field accepts.
 * @param {Field} field that holds a quantity @param {string | null} name @returns {Unit}
 */
export function unitOf({ quantity, units }, name) {
  const own = { name: quantity.unit, factor: ONE, offset: ZERO };
  if ((name ?? "") === own.name) return own;
  if (name === null) throw new Malformed("the query text has a number that needs a unit");
  const found = units.find((unit) => unit.name === name && unit.factor.units > 0n);
  if (found === undefined) throw new Malformed("the query text has a unit that its field has not");
  return found;
}

/** Whether a unit is the field's own, under whatever name. @param {Unit} unit */
const isOwn = ({ factor, offset }) => compare(factor, ONE) === 0 && offset.units === 0n;

/**
 * A bound in a field's own unit: exact if it was given in that, else rounded to a step.
 * @param {Bound} bound @param {Unit} unit @param {Decimal} origin @param {Decimal} step
 */
export function inOwnUnit(bound, unit, origin, step) {
  const exact = changed(bound, (value) => converted(value, unit.factor, unit.offset));
  return isOwn(unit) ? exact : changed(exact, (value) => rounded(value, origin, step));
}

/** @param {Field} field @param {Bound} bound @param {string | null} unit @returns {Numbers} */
export function quantityWithin(field, bound, unit) {
  checkOrder(bound);
  const { origin, step } = field.quantity;
  const own = inOwnUnit(bound, unitOf(field, unit), origin, step);
  // The number 1 stands for the origin.
  const [first, last] = placesWithin(own, origin, step, 0, MOST - 1);
  return { set: [numbers(first + 1, last + 1)], ifNone: false };
}

/** An event of which none is on record counts 0. @param {Field} field @param {Bound} bound @param {string | null} unit @returns {Numbers} */
export function countWithin(field, bound, unit) {
  if (unit !== null) throw new Malformed("the query text has a count with a unit");
  checkOrder(bound);
  const [first, last] = placesWithin(bound, ZERO, ONE, field.isEvent ? 0 : 1, MOST);
  const set = [last === 0 ? NEVER : numbers(Math.max(first, 1), last)];
  return { set, ifNone: first === 0 };
}
