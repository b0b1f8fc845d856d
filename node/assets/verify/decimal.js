// Decimal numbers, exact: a whole number of units of the last decimal place. No floats.
// docs/spec/query.md, section "Digits".
import { Malformed } from "./bytes.js";

/** Decimal places that are kept of a product or an offset. */
const PLACES = 18;
/** Bits of a product, with its sign. */
const PRODUCT_BITS = 128;
/** What numbers stay below, either way from 0, when they stand in the same decimal places. */
const LIMIT = 1n << 110n;

/** @typedef {{units: bigint, scale: number}} Decimal `units` of the `scale`th decimal place */

/** @type {Decimal} */
export const ZERO = { units: 0n, scale: 0 };
/** @type {Decimal} */
export const ONE = { units: 1n, scale: 0 };

const powerOfTen = (exponent) => 10n ** BigInt(exponent);
const magnitude = (number) => (number < 0n ? -number : number);

/**
 * The number that a text of digits stands for; zeros at the end of its decimals count for nothing.
 * @param {string} text digits, perhaps with a minus sign and a point between digits
 * @returns {Decimal}
 */
export function readDecimal(text) {
  const [whole, fraction = ""] = text.split(".");
  const kept = fraction.replace(/0+$/, "");
  return { units: BigInt(whole + kept), scale: kept.length };
}

/** @param {Decimal} number @param {number} scale no smaller than its own @returns {bigint} */
function unitsAt({ units, scale: own }, scale) {
  const wide = units * powerOfTen(scale - own);
  if (magnitude(wide) >= LIMIT) throw new Malformed("a number has too many digits");
  return wide;
}

/** Below 0, 0, or above, as the first is smaller, equal, or larger. @param {Decimal} a @param {Decimal} b */
export function compare(a, b) {
  const scale = Math.max(a.scale, b.scale);
  const [left, right] = [a, b].map((one) => one.units * powerOfTen(scale - one.scale));
  return left < right ? -1 : Number(left > right);
}

/** The same numbers in units of one decimal place. @param {Decimal[]} numbers @returns {bigint[]} */
export function aligned(...numbers) {
  const scale = Math.max(...numbers.map((number) => number.scale));
  return numbers.map((number) => unitsAt(number, scale));
}

/** To 18 decimal places, half away from 0. @param {Decimal} number @returns {Decimal} */
function cut({ units, scale }) {
  if (scale <= PLACES) return { units, scale };
  const unit = powerOfTen(scale - PLACES);
  const nearest = (2n * magnitude(units) + unit) / (2n * unit);
  return { units: units < 0n ? -nearest : nearest, scale: PLACES };
}

/**
 * The number times a factor, plus an offset.
 * @param {Decimal} number @param {Decimal} factor @param {Decimal} offset @returns {Decimal}
 */
export function converted(number, factor, offset) {
  const units = number.units * factor.units;
  if (BigInt.asIntN(PRODUCT_BITS, units) !== units) {
    throw new Malformed("a number has too many digits to be converted");
  }
  const parts = [cut({ units, scale: number.scale + factor.scale }), cut(offset)];
  const [product, added] = aligned(...parts);
  return { units: product + added, scale: Math.max(...parts.map((part) => part.scale)) };
}

/**
 * The nearest of origin + step · n, half away from the origin: as values of records are encoded.
 * @param {Decimal} number @param {Decimal} origin @param {Decimal} step @returns {Decimal}
 */
export function rounded(number, origin, step) {
  const [value, from, by] = aligned(number, origin, step);
  const above = value - from;
  const steps = (2n * magnitude(above) + by) / (2n * by);
  const scale = Math.max(number.scale, origin.scale, step.scale);
  return { units: from + by * (above < 0n ? -steps : steps), scale };
}

/** @param {Decimal} number @returns {Decimal} */
export const negated = ({ units, scale }) => ({ units: -units, scale });

/** Whether a number is whole. @param {Decimal} number */
export const isWhole = ({ scale }) => scale === 0;

/** The largest whole number that is not above a quotient. @param {bigint} dividend @param {bigint} divisor above 0 */
export function floorOf(dividend, divisor) {
  const quotient = dividend / divisor;
  return dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient;
}

/** The smallest whole number that is not below a quotient. @param {bigint} dividend @param {bigint} divisor above 0 */
export const ceilingOf = (dividend, divisor) => -floorOf(-dividend, divisor);
