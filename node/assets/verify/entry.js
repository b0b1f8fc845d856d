// An entry of the log: a signed transaction, or a registry head.
// docs/spec/ledger.md, sections "Encodings" and "Heights".
import { Malformed, concat, fromHex, fromText, toHex } from "./bytes.js";
import { hash } from "./hash.js";
import { verifies } from "./key.js";
import { Reader } from "./reader.js";
import { readTransaction } from "./transaction.js";

/** The longest entry, in bytes. */
const MOST_BYTES = 65_535;
const HEAD = "registry head";

/**
 * @typedef {{height: bigint, first: bigint, root: bigint, day: number | null,
 *   revised: bigint}} Head
 * @typedef {{kind: string, head: Head | null, transaction: any, signer: string,
 *   signature: Uint8Array, body: Uint8Array}} Entry `body` is the transaction's bytes
 */

/** @param {Uint8Array} bytes @returns {Entry} */
export function readEntry(bytes) {
  if (bytes.length > MOST_BYTES) throw new Malformed("an entry has at most 65,535 bytes");
  const reader = new Reader(bytes);
  const entry = reader.tag(2) === 0 ? readEnvelope(reader) : readHead(reader);
  reader.end();
  return entry;
}

/** @param {Reader} reader @returns {Entry} */
function readEnvelope(reader) {
  const start = reader.at;
  const transaction = readTransaction(reader);
  const body = reader.bytes.slice(start, reader.at);
  const signer = reader.key();
  const signature = reader.take(64);
  return { kind: transaction.kind, head: null, transaction, signer, signature, body };
}

/** @param {Reader} reader @returns {Entry} */
function readHead(reader) {
  const head = {
    height: reader.u64(),
    first: reader.u64(),
    root: reader.element(),
    day: reader.option(() => reader.day()),
    revised: reader.u64(),
  };
  const nothing = new Uint8Array();
  return { kind: HEAD, head, transaction: null, signer: "", signature: nothing, body: nothing };
}

/** @param {Entry} entry @param {string} ledger the ledger's id @returns {Uint8Array} what is signed */
function signedBytes(entry, ledger) {
  return concat(fromText("salus/v1/transaction\0"), fromHex(ledger), entry.body);
}

/** Whether a transaction's signature is its signer's, for this ledger. @param {Entry} entry @param {string} ledger */
export function isSignedFor(entry, ledger) {
  return verifies(entry.signer, signedBytes(entry, ledger), entry.signature);
}

/** A transaction's id on a ledger. @param {Entry} entry @param {string} ledger @returns {string} */
export function transactionId(entry, ledger) {
  const signer = fromHex(entry.signer);
  return toHex(hash("salus/v1/transaction-id", signer, signedBytes(entry, ledger)));
}

/** The id of the ledger that a genesis founds. @param {Entry} entry @returns {string} */
export function ledgerIdOf(entry) {
  // The transaction's bytes begin with its tag, which the id leaves out.
  return toHex(hash("salus/v1/ledger", entry.body.subarray(1)));
}
