// An audit bundle's file: JSON with one reading, within bounds.
// docs/spec/ledger.md, section "Audit bundle".
import { Malformed, fromHex, toText } from "./bytes.js";

const FORMAT = "salus-audit/1";
/** Bounds beyond which this script does not try; the command has none of them. */
const MOST_BYTES = 256 * 2 ** 20;
const MOST_ENTRIES = 1_000_000;
const MOST_PATH = 64;
const MOST_INDEX = 2 ** 48;

/**
 * @typedef {{kind: string, index: number, entry: string, path: Uint8Array[]}} Included
 * @typedef {{ledger: string, study: string, checkpoint: string, profile: string,
 *   entries: Included[], log: string[] | null, attachments: string[]}} Bundle
 */

const demand = (holds, what) => {
  if (!holds) throw new Malformed(what);
};

/** @param {Uint8Array} file @returns {Bundle} */
export function readBundle(file) {
  demand(
    file.length <= MOST_BYTES,
    "the file is too large for this page; use `salus audit verify`",
  );
  const text = toText(file);
  const members = countMembers(text);
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Malformed("not JSON");
  }
  const bundle = bundleOf(value);
  demand(members === membersOf(value), "a name stands twice in one object");
  return bundle;
}

/**
 * The number of members of all objects in a JSON text. Outside of strings a bundle holds nothing
 * but brackets, commas, whole numbers and `null`: numbers with a second form are refused here.
 * @param {string} text
 */
function countMembers(text) {
  let members = 0;
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const outside = text.slice(at, quote < 0 ? text.length : quote);
    const plain = outside.replace(/[\s{}[\],:]|\bnull\b|\b(0|[1-9][0-9]*)\b/g, "");
    demand(plain === "", "not a bundle: it holds something other than texts and whole numbers");
    members += outside.split(":").length - 1;
    if (quote < 0) break;
    at = endOfString(text, quote);
  }
  return members;
}

/** @param {string} text @param {number} quote where a string begins @returns {number} what follows it */
function endOfString(text, quote) {
  for (let end = text.indexOf('"', quote + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
  throw new Malformed("not JSON: a text does not end");
}

/** The members that the parsed bundle has. @param {any} value */
function membersOf(value) {
  const own = Object.keys(value).length;
  return value.entries.reduce((sum, entry) => sum + Object.keys(entry).length, own);
}

/** @param {any} value an object @param {string[]} needed @param {string[]} optional */
function shape(value, needed, optional, what) {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  demand(isObject, `${what} is not an object`);
  const names = Object.keys(value);
  const missing = needed.find((name) => !names.includes(name));
  demand(missing === undefined, `${what} has no ${missing}`);
  const unknown = names.find((name) => !needed.includes(name) && !optional.includes(name));
  demand(unknown === undefined, `${what} has an unknown member`);
}

/** @param {any} value @param {string} what @returns {string} */
function textOf(value, what) {
  const isText = typeof value === "string" && !/\p{Surrogate}/u.test(value);
  demand(isText, `${what} is not a text`);
  return value;
}

/** @param {any} value @param {string} what @returns {string} 32 bytes in lower-case hexadecimal */
function idOf(value, what) {
  const text = textOf(value, what);
  demand(/^[0-9a-fA-F]{64}$/.test(text), `${what} is not 64 hexadecimal digits`);
  return text.toLowerCase();
}

/** @param {any} value @param {number} most @param {string} what @returns {any[]} */
function listOf(value, most, what) {
  demand(Array.isArray(value), `${what} is not a list`);
  demand(value.length <= most, `${what} is too long for this page; use \`salus audit verify\``);
  return value;
}

/** @param {any} value @returns {Bundle} */
function bundleOf(value) {
  const needed = ["format", "ledger", "study", "checkpoint", "profile", "entries"];
  shape(value, needed, ["log", "attachments"], "the bundle");
  demand(value.format === FORMAT, `the format is not ${FORMAT}`);
  const log = value.log ?? null;
  const attachments = value.attachments === undefined ? [] : value.attachments;
  return {
    ledger: idOf(value.ledger, "the ledger’s id"),
    study: idOf(value.study, "the study’s id"),
    checkpoint: textOf(value.checkpoint, "the checkpoint"),
    profile: textOf(value.profile, "the profile"),
    entries: listOf(value.entries, MOST_ENTRIES, "the list of entries").map(includedOf),
    log:
      log === null
        ? null
        : listOf(log, MOST_ENTRIES, "the log").map((e) => textOf(e, "an entry of the log")),
    attachments: listOf(attachments, MOST_ENTRIES, "the list of attachments").map((a) =>
      textOf(a, "an attachment"),
    ),
  };
}

/** @param {any} value @returns {Included} */
function includedOf(value) {
  shape(value, ["kind", "index", "entry", "path"], [], "an entry");
  const { index } = value;
  demand(Number.isSafeInteger(index) && index >= 0 && index <= MOST_INDEX, "an index is no index");
  const path = listOf(value.path, MOST_PATH, "an inclusion proof");
  return {
    kind: textOf(value.kind, "a label"),
    index,
    entry: textOf(value.entry, "an entry"),
    path: path.map((hash) => fromHex(idOf(hash, "a hash of an inclusion proof"))),
  };
}
