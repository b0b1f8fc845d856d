// A study's terms, and what its answers' statements must say. docs/spec/ledger.md, section "Rules".
import { fromHex, fromText } from "./bytes.js";
import { hash } from "./hash.js";
import { fromDigest, poseidonHash } from "./poseidon.js";
import { asksContact, institutionCode, purposeCode } from "./purpose.js";
import { queryDigest } from "./query.js";

const MOST_BOARDS = 32;
const MOST_TOGETHER = 64;
const MOST_QUERY_TEXT = 16_384;
/** The weakest policy that a study may have. */
const SUPPRESS_UP_TO = 10;
const ROUND_TO = 5;

/** Whether keys in hexadecimal ascend. @param {string[]} keys */
const ascend = (keys) => keys.every((key, at) => at === 0 || keys[at - 1] < key);

/**
 * What is wrong with a study's terms, as far as they can be checked alone.
 * @param {any} study the transaction that opened it @returns {string[]}
 */
export function termProblems(study) {
  const { boards, together, approvalsNeeded, policy } = study;
  const problems = [];
  const demand = (holds, what) => holds || problems.push(what);
  demand(
    boards.length >= 1 && boards.length <= MOST_BOARDS && ascend(boards),
    "its boards must be 1 to 32, each once, in ascending order",
  );
  demand(
    together.length !== 1 && together.length <= MOST_TOGETHER && ascend(together),
    "custodians counted together are none, or 2 to 64, each once, in ascending order",
  );
  demand(
    approvalsNeeded >= 1 && approvalsNeeded <= boards.length,
    "it must need one approval at least, and no more than it has boards",
  );
  demand(study.noise === null || study.noise.budget > 0, "its budget for noise is nothing");
  demand(fromText(study.queryText).length <= MOST_QUERY_TEXT, "its query text is too long");
  demand(
    study.query.edition === editionOf(study.profile, study.indexDay),
    "its compiled query is of another profile or index day than it names",
  );
  demand(
    policy.suppressUpTo >= SUPPRESS_UP_TO && policy.roundTo >= ROUND_TO,
    "its policy is weaker than the standard: suppress 1 to 10, round to 5",
  );
  return problems;
}

/** @param {Uint8Array} profile a profile's hash @param {number} indexDay */
export function editionOf(profile, indexDay) {
  return poseidonHash("salus.v1.edition", [fromDigest(profile), BigInt(indexDay)]);
}

/**
 * What every statement of the study's answers must say.
 * @param {any} study the transaction that opened it
 * @param {string} id the study's @param {string} ledger the ledger's id
 */
export function expectedOf(study, id, ledger) {
  return {
    query: queryDigest(study.query),
    scope: fromDigest(hash("salus/v1/scope", fromHex(ledger), fromHex(id))),
    purpose: purposeCode(study.purpose),
    institution: institutionCode(study.purpose),
    contact: asksContact(study.purpose),
  };
}

/**
 * What a statement says otherwise than its study.
 * @param {ReturnType<typeof expectedOf>} expected
 * @param {Record<string, any>} statement @returns {string[]}
 */
export function statementProblems(expected, statement) {
  const problems = ["query", "scope", "purpose", "institution"]
    .filter((part) => statement[part] !== expected[part])
    .map((part) => `its ${part} is not the study's`);
  if (statement.contact !== 0n && !expected.contact) {
    problems.push("it carries a contact, for which the study does not ask");
  }
  return problems;
}

/** A statement's public inputs, in the circuit's order. @param {Record<string, any>} s @returns {bigint[]} */
export function publicInputs(s) {
  const day = BigInt(s.day);
  return [s.root, s.query, s.scope, s.nullifier, day, s.purpose, s.institution, s.contact];
}
