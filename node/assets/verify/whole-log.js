// A bundle's whole log: that it is the one under the checkpoint, and what only it shows.
import { equal, fromBase64, fromHex, toHex } from "./bytes.js";
import { Checks } from "./checks.js";
import { checkMost } from "./cohort.js";
import { Contents, attempt } from "./contents.js";
import { isSignedFor, readEntry } from "./entry.js";
import { hash } from "./hash.js";
import { leafHash, rootOf } from "./log.js";
import { Replay } from "./replay.js";

const ANSWERS = ["submit eligibility", "submit cohort", "submit tally", "release cohort"];
/** Of these, those that count records. */
const COUNTS = ["submit cohort", "submit tally"];
const CHECKS = ["log", "attachments", "replay", "complete"];

/**
 * Checks the whole log, if the bundle holds it.
 * @param {Contents} contents @param {import('./checkpoint.js').Checkpoint | null} checkpoint
 * @param {Checks} checks @param {(done: number) => void} progress
 */
export function checkLog(contents, checkpoint, checks, progress) {
  const { log } = contents.bundle;
  if (log === null) {
    const none = "The bundle does not hold the whole log: export it with the log to check this.";
    CHECKS.forEach((id) => checks.skip(id, none));
    return;
  }
  if (checkpoint === null) return;
  const entries = readLog(log, checkpoint, contents.bundle, checks, progress);
  checkBundled(contents, log, checks);
  if (entries === null) return;
  checkAttachments(entries, contents.bundle.attachments, checks);
  checkComplete(entries, contents, checks);
  checkReplay(entries, contents, checks);
}

/** The log's entries, if each is one; checks root and signatures. */
function readLog(log, checkpoint, bundle, checks, progress) {
  const wrong = (index) => (what) => checks.problem("log", `entry ${index} of the log: ${what}`);
  const leaves = [];
  const entries = [];
  log.forEach((text, index) => {
    const bytes = attempt(() => fromHex(text), wrong(index));
    const entry = bytes && attempt(() => readEntry(bytes), wrong(index));
    if (bytes) leaves.push(leafHash(bytes));
    if (entry) entries.push(entry);
    if (entry && entry.head === null && !isSignedFor(entry, bundle.ledger)) {
      wrong(index)("its signature is not its signer’s for this ledger");
    }
    progress(index + 1);
  });
  if (leaves.length !== checkpoint.size || !equal(rootOf(leaves), checkpoint.root)) {
    checks.problem("log", "it is not the log under the checkpoint");
  }
  checks.done("log", `${log.length} entries hash to the checkpoint’s root, and each is signed.`);
  return entries.length === log.length ? entries : null;
}

/** That the bundle's entries are the log's, letter by letter. */
function checkBundled({ bundle }, log, checks) {
  for (const { index, entry } of bundle.entries) {
    if (log[index] !== entry) checks.problem("log", `entry ${index} differs from the whole log`);
  }
}

/** What a transaction can't be checked without, by digest. */
const namedBy = ({ kind, transaction }) =>
  kind === "publish page" ? transaction.publication : transaction?.proof;

function checkAttachments(entries, attachments, checks) {
  const digests = new Set();
  attachments.forEach((text, place) => {
    const wrong = (what) => checks.problem("attachments", `attachment ${place}: ${what}`);
    const bytes = attempt(() => fromBase64(text), wrong);
    if (bytes) digests.add(toHex(hash("salus/v1/attachment", bytes)));
  });
  let named = 0;
  entries.forEach((entry, index) => {
    // A proof of eligibility stands in the transaction itself.
    const digest = namedBy(entry);
    if (typeof digest !== "string") return;
    named += 1;
    if (!digests.has(digest))
      checks.problem("attachments", `entry ${index}: what it names is not in the bundle`);
  });
  if (named === 0)
    checks.skip("attachments", "The log names no publications and no cohort proofs.");
  else
    checks.done(
      "attachments",
      `${named} named by the log, all here under their digests. What they prove is not checked here.`,
    );
}

function checkComplete(entries, contents, checks) {
  const { bundle } = contents;
  const bundled = new Set(bundle.entries.map(({ index }) => index));
  let closed = null;
  let answers = 0;
  entries.forEach(({ kind, transaction: t }, index) => {
    if (t?.study !== bundle.study) return;
    if (kind === "close study") closed ??= index;
    if (!ANSWERS.includes(kind)) return;
    answers += 1;
    if (!bundled.has(index))
      checks.problem("complete", `the log’s entry ${index}, “${kind}”, is not in the bundle`);
    if (closed !== null)
      checks.problem("standing", `entry ${index}: it was entered after the study was closed`);
  });
  checks.done(
    "complete",
    `The log has ${answers === 1 ? "1 answer or tally" : `${answers} answers and tallies`} for the study, all in the bundle.`,
  );
}

function checkReplay(entries, contents, checks) {
  const { bundle, study } = contents;
  const replay = new Replay(bundle.ledger);
  const countable = new Map();
  for (const [index, entry] of entries.entries()) {
    if (study !== null && entry.transaction?.study === bundle.study && COUNTS.includes(entry.kind))
      countable.set(index, replay.countable(entry.signer, study.query.edition));
    const broken = replay.take(entry);
    if (broken !== null) {
      checks.problem("replay", `entry ${index} of the log: ${broken}`);
      return;
    }
  }
  if (study !== null) checkMost(contents, countable, checks);
  if (replay.first !== entries.length) checks.problem("replay", "the log ends within a height");
  checks.done(
    "replay",
    `${replay.records.length} records in ${replay.height} heights give every registry root in the log.`,
  );
}
