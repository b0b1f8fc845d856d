// The audit of a bundle: every check in order, and the verdict. Nothing here asks the network.
import { Malformed, fromHex, toHex } from "./bytes.js";
import { checkAnswers } from "./answers.js";
import { readBundle } from "./bundle.js";
import { originOf, readCheckpointKey, verifyCheckpoint } from "./checkpoint.js";
import { Checks } from "./checks.js";
import { checkCohort } from "./cohort.js";
import { Contents, attempt, readEntries } from "./contents.js";
import { ledgerIdOf, readEntry } from "./entry.js";
import { checkQueryText } from "./query-text.js";
import { termProblems } from "./study.js";
import { verdictOn } from "./verdict.js";
import { checkLog } from "./whole-log.js";

/**
 * @typedef {{ledger?: string, checkpointKey?: string, allowInsecureKeys?: boolean}} Expected
 *   what the reader knows from elsewhere, and is willing to trust
 * @typedef {{what: string, done: number, of: number}} Progress
 */

/**
 * Audits a bundle. Never throws: bytes of any kind give a report.
 * @param {Uint8Array} file @param {Expected} expected @param {(progress: Progress) => void} [progress]
 * @returns {import('./verdict.js').Report}
 */
export function audit(file, expected, progress = () => {}) {
  const checks = new Checks();
  const found = { about: null, answers: [], cohort: [], waiting: 0, keys: 0, insecure: false };
  try {
    auditWith(file, expected, checks, found, progress);
  } catch (error) {
    // Not reached by any input known; if it is, nothing may be said to hold.
    checks.problem(
      "bundle",
      error instanceof Malformed ? error.message : "the script could not go on with it",
    );
  }
  return verdictOn(checks, found);
}

function auditWith(file, expected, checks, found, progress) {
  const bundle = readBundle(file);
  checks.done(
    "bundle",
    `${bundle.entries.length} entries${bundle.log === null ? "" : ", with the whole log"}.`,
  );
  checkExpected(bundle, expected, checks);
  const genesis = readGenesis(bundle, checks);
  if (genesis === null) return;
  checkCheckpointKey(bundle, genesis, expected, checks);
  const checkpoint = readSigned(bundle, genesis, checks);
  const allow = expected.allowInsecureKeys === true;
  const contents = new Contents(bundle, genesis, allow, checks);
  const told = (what, of) => (done) => progress({ what, done, of });
  const take = (index, entry) => contents.take(index, entry);
  readEntries(bundle, checkpoint, checks, take, told("entries", bundle.entries.length));
  entriesDone(contents, checkpoint, checks);
  if (contents.study === null) {
    checks.problem("study", "the bundle does not hold the transaction that opened the study");
  } else {
    checkStudy(contents, checks);
    checkQueryText(contents, checks);
    found.answers = checkAnswers(contents, checks, told("answers", contents.answers.length));
    ({ told: found.cohort, waiting: found.waiting } = checkCohort(contents, checks));
    standingDone(contents, checks);
    found.about = aboutOf(contents, genesis, checkpoint);
    found.keys = contents.keys.size;
    found.insecure = [...contents.keys.values()].some((key) => key.insecure);
  }
  checkLog(contents, checkpoint, checks, told("the whole log", bundle.log?.length ?? 0));
  checks.skip(
    "rules",
    "Not checked here: use `salus audit verify` with a bundle that holds the whole log.",
  );
}

function checkExpected(bundle, { ledger }, checks) {
  if (!ledger) {
    checks.skip(
      "ledger",
      `Compare this id with one that you have from elsewhere: ${bundle.ledger}.`,
    );
    return;
  }
  if (ledger.trim().toLowerCase() !== bundle.ledger) {
    checks.problem("ledger", `the bundle is of ledger ${bundle.ledger}`);
  }
  checks.done("ledger", `${bundle.ledger}.`);
}

/** A reader who knows the key knows the ledger: nobody else signs its checkpoints. */
function checkCheckpointKey(bundle, genesis, { checkpointKey }, checks) {
  if (!checkpointKey) return;
  const key = attempt(
    () => readCheckpointKey(checkpointKey),
    (what) => checks.problem("ledger", what),
  );
  if (key !== null && key !== genesis.checkpoint) {
    checks.problem("ledger", `the ledger’s checkpoint key is ${genesis.checkpoint}`);
  }
  checks.done("ledger", `${bundle.ledger}, whose checkpoint key you gave.`);
}

/** The genesis, if its hash is the ledger's id; its signature is checked with the others. */
function readGenesis(bundle, checks) {
  const wrong = (what) => checks.problem("genesis", what);
  const [first] = bundle.entries;
  if (first?.index !== 0) {
    wrong("the bundle’s first entry is not entry 0 of the log");
    return null;
  }
  const entry = attempt(() => readEntry(fromHex(first.entry)), wrong);
  if (entry === null) return null;
  if (entry.kind !== "genesis") {
    wrong("entry 0 is no genesis");
    return null;
  }
  const founds = ledgerIdOf(entry);
  if (founds !== bundle.ledger) {
    wrong(`it founds ledger ${founds}`);
    return null;
  }
  checks.done("genesis", `It founds “${entry.transaction.name}”.`);
  return entry.transaction;
}

function readSigned(bundle, genesis, checks) {
  const origin = originOf(genesis.name, bundle.ledger);
  const read = () => verifyCheckpoint(bundle.checkpoint, origin, genesis.checkpoint);
  const checkpoint = attempt(read, (what) => checks.problem("checkpoint", what));
  if (checkpoint !== null)
    checks.done("checkpoint", `${checkpoint.size} entries, root ${toHex(checkpoint.root)}.`);
  return checkpoint;
}

function entriesDone({ bundle, heads, keys }, checkpoint, checks) {
  const all = `All ${bundle.entries.length}`;
  checks.done("entries", `${all} entries of the bundle.`);
  if (checkpoint !== null)
    checks.done("inclusion", `${all} proofs lead to the root of ${checkpoint.size} entries.`);
  checks.done("signatures", "All of them, by the strict rules for Ed25519.");
  checks.done("signers", "All of them, and nothing has no place here.");
  checks.done("heads", `${heads.length} heads.`);
  if (keys.size === 0) checks.skip("keys", "The bundle holds no verifying key.");
  else
    checks.done(
      "keys",
      [...keys]
        .map(([id, { insecure }]) => `${id}${insecure ? ", a development key" : ""}`)
        .join("; "),
    );
}

function checkStudy({ study }, checks) {
  termProblems(study).forEach((what) => checks.problem("study", what));
  const { suppressUpTo, roundTo } = study.policy;
  checks.done(
    "study",
    `“${study.title}”: counts of 1 to ${suppressUpTo} are suppressed, others rounded to ${roundTo}.`,
  );
}

/** Approvals and standing are looked at for each answer, and pass only if there is one. */
function standingDone({ answers, cohort, approvals, study }, checks) {
  if (answers.length + cohort.length === 0) {
    const none = `The bundle holds no answers; ${approvals.size} of ${study.approvalsNeeded} approvals are there.`;
    checks.skip("approvals", none);
    checks.skip("standing", none);
    return;
  }
  checks.done(
    "approvals",
    `${approvals.size} in the bundle; ${study.approvalsNeeded} needed before the first answer.`,
  );
  checks.done("standing", `All ${answers.length + cohort.length}.`);
}

/** A text of which nothing is hidden: what breaks a line or turns the direction of writing is named. */
function legible(text) {
  const deceptive = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
  // A carriage return at a line's end hides nothing.
  const lines = text.replace(/\r(?=\n|$)/g, "");
  return lines.replace(deceptive, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

function aboutOf({ study, bundle, approvals, boards }, genesis, checkpoint) {
  return {
    title: study.title,
    institution: study.purpose.institution,
    queryText: legible(study.queryText),
    ledgerName: genesis.name,
    ledger: bundle.ledger,
    checkpointKey: genesis.checkpoint,
    size: checkpoint?.size ?? null,
    approvals: [...approvals.keys()].map((key) => boards.get(key)?.title ?? key),
  };
}
