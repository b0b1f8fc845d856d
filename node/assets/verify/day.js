// A day: days since 1880-01-01, from 1 (1880-01-02) to 65,535 (2059-06-06), by the Gregorian
// calendar. docs/spec/primitives.md, section "Days".
import { Malformed } from "./bytes.js";

/** The last day of the calendar. */
export const LAST = 65_535;

const MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isLeap = (year) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** @param {number} year @param {number} month 1 to 12 */
const daysIn = (year, month) => MONTHS[month - 1] + Number(month === 2 && isLeap(year));

/** Days from 0001-01-01 to the first of a year, from 1 on. @param {number} year */
function beforeYear(year) {
  const past = year - 1;
  return 365 * past + Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
}

const EPOCH = beforeYear(1880);

/** The day's number, which is no day's outside the calendar. @param {number} year @param {number} month @param {number} day */
function numberOf(year, month, day) {
  let number = beforeYear(year) - EPOCH + day - 1;
  for (let past = 1; past < month; past += 1) number += daysIn(year, past);
  return number;
}

/** @param {number} number a day @returns {{year: number, month: number, day: number}} */
function dateOf(number) {
  // No year has more than 366 days, so the guess is never too late.
  let year = 1880 + Math.floor(number / 366);
  while (numberOf(year + 1, 1, 1) <= number) year += 1;
  let month = 1;
  let rest = number - numberOf(year, 1, 1);
  for (; rest >= daysIn(year, month); month += 1) rest -= daysIn(year, month);
  return { year, month, day: rest + 1 };
}

/** @param {number | null} number a day @returns {string} as in 2024-03-01 */
export function showDay(number) {
  if (number === null) return "no day";
  const { year, month, day } = dateOf(number);
  return [year, month, day].map((part) => String(part).padStart(2, "0")).join("-");
}

/** @param {string} text as in 2024-03-01 @returns {number} a day */
export function readDay(text) {
  const parts = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  if (parts === null) throw new Malformed("a date is written as in 2020-01-31");
  const [year, month, day] = parts.slice(1).map(Number);
  const exists = year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  if (!exists) throw new Malformed("there is no such date");
  const number = numberOf(year, month, day);
  if (number < 1 || number > LAST) {
    throw new Malformed("the calendar runs from 1880-01-02 to 2059-06-06");
  }
  return number;
}

/**
 * The day that lies so long before another: the same day of the month so many months earlier, or
 * the last of a month that is too short. 0 for every day before the calendar begins.
 * @param {number} number a day @param {number} n whole, 0 or more
 * @param {'days' | 'weeks' | 'months' | 'years'} unit @returns {number}
 */
export function dayBefore(number, n, unit) {
  if (unit === "days" || unit === "weeks") {
    return Math.max(number - n * (unit === "weeks" ? 7 : 1), 0);
  }
  const { year, month, day } = dateOf(number);
  const months = 12 * year + month - 1 - n * (unit === "years" ? 12 : 1);
  const [earlier, of] = [Math.floor(months / 12), (months % 12) + 1];
  if (earlier < 1880) return 0;
  return Math.max(numberOf(earlier, of, Math.min(day, daysIn(earlier, of))), 0);
}
