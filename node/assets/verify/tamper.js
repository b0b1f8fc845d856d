// Copies of a bundle with one thing falsified, so that a reader sees the checks fail.
import { Malformed, concat, fromHex, fromText, toHex, toText, u32 } from "./bytes.js";
import { readEntry, transactionId } from "./entry.js";

/** Bytes at the end of an envelope: signer and signature; before them, in an answer, its proof. */
const SIGNATURE = 64;
const SIGNED = 96;
const PROOF = 128;
const DIGEST = 32;

/** @param {any} bundle the parsed file @param {(kind: string) => boolean} wanted */
const find = (bundle, wanted) => bundle.entries.filter(({ kind }) => wanted(kind));
const isAnswer = (kind) => kind === "submit eligibility";
const isCount = (kind) => kind === "submit cohort" || kind === "release cohort";

/** Changes an entry's bytes. @param {any} included @param {(bytes: Uint8Array) => void} change */
function edit(included, change) {
  const bytes = fromHex(included.entry);
  change(bytes);
  included.entry = toHex(bytes);
}

/** Adds 5 to the first number that a cohort answer releases, or releases 20 where it shows none. */
function changeCount(bundle) {
  const included = find(bundle, isCount)[0];
  if (included === undefined) return false;
  const bytes = fromHex(included.entry);
  const { released } = readEntry(bytes).transaction;
  const shown = Math.max(
    released.findIndex((value) => value !== null),
    0,
  );
  const sizeOf = (value) => (value === null ? 1 : 5);
  const after = released.slice(shown).reduce((sum, value) => sum + sizeOf(value), 0);
  const at = bytes.length - SIGNED - DIGEST - after;
  const count = released[shown] === null ? 20 : released[shown] + 5;
  const rest = bytes.slice(at + sizeOf(released[shown]));
  included.entry = toHex(concat(bytes.slice(0, at), Uint8Array.of(1), u32(count), rest));
  return true;
}

/** Turns the query text's first group round, and names the study that this makes. */
function changeQueryText(bundle) {
  const [included] = find(bundle, (kind) => kind === "open study");
  if (included === undefined) return false;
  const text = readEntry(fromHex(included.entry)).transaction.queryText;
  const group = /^[ \t]*(in|ex)clude/im.exec(text);
  if (group === null) return false;
  const turned = group[1].toLowerCase() === "in" ? "ex" : "in";
  const at = group.index + group[0].length - "include".length;
  const changed = text.slice(0, at) + turned + text.slice(at + turned.length);
  included.entry = included.entry.replace(toHex(fromText(text)), toHex(fromText(changed)));
  bundle.study = transactionId(readEntry(fromHex(included.entry)), bundle.ledger);
  return true;
}

function swapProofs(bundle) {
  const [one, other] = find(bundle, isAnswer);
  if (other === undefined) return false;
  const proofOf = (bytes) => bytes.slice(-SIGNED - PROOF, -SIGNED);
  const [first, second] = [one, other].map(({ entry }) => proofOf(fromHex(entry)));
  edit(one, (bytes) => bytes.set(second, bytes.length - SIGNED - PROOF));
  edit(other, (bytes) => bytes.set(first, bytes.length - SIGNED - PROOF));
  return true;
}

function flipInLast(bundle, wanted, fromEnd) {
  const included = find(bundle, wanted).at(-1);
  if (included === undefined) return false;
  edit(included, (bytes) => {
    bytes[bytes.length - fromEnd] ^= 1;
  });
  return true;
}

function remove(bundle, wanted) {
  const before = bundle.entries.length;
  bundle.entries = bundle.entries.filter((included) => !wanted(included));
  return bundle.entries.length < before;
}

function growCheckpoint(bundle) {
  const [origin, size, ...rest] = bundle.checkpoint.split("\n");
  bundle.checkpoint = [origin, String(Number(size) + 1), ...rest].join("\n");
  return true;
}

/**
 * Each falsification: its id, what it does, the check that must fail, and the change itself.
 * @type {[string, string, string, (bundle: any) => boolean][]}
 */
const TAMPERINGS = [
  ["count", "A released count is changed", "signatures", changeCount],
  [
    "query-text",
    "The query’s text is changed, and the study’s id with it",
    "query-text",
    changeQueryText,
  ],
  ["swap", "The proofs of two answers are swapped", "proofs", swapProofs],
  [
    "proof",
    "One bit of an answer’s proof is flipped",
    "proofs",
    (b) => flipInLast(b, isAnswer, SIGNED + 1),
  ],
  [
    "signature",
    "One bit of an approval’s signature is flipped",
    "signatures",
    (b) => flipInLast(b, (kind) => kind === "approve study", SIGNATURE),
  ],
  [
    "approval",
    "The approvals are taken out",
    "approvals",
    (b) => remove(b, ({ kind }) => kind === "approve study"),
  ],
  [
    "head",
    "The last registry head is taken out",
    "standing",
    (b) => remove(b, (included) => included === find(b, (kind) => kind === "registry head").at(-1)),
  ],
  [
    "left-out",
    "An answer is taken out (noticed with the whole log)",
    "complete",
    (b) =>
      Boolean(b.log) &&
      remove(
        b,
        (included) => included === find(b, (kind) => isAnswer(kind) || isCount(kind)).at(-1),
      ),
  ],
  ["checkpoint", "The checkpoint claims one entry more", "checkpoint", growCheckpoint],
];

/** @returns {{id: string, title: string, breaks: string}[]} what can be falsified */
export function tamperings() {
  return TAMPERINGS.map(([id, title, breaks]) => ({ id, title, breaks }));
}

/**
 * A falsified copy of a bundle's file.
 * @param {Uint8Array} file @param {string} id which falsification
 * @returns {Uint8Array | null} none where the bundle has nothing to falsify in this way
 */
export function tamper(file, id) {
  const [, , , change] = TAMPERINGS.find(([known]) => known === id) ?? [];
  if (change === undefined) return null;
  try {
    const bundle = JSON.parse(toText(file));
    return change(bundle) ? new TextEncoder().encode(JSON.stringify(bundle)) : null;
  } catch (error) {
    // Not a bundle: nothing to falsify.
    if (error instanceof Malformed || error instanceof SyntaxError || error instanceof TypeError)
      return null;
    throw error;
  }
}
