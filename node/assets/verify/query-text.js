// That a study's query text is the query that was proven: the text that boards read, compiled with
// the bundle's profile, is the compiled query of the study. docs/spec/ledger.md, "Audit bundle".
import { equal, toHex } from "./bytes.js";
import { Checks } from "./checks.js";
import { Contents, attempt } from "./contents.js";
import { readProfile } from "./profile.js";
import { editionOf } from "./study.js";
import { compile } from "./query/compile.js";
import { parseQuery } from "./query/parse.js";

const ID = "query-text";

/** @typedef {import('./query.js').Criterion} Criterion */

/** @param {Criterion} a @param {Criterion} b */
const same = (a, b) =>
  a.field === b.field &&
  a.minusPrevious === b.minusPrevious &&
  a.start === b.start &&
  a.length === b.length &&
  a.ifNone === b.ifNone &&
  a.opensGroup === b.opensGroup &&
  a.atLeast === b.atLeast;

/**
 * A query's text, compiled with a profile.
 * @param {string} text @param {import('./profile.js').Profile} profile
 * @returns {import('./query.js').Query & {index: number}} `index` is its index day
 */
export function compiledText(text, profile) {
  const query = parseQuery(text);
  const criteria = compile(query, profile);
  return { edition: editionOf(profile.hash, query.index), criteria, index: query.index };
}

/** @param {Contents} contents with a study @param {Checks} checks */
export function checkQueryText({ study, bundle }, checks) {
  const wrong = (what) => checks.problem(ID, what);
  const profile = attempt(() => readProfile(bundle.profile), wrong);
  if (profile === null) return;
  if (!equal(profile.hash, study.profile)) {
    wrong(`the bundle’s profile has the hash ${toHex(profile.hash)}, which is not the study’s`);
    return;
  }
  const compiled = attempt(() => compiledText(study.queryText, profile), wrong);
  if (compiled === null) return;
  if (compiled.index !== study.indexDay || compiled.edition !== study.query.edition) {
    wrong("the text asks as of another index day than the compiled query");
  }
  const differs = compiled.criteria.findIndex((one, at) => !same(one, study.query.criteria[at]));
  if (differs >= 0) {
    wrong(`the text asks something else: compiled criterion ${differs + 1} is not the study’s`);
  }
  const used = compiled.criteria.findLastIndex(({ atLeast }) => atLeast > 0) + 1;
  checks.done(
    ID,
    `${used} of 16 criteria, compiled here with the profile “${profile.name}” that the study names.`,
  );
}
