// The distance between two fields, on one side or either. There is no calendar between two fields,
// only a number of days. docs/spec/query.md, section "Differences".
import { Malformed } from "../bytes.js";
import { ONE, ZERO, compare, converted, negated } from "../decimal.js";
import { timeUnit, whole } from "./date.js";
import { numbers } from "./interval.js";
import { changed, checkOrder, inOwnUnit, placesWithin, unitOf } from "./number.js";

/**
 * @typedef {import('../profile.js').Field} Field
 * @typedef {import('../decimal.js').Decimal} Decimal
 * @typedef {import('./criterion.js').Bound<Decimal>} Bound
 * @typedef {import('./criterion.js').Direction} Direction
 */

/** The farthest that two numbers of a row lie apart. */
const FARTHEST = 65_534;

const demand = (holds, what) => {
  if (!holds) throw new Malformed(`the query text compares two fields: ${what}`);
};

/** Days in a time, parts of a day dropped: a month has 30.4375, a year 365.25. */
const DAYS = {
  days: (n) => n,
  weeks: (n) => 7n * n,
  months: (n) => (487n * n) / 16n,
  years: (n) => (1461n * n) / 4n,
};

/**
 * The differences `field` − `than` that lie within a bound on the side named.
 * @param {Field} field @param {Field} than
 * @param {{bound: Bound, unit: string | null, direction: Direction}} asked
 * @returns {import('./number.js').Numbers}
 */
export function distanceWithin(field, than, { bound, unit, direction }) {
  demand(field.position !== than.position, "they are one");
  const ends = [bound.low, bound.high].filter((end) => end !== null);
  demand(
    ends.every(({ value }) => value.units >= 0n),
    "a distance is below 0",
  );
  const isZero = unit === null && ends.every(({ value }) => value.units === 0n);
  const spacing = spacingOf(field, than, { bound, unit, direction, isZero });
  const sided = onSide(spacing.bound, direction);
  const [low, high] = placesWithin(sided, spacing.origin, spacing.step, -FARTHEST, FARTHEST);
  const turned = direction === "before" || direction === "below";
  return { set: [turned ? numbers(-high, -low) : numbers(low, high)], ifNone: false };
}

/** A distance without a lower end goes to 0, and on either side to its mirror image. @returns {Bound} */
function onSide({ low, high }, direction) {
  if (low !== null) return { low, high };
  if (direction !== "of") return { low: { value: ZERO, included: true }, high };
  return { low: { value: negated(high.value), included: high.included }, high };
}

/** What distances there are, origin + step · n for a difference of n, and the bound among them. */
function spacingOf(field, than, asked) {
  demand(field.holds === than.holds, "they hold different kinds of thing");
  const dated = asked.direction === "before" || asked.direction === "after";
  const sided = asked.direction === "above" || asked.direction === "below";
  switch (field.holds) {
    case "date":
      demand(!sided, "a date is before or after another");
      return { bound: inDays(asked), origin: ZERO, step: ONE };
    case "count":
      demand(!dated, "a count is above or below another");
      demand(asked.unit === null, "a count has no unit");
      checkOrder(asked.bound);
      return { bound: asked.bound, origin: ZERO, step: ONE };
    case "quantity":
      demand(!dated, "a quantity is above or below another");
      return quantitiesApart(field, than, asked);
    default:
      throw new Malformed("the query text compares two fields that have no distance");
  }
}

/** @returns {Bound} */
function inDays({ bound, unit, isZero }) {
  const calendar = isZero ? "days" : timeUnit(unit);
  whole(bound);
  return changed(bound, ({ units }) => ({ units: DAYS[calendar](units), scale: 0 }));
}

function quantitiesApart(field, than, { bound, unit, direction, isZero }) {
  const [one, other] = [field.quantity, than.quantity];
  demand(one.unit === other.unit, "they have different units");
  demand(compare(one.step, other.step) === 0, "they are held in different steps");
  checkOrder(bound);
  const { name, factor } = unitOf(field, isZero ? one.unit : unit);
  demand(isConvertedAlike(than, name, factor), "they convert this unit differently");
  // An offset between scales, as from °F to °C, is no part of a distance.
  const own = inOwnUnit(bound, { name, factor, offset: ZERO }, ZERO, one.step);
  const [from, to] = direction === "below" ? [one, other] : [other, one];
  const origin = converted(to.origin, ONE, negated(from.origin));
  return { bound: own, origin, step: one.step };
}

/** Whether a field does not know a unit, or converts it by this factor. */
function isConvertedAlike(field, name, factor) {
  const known = field.units.find((unit) => unit.name === name && unit.factor.units > 0n);
  return known === undefined || compare(known.factor, factor) === 0;
}
