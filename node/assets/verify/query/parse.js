// From a query's text to what it asks: its header, the headings of its groups, its criteria, one
// a line. docs/spec/query.md, section "Text".
import { Malformed, fromText } from "../bytes.js";
import { isWhole } from "../decimal.js";
import { readCriterion } from "./criterion.js";
import { Words } from "./words.js";

const MOST_BYTES = 65_536;
const MOST_TITLE = 200;

/**
 * @typedef {{includes: boolean, need: 'all' | 'any' | number,
 *   criteria: import('./criterion.js').Criterion[]}} Group a number is how many of them at least
 * @typedef {{title: string, profile: string | null, index: number, groups: Group[]}} Query
 */

/** What could make a page show another text than the one that is read, where it is no line's end. */
const DECEPTIVE = /[^\P{Cc}\n\t\r]|\r(?!\n|$)|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** @param {string} text @returns {Query} */
export function parseQuery(text) {
  if (fromText(text).length > MOST_BYTES) throw new Malformed("the query text is too long");
  if (DECEPTIVE.test(text)) {
    throw new Malformed("the query text holds a character that could hide how it reads");
  }
  // An editor's byte order mark is no part of the query.
  const lines = text.replace(/^\ufeff/, "").split("\n");
  const written = lines.map((line, at) => new Words(line.replace(/\r$/, ""), at + 1));
  const [first, ...rest] = written.filter((words) => !words.isAtEnd);
  if (first === undefined) throw new Malformed("the query text asks nothing");
  const header = readHeader(first);
  const groups = [];
  for (const words of rest) {
    readLine(words, groups);
    words.end();
  }
  groups.forEach(checkGroup);
  if (groups.length === 0) throw new Malformed("the query text has no group");
  return { ...header, groups };
}

/** @param {Words} words */
function readHeader(words) {
  words.one(["cohort"]);
  const title = words.title();
  if ([...title].length > MOST_TITLE || /\p{Cc}/u.test(title))
    words.refuse("its title is too long");
  const named = words.one(["using", "at"]) === "using";
  const profile = named ? words.name() : null;
  if (named) words.one(["at"]);
  const index = words.date();
  words.end();
  return { title, profile, index };
}

/** @param {Words} words @param {Group[]} groups to which a heading or a criterion is added */
function readLine(words, groups) {
  const sense = words.takesOne(["include", "exclude"]);
  if (sense !== null) {
    groups.push({ includes: sense === "include", need: readNeed(words), criteria: [] });
    return;
  }
  const group = groups.at(-1);
  if (group === undefined) words.refuse("a criterion stands before any group");
  group.criteria.push(readCriterion(words));
}

/** @param {Words} words @returns {Group['need']} */
function readNeed(words) {
  const need = words.one(["all", "any", "at least"]);
  if (need === "all" || need === "any") {
    words.takes("of");
    return need;
  }
  const number = words.numeral();
  if (!isWhole(number)) words.refuse("it asks for part of a criterion");
  words.one(["of"]);
  return Number(number.units);
}

/** @param {Group} group */
function checkGroup({ need, criteria }) {
  const size = criteria.length;
  if (size === 0) throw new Malformed("a group of the query text has no criteria");
  if (typeof need === "number" && (need < 1 || need > size)) {
    throw new Malformed("a group of the query text asks for none, or for more than it has");
  }
}
