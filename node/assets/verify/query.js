// A compiled query: 16 criteria in groups, well formed, and its digest.
// docs/spec/query.md, section "Compiled form"; docs/spec/eligibility.md, section "Criteria".
import { Malformed } from "./bytes.js";
import { poseidonHash } from "./poseidon.js";
import { Reader } from "./reader.js";

const CRITERIA = 16;
const FIELDS = 64;
/** Length of the cycle on which intervals lie. */
const CYCLE = 2 ** 17;
const WORD_BITS = 54n;

/**
 * @typedef {{field: number, minusPrevious: boolean, start: number, length: number,
 *   ifNone: boolean, opensGroup: boolean, atLeast: number}} Criterion
 * @typedef {{edition: bigint, criteria: Criterion[]}} Query
 */

/** @param {Reader} reader @returns {Query} */
export function readQuery(reader) {
  const edition = reader.element();
  const criteria = reader.array(CRITERIA, () => ({
    field: reader.u8(),
    minusPrevious: reader.bool(),
    start: reader.u32(),
    length: reader.u32(),
    ifNone: reader.bool(),
    opensGroup: reader.bool(),
    atLeast: reader.u8(),
  }));
  check(criteria);
  return { edition, criteria };
}

/** Throws unless the criteria are well formed. @param {Criterion[]} criteria */
function check(criteria) {
  const demand = (holds, place, what) => {
    if (!holds) throw new Malformed(`criterion ${place + 1} of the compiled query: ${what}`);
  };
  let opened = 0;
  criteria.forEach((criterion, place) => {
    if (criterion.opensGroup) opened = place;
    const size = place - opened + 1;
    const last = place === CRITERIA - 1 || criteria[place + 1].opensGroup;
    demand(criterion.field < FIELDS, place, "its field is not below 64");
    const onCycle = criterion.start < CYCLE && criterion.length < CYCLE;
    demand(onCycle, place, "its interval does not lie on the cycle");
    const first = criterion.opensGroup && !criterion.minusPrevious;
    demand(place > 0 || first, place, "the first opens a group and subtracts nothing");
    demand(
      last || criterion.atLeast === 0,
      place,
      "only the last of a group says how many must hold",
    );
    demand(criterion.atLeast <= size, place, "its group asks for more criteria than it has");
    demand(!last || criterion.atLeast > 0 || isUnused(criterion), place, "its group asks for none");
  });
}

/** @param {Criterion} c a criterion that is not used: a group of its own of which none must hold */
function isUnused(c) {
  const zero = c.field === 0 && c.start === 0 && c.length === 0 && c.atLeast === 0;
  return zero && c.opensGroup && !c.minusPrevious && !c.ifNone;
}

/** @param {Criterion} c @returns {bigint} 54 bits */
function packed(c) {
  const flags = [c.minusPrevious, c.ifNone, c.opensGroup];
  const parts = [BigInt(c.start), BigInt(c.length) << 20n, BigInt(c.field) << 40n];
  flags.forEach((flag, place) => parts.push(BigInt(flag) << BigInt(46 + place)));
  parts.push(BigInt(c.atLeast) << 49n);
  return parts.reduce((sum, part) => sum | part, 0n);
}

/** The query's identity. @param {Query} query @returns {bigint} */
export function queryDigest({ edition, criteria }) {
  const words = [0n, 0n, 0n, 0n];
  criteria.forEach((criterion, place) => {
    words[place >> 2] |= packed(criterion) << (WORD_BITS * BigInt(place & 3));
  });
  return poseidonHash("salus.v1.query", [...words, edition]);
}

/** How many groups the query has, unused ones apart. @param {Query} query */
export function groupsOf({ criteria }) {
  return criteria.filter((criterion) => criterion.atLeast !== 0).length;
}
