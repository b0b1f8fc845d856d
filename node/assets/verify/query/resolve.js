// From a criterion as it is asked to the numbers of a row of which it holds.
// docs/spec/query.md, section "Meaning".
import { Malformed } from "../bytes.js";
import { ageWithin, beforeIndex, dateWithin } from "./date.js";
import { distanceWithin } from "./difference.js";
import { ALWAYS, NEVER, complement, numbers, runs } from "./interval.js";
import { countWithin, quantityWithin } from "./number.js";

/**
 * @typedef {import('../profile.js').Field} Field
 * @typedef {import('../profile.js').Profile} Profile
 * @typedef {import('./number.js').Numbers} Numbers
 * @typedef {Numbers & {field: number, minus: number | null}} Resolved positions of the field and
 *   of the one that is subtracted
 */

const refuse = (what) => {
  throw new Malformed(`the query text: ${what}`);
};

/** The field of a name; `age` is the date of birth, where no field has that name. @param {Profile} profile @returns {Field} */
function find({ fields }, name) {
  const birth = () => [...fields.values()].find((field) => field.isBirth);
  const found = fields.get(name) ?? (name === "age" ? birth() : undefined);
  return found ?? refuse(`the profile has no field ${name}`);
}

/**
 * @param {import('./criterion.js').Criterion} criterion @param {Profile} profile
 * @param {number} index the index day @returns {Resolved}
 */
export function resolve({ field: name, test }, profile, index) {
  const field = find(profile, name);
  const than = test.asks === "difference" ? find(profile, test.than) : null;
  const { set, ifNone } = heldBy(field, than, test, index);
  return { field: field.position, minus: than?.position ?? null, set, ifNone };
}

/** @returns {Numbers} */
function heldBy(field, than, test, index) {
  switch (test.asks) {
    case "recorded":
      return { set: [ALWAYS], ifNone: false };
    case "none recorded":
      return { set: [NEVER], ifNone: true };
    case "values":
      return named(field, test);
    case "value":
      return valued(field, test, index);
    case "difference":
      return distanceWithin(field, than, test);
    default:
      if (field.holds !== "date") refuse(`the field ${field.name} holds no date`);
      return test.asks === "date"
        ? dateWithin(test.bound)
        : beforeIndex(test.bound, test.unit, index);
  }
}

/** A number against a bound: a quantity, a count, or an age. @returns {Numbers} */
function valued(field, { bound, unit }, index) {
  if (field.holds === "quantity") return quantityWithin(field, bound, unit);
  if (field.holds === "count") return countWithin(field, bound, unit);
  if (field.isBirth) return ageWithin(bound, unit, index);
  return refuse(`the field ${field.name} holds no number`);
}

/** A coded field, or a flag, against names. @returns {Numbers} */
function named(field, { values, negated }) {
  const known = field.holds === "flag" ? ["yes", "no"] : field.values;
  const asked = values.map((value) => known.indexOf(value) + 1);
  if (asked.includes(0)) refuse(`the field ${field.name} has no such value`);
  if (field.holds === "flag") return flagged(field, (answer) => asked.includes(answer) !== negated);
  const set = runs(asked);
  // None on record is a fact about an event: it is none of the values.
  const ifNone = negated && field.isEvent;
  const none = negated && !ifNone && new Set(asked).size === known.length;
  if (none) refuse(`every value of the field ${field.name} is left out`);
  return { set: negated ? complement(set) : set, ifNone };
}

/** A flag is 1 for yes; none on record is no of an event, and nothing of a measurement. @returns {Numbers} */
function flagged(field, wanted) {
  const yes = wanted(1);
  const no = wanted(2);
  if (!yes && !(no && field.isEvent)) refuse(`the field ${field.name} can never be so`);
  return { set: [yes ? numbers(1, 1) : NEVER], ifNone: no && field.isEvent };
}
