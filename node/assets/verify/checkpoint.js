// A signed checkpoint: C2SP's signed note over a log's size and root.
// docs/spec/ledger.md, section "Log".
import { Malformed, concat, equal, fromBase64, fromHex, fromText, toHex } from "./bytes.js";
import { sha256 } from "./hash.js";
import { verifies } from "./key.js";

/** signed-note's number for Ed25519. */
const ED25519 = Uint8Array.of(1);
const MOST_LENGTH = 1_000_000;
const MOST_SIGNATURES = 100;
const MOST_SIZE = 2 ** 48;

/** @typedef {{origin: string, size: number, root: Uint8Array}} Checkpoint */

/**
 * A checkpoint key as people give it: in hexadecimal, or as signed-note's tools write it, a name,
 * an id and a typed key with `+` between.
 * @param {string} text @returns {string} hexadecimal
 */
export function readCheckpointKey(text) {
  const given = text.trim();
  if (/^[0-9a-fA-F]{64}$/.test(given)) return given.toLowerCase();
  const parts = given.split("+");
  const typed = fromBase64(parts.slice(2).join("+"));
  if (parts.length < 3 || typed.length !== 33 || typed[0] !== ED25519[0]) {
    throw new Malformed(
      "a checkpoint key is 64 hexadecimal digits, or a name, an id and a key with + between",
    );
  }
  return toHex(typed.subarray(1));
}

/** A ledger's checkpoints' first line. @param {string} name @param {string} ledger its id */
export function originOf(name, ledger) {
  return `${name}/${ledger.slice(0, 32)}`;
}

/**
 * What a checkpoint says, whoever signed it, with its signatures.
 * @param {string} text
 * @returns {Checkpoint & {signed: string, signatures: {name: string, bytes: Uint8Array}[]}}
 */
export function readCheckpoint(text) {
  const split = text.lastIndexOf("\n\n");
  const bounded = text.length <= MOST_LENGTH && text.endsWith("\n") && split > 0;
  if (!bounded || /[\0-\t\v-\x1f]/.test(text)) {
    throw new Malformed("not a signed note");
  }
  const signed = text.slice(0, split + 1);
  const [origin, size, root, ...extensions] = signed.slice(0, -1).split("\n");
  if (!origin || !/^(0|[1-9][0-9]{0,15})$/.test(size ?? "") || extensions.includes("")) {
    throw new Malformed("not a checkpoint: the lines are origin, size and root");
  }
  const entries = Number(size);
  const hash = fromBase64(root ?? "");
  if (entries > MOST_SIZE || hash.length !== 32) {
    throw new Malformed("not a checkpoint: its size or root is out of bounds");
  }
  const lines = text.slice(split + 2, -1).split("\n");
  if (lines.length > MOST_SIGNATURES) throw new Malformed("not a signed note: too many signatures");
  const signatures = lines.map(readSignature);
  return { origin, size: entries, root: hash, signed, signatures };
}

/** @param {string} line */
function readSignature(line) {
  const [, name, base64] = /^\u2014 ([^\p{White_Space}+]+) (\S+)$/u.exec(line) ?? [];
  if (!name) throw new Malformed("not a signed note: a signature has another form");
  const bytes = fromBase64(base64);
  if (bytes.length < 5) throw new Malformed("not a signed note: a signature is too short");
  return { name, bytes };
}

/**
 * What a checkpoint says, if this key signed it for this origin.
 * @param {string} text @param {string} origin @param {string} key hexadecimal
 * @returns {Checkpoint}
 */
export function verifyCheckpoint(text, origin, key) {
  const { signed, signatures, ...said } = readCheckpoint(text);
  if (said.origin !== origin) {
    throw new Malformed(`the checkpoint is of ${said.origin}, not of ${origin}`);
  }
  const named = sha256(concat(fromText(`${origin}\n`), ED25519, fromHex(key))).subarray(0, 4);
  // Other keys' signatures say nothing here; of several of this key the first counts.
  const ours = signatures.find(
    ({ name, bytes }) => name === origin && equal(bytes.subarray(0, 4), named),
  );
  if (ours === undefined || !verifies(key, fromText(signed), ours.bytes.subarray(4))) {
    throw new Malformed(`the checkpoint carries no valid signature by ${key}`);
  }
  return said;
}
