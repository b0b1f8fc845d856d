// Intervals on the cycle of the compiled query, and sets of them: disjoint, with a gap after each,
// in the order of their first places. docs/spec/query.md, sections "Compiled form", "Compilation".

/** Length of the cycle. */
const CYCLE = 2 ** 17;
/** The place of the number, or the difference, 0. */
const ZERO_PLACE = 2 ** 16;

/** @typedef {{start: number, length: number}} Interval from `start` over `length` further places */

/** No number's place. @type {Interval} */
export const NEVER = { start: 0, length: 0 };
/** Every number's place. @type {Interval} */
export const ALWAYS = { start: 1, length: CYCLE - 2 };

/** The numbers, or differences, from `low` to `high`. @param {number} low @param {number} high @returns {Interval} */
export const numbers = (low, high) => ({ start: ZERO_PLACE + low, length: high - low });

/** The same differences, taken the other way round. @param {Interval} interval @returns {Interval} */
export const mirrored = ({ start, length }) => ({
  start: (2 * CYCLE - start - length) % CYCLE,
  length,
});

/** Runs of neighbours among these numbers. @param {number[]} some in any order @returns {Interval[]} */
export function runs(some) {
  const ascending = [...new Set(some)].sort((a, b) => a - b);
  const set = [];
  for (const number of ascending) {
    const last = set.at(-1);
    if (last !== undefined && last.start + last.length + 1 === ZERO_PLACE + number) {
      last.length += 1;
    } else set.push(numbers(number, number));
  }
  return set;
}

/** The gaps of a set that is not empty. @param {Interval[]} set @returns {Interval[]} */
export function complement(set) {
  const gaps = set.map(({ start, length }, place) => {
    const next = set[(place + 1) % set.length].start;
    const first = start + length + 1;
    return { start: first % CYCLE, length: ((next - first + 2 * CYCLE) % CYCLE) - 1 };
  });
  return gaps.sort((a, b) => a.start - b.start);
}
