// The answers by subjects: the ledger's rules for them, and their proofs.
import { Checks } from "./checks.js";
import { Contents, attempt } from "./contents.js";
import { showDay } from "./day.js";
import { expectedOf, publicInputs, statementProblems } from "./study.js";
import { proves, readProof } from "./verifying-key.js";

/**
 * That the study took answers on this day at this place of the log.
 * @param {Contents} contents @param {number} index @param {number} day @param {Checks} checks
 * @returns {import('./entry.js').Head | null} the head over it
 */
export function checkStanding(contents, index, day, checks) {
  const { study, approvals, closed } = contents;
  const wrong = (id, what) => checks.problem(id, `entry ${index}: ${what}`);
  const given = [...approvals.values()].filter((entry) => entry < index).length;
  if (given < study.approvalsNeeded) {
    wrong(
      "approvals",
      `the answer was entered when ${given} of ${study.approvalsNeeded} approvals were there`,
    );
  }
  if (index < study.index) wrong("standing", "the answer was entered before the study was opened");
  if (closed !== null && closed < index)
    wrong("standing", "the answer was entered after the study was closed");
  if (day > study.expires) {
    wrong(
      "standing",
      `the answer is of ${showDay(day)}, after the study’s last day, ${showDay(study.expires)}`,
    );
  }
  const over = contents.headOver(index);
  if (over === null)
    wrong("standing", "the bundle lacks the registry head that the answer stands under");
  else if (over.day !== day) {
    wrong(
      "standing",
      `the answer is of ${showDay(day)}; the ledger’s day was ${showDay(over.day)}`,
    );
  }
  return over;
}

/** The height of the root that an answer names, if it may. */
function checkRoot(contents, answer, over, checks) {
  const wrong = (what) => checks.problem("roots", `entry ${answer.index}: ${what}`);
  const named = contents.heads.findLast(
    ({ head }) => head.root === answer.statement.root && head.height < over.height,
  );
  if (named === undefined) {
    wrong("the bundle lacks the registry head whose root the answer names");
    return null;
  }
  const { height } = named.head;
  const age = over.height - 1n - height;
  if (age > contents.study.freshness)
    wrong(`its root is ${age} heights old, too old for the study`);
  if (height < over.revised)
    wrong(`its root is of height ${height}, before something was taken back`);
  return height;
}

/**
 * Whether the answer's proof was looked at: not under a key that was refused.
 * @param {Contents} contents @param {any} answer @param {Checks} checks
 */
function checkProof(contents, answer, checks) {
  const wrong = (what) => checks.problem("proofs", `entry ${answer.index}: ${what}`);
  const accepted = contents.keys.get(answer.key);
  if (accepted === undefined && contents.refusedKeys.has(answer.key)) return false;
  if (accepted === undefined || accepted.index >= answer.index) {
    wrong("the bundle does not show that a key of this id was accepted before");
    return true;
  }
  const proof = attempt(() => readProof(answer.proof), wrong);
  if (proof !== null && !proves(accepted.key, publicInputs(answer.statement), proof)) {
    wrong("the proof does not show the answer’s statement");
  }
  return true;
}

/**
 * Checks every answer by a subject, and its proof.
 * @param {Contents} contents with a study @param {Checks} checks
 * @param {(done: number) => void} progress
 */
export function checkAnswers(contents, checks, progress) {
  const { bundle, study, answers } = contents;
  const ids = ["roots", "statements", "nullifiers", "proofs"];
  if (answers.length === 0) {
    ids.forEach((id) => checks.skip(id, "The bundle holds no answers by subjects."));
    return [];
  }
  const expected = expectedOf(study, bundle.study, bundle.ledger);
  const seen = new Set();
  let proven = 0;
  const told = answers.map((answer, place) => {
    const { index, statement } = answer;
    const over = checkStanding(contents, index, statement.day, checks);
    const height = over === null ? null : checkRoot(contents, answer, over, checks);
    for (const what of statementProblems(expected, statement)) {
      checks.problem("statements", `entry ${index}: ${what}`);
    }
    if (seen.has(statement.nullifier))
      checks.problem("nullifiers", `entry ${index}: its nullifier answered before`);
    seen.add(statement.nullifier);
    if (checkProof(contents, answer, checks)) proven += 1;
    progress(place + 1);
    return {
      entry: index,
      day: showDay(statement.day),
      height: height === null ? null : String(height),
    };
  });
  checks.done("roots", `Computed from the heads in the bundle, for ${counted(answers.length)}.`);
  checks.done(
    "statements",
    `Computed anew from the study’s terms, for ${counted(answers.length)}.`,
  );
  checks.done("nullifiers", `${counted(answers.length)}, each with a nullifier of its own.`);
  if (proven === answers.length)
    checks.done("proofs", `${counted(proven)} verified, one pairing equation each.`);
  else checks.skip("proofs", "Not checked: a verifying key was refused.");
  return told;
}

const counted = (number) => (number === 1 ? "1 answer" : `${number} answers`);
