// A cohort answer's table and released values. docs/spec/cohort.md, sections "Tally", "Release"
// and "Noise". Their proofs are not checked in script.
import { groupsOf } from "./query.js";
import { Reader } from "./reader.js";

const MOST_CELLS = 64;
/** Counts are below this. */
const COUNT_BOUND = 2 ** 26;
/** Noise lies between this and its negative. */
const NOISE_BOUND = 2 ** 10;

/**
 * @typedef {{field: number, bands: {low: number, high: number}[]}} Stratifier
 * @typedef {{kind: 'count' | 'attrition' | 'strata', by: Stratifier[]}} Table
 * @typedef {number | null} Released `null` is suppressed
 */

/** @param {Reader} reader @returns {Table} */
export function readTable(reader) {
  const kind = /** @type {const} */ (["count", "attrition", "strata"])[reader.tag(3)];
  const band = () => ({ low: reader.u16(), high: reader.u16() });
  const stratifier = () => ({ field: reader.u8(), bands: reader.list(band) });
  return { kind, by: kind === "strata" ? reader.list(stratifier) : [] };
}

/** @param {Reader} reader @returns {Released} */
export function readReleased(reader) {
  return reader.tag(2) === 0 ? null : reader.u32();
}

/** A table as text, to compare two. @param {Table} table */
export function tableKey(table) {
  return JSON.stringify(table);
}

/**
 * How many cells an answer with this table has, or what is wrong with the table.
 * @param {Table} table @param {import('./query.js').Query} query @returns {number | string}
 */
export function cellsOf(table, query) {
  let cells = 1;
  if (table.kind === "attrition") cells = 2 + groupsOf(query);
  if (table.kind === "strata") {
    const { by } = table;
    if (by.length < 1 || by.length > 2) return "a table divides by one or two fields";
    for (const { field, bands } of by) {
      const ascend = bands.every(
        ({ low, high }, at) => low <= high && (at === 0 || bands[at - 1].high < low),
      );
      if (field > 63 || bands.length === 0 || !ascend) {
        return `the bands of field ${field} must be one or more, ascend and not overlap`;
      }
    }
    cells = 1 + by.reduce((product, { bands }) => product * (bands.length + 1), 1);
  }
  return cells > MOST_CELLS ? `the table has ${cells} cells, more than ${MOST_CELLS}` : cells;
}

/**
 * Whether the policy can release this value for any count at all.
 * @param {Released} value
 * @param {{suppressUpTo: number, roundTo: number}} policy
 * @param {boolean} noised
 */
export function isReleasable(value, { suppressUpTo, roundTo }, noised) {
  if (value === null) return suppressUpTo > 0;
  if (value === 0) return true;
  if (value % roundTo !== 0) return false;
  const most = COUNT_BOUND - 1 + (noised ? NOISE_BOUND : 0);
  const nearest = value - Math.floor(roundTo / 2);
  // What is near to 0 is released as one step.
  const lowest = value === roundTo ? suppressUpTo + 1 : Math.max(nearest, suppressUpTo + 1);
  return lowest <= Math.min(nearest + roundTo - 1, most);
}

/**
 * The largest value that the policy shows where so many records can be counted; 0 if it shows none.
 * @param {number} records
 * @param {{suppressUpTo: number, roundTo: number}} policy
 */
export function mostReleased(records, { suppressUpTo, roundTo }) {
  if (records <= suppressUpTo) return 0;
  const nearest = Math.floor((records + Math.floor(roundTo / 2)) / roundTo) * roundTo;
  // What is near to 0 is released as one step.
  return Math.max(nearest, roundTo);
}
