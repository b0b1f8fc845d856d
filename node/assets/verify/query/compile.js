// From what a query asks, and a profile, to the compiled query: negation, thresholds, and the order
// of the compiled criteria. docs/spec/query.md, section "Compilation".
import { Malformed } from "../bytes.js";
import { NEVER, complement, mirrored } from "./interval.js";
import { resolve } from "./resolve.js";

/** Criteria in a compiled query, unused ones included. */
const CRITERIA = 16;

/**
 * @typedef {import('../query.js').Criterion} Criterion
 * @typedef {{criterion: Criterion, minus: number}} Difference that stands in no chain yet
 */

/**
 * The 16 criteria of the compiled query.
 * @param {import('./parse.js').Query} query @param {import('../profile.js').Profile} profile
 * @returns {Criterion[]}
 */
export function compile(query, profile) {
  if (query.profile !== null && query.profile !== profile.name) {
    throw new Malformed(`the query text is for the profile ${query.profile}`);
  }
  const asked = query.groups.flatMap(({ criteria }) => criteria);
  if (asked.length > CRITERIA) throw new Malformed("the query text has more than 16 criteria");
  const criteria = query.groups.flatMap((group) => compiledGroup(group, profile, query.index));
  if (criteria.length > CRITERIA) {
    throw new Malformed(`the query text takes ${criteria.length} compiled criteria; 16 fit`);
  }
  const unused = Array.from({ length: CRITERIA - criteria.length }, () => ({
    ...criterionOf(0, NEVER, false),
    opensGroup: true,
  }));
  return [...criteria, ...unused];
}

/** @returns {Criterion} */
const criterionOf = (field, { start, length }, ifNone) => ({
  field,
  minusPrevious: false,
  start,
  length,
  ifNone,
  opensGroup: false,
  atLeast: 0,
});

/** @param {import('./parse.js').Group} group @returns {Criterion[]} */
function compiledGroup(group, profile, index) {
  const asked = group.criteria.map((criterion) => {
    const { field, minus, set, ifNone } = resolve(criterion, profile, index);
    const held = group.includes ? { set, ifNone } : { set: complement(set), ifNone: !ifNone };
    return { field, minus, ...held };
  });
  const criteria = inChains(asked);
  criteria[0].opensGroup = true;
  criteria.at(-1).atLeast = threshold(group);
  return criteria;
}

/** How many criteria, negated in a group that excludes, must hold. @param {import('./parse.js').Group} group */
function threshold({ includes, need, criteria }) {
  const size = criteria.length;
  const least = { all: size, any: 1 }[need] ?? need;
  // Fewer than n of them hold exactly if at least size − n + 1 do not.
  return includes ? least : size - least + 1;
}

/** @param {import('./resolve.js').Resolved[]} asked @returns {Criterion[]} */
function inChains(asked) {
  const chains = [];
  const differences = [];
  for (const { field, minus, set, ifNone } of asked) {
    set.forEach((interval, run) => {
      // Of a row without a record the first run answers for all of them.
      const criterion = criterionOf(field, interval, ifNone && run === 0);
      if (minus === null) chains.push([criterion]);
      else differences.push({ criterion, minus });
    });
  }
  while (differences.length > 0) {
    const next = differences.findIndex((difference) => attach(chains, difference));
    // Behind the carrier a difference finds its place in the next round.
    if (next < 0) chains.push([criterionOf(carried(differences), NEVER, false)]);
    else differences.splice(next, 1);
  }
  return chains.flat();
}

/** Puts a difference at the end of a chain, if one ends on a field of its. @returns {boolean} */
function attach(chains, { criterion, minus }) {
  const endsOn = (field) => chains.find((chain) => chain.at(-1).field === field);
  const chain = endsOn(minus);
  if (chain !== undefined) {
    chain.push({ ...criterion, minusPrevious: true });
    return true;
  }
  const other = endsOn(criterion.field);
  if (other === undefined) return false;
  other.push({ ...criterion, ...mirrored(criterion), field: minus, minusPrevious: true });
  return true;
}

/** The field that a carrier brings: the first at which an odd number of the differences meet. @param {Difference[]} differences */
function carried(differences) {
  const fields = differences.flatMap(({ criterion, minus }) => [minus, criterion.field]);
  const isOdd = (field) => fields.filter((other) => other === field).length % 2 === 1;
  return fields.find(isOdd) ?? fields[0];
}
