// Transactions, by their place in the table of docs/spec/ledger.md, section "Transactions";
// the encoding of each field is in docs/spec/encoding.md. Ids, keys and digests are hexadecimal.
import { readPurpose } from "./purpose.js";
import { readQuery } from "./query.js";
import { Reader } from "./reader.js";
import { readReleased, readTable } from "./table.js";

/** Bytes of a proof of eligibility, and of a verifying key. */
const PROOF = 128;
const VERIFYING_KEY = 520;

/** @param {Reader} r */
function genesis(r) {
  return {
    name: r.ledgerName(),
    governance: r.key(),
    checkpoint: r.key(),
    acceptsInsecureKeys: r.bool(),
    nonce: r.id(),
  };
}

/** @param {Reader} r */
function party(r) {
  return { title: r.title(), key: r.key() };
}

/** @param {Reader} r */
function acceptKey(r) {
  return {
    circuit: r.text(),
    insecure: r.tag(2) === 1,
    id: r.id(),
    bytes: r.take(VERIFYING_KEY),
  };
}

/** @param {Reader} r */
function openStudy(r) {
  return {
    title: r.title(),
    queryText: r.text(),
    profile: r.take(32),
    indexDay: r.day(),
    query: readQuery(r),
    purpose: readPurpose(r),
    expires: r.day(),
    freshness: r.u64(),
    policy: { suppressUpTo: r.u16(), roundTo: r.u16() },
    together: r.list(() => r.key()),
    noise: r.option(() => ({ epsilon: r.tag(3), budget: r.u16() })),
    boards: r.list(() => r.key()),
    approvalsNeeded: r.u8(),
    sponsor: r.key(),
    inbox: r.id(),
  };
}

/** @param {Reader} r */
function submitEligibility(r) {
  return {
    study: r.id(),
    key: r.id(),
    statement: {
      root: r.element(),
      query: r.element(),
      scope: r.element(),
      nullifier: r.element(),
      day: r.day(),
      purpose: r.element(),
      institution: r.element(),
      contact: r.element(),
    },
    proof: r.take(PROOF),
  };
}

/** What a cohort answer and a tally begin with. @param {Reader} r */
function counted(r) {
  return {
    study: r.id(),
    day: r.day(),
    table: readTable(r),
    dataset: r.id(),
    counts: r.list(() => r.vesta()),
  };
}

/** @param {Reader} r */
const of = (r) => ({ index: r.u32(), sequence: r.u32() });
/** @param {Reader} r */
const study = (r) => ({ study: r.id() });
/** @param {Reader} r */
const released = (r) => r.list(() => readReleased(r));

/**
 * By tag: the name, and what is read after it.
 * @type {[string, (r: Reader) => Record<string, any>][]}
 */
const TRANSACTIONS = [
  ["genesis", genesis],
  ["advance day", (r) => ({ day: r.day(), nonce: r.id() })],
  ["register issuer", party],
  ["register board", party],
  ["accept verifying key", acceptKey],
  [
    "commit record",
    (r) => ({ record: r.element(), row: r.vesta(), subject: r.key(), edition: r.element() }),
  ],
  ["amend record", (r) => ({ ...of(r), record: r.element(), row: r.vesta() })],
  ["erase record", of],
  ["grant consent", (r) => ({ ...of(r), consent: r.element(), row: r.vesta() })],
  ["revoke consent", of],
  ["open study", openStudy],
  ["approve study", study],
  ["close study", study],
  ["submit eligibility", submitEligibility],
  [
    "publish page",
    (r) => ({
      edition: r.element(),
      page: r.u32(),
      highest: r.array(64, () => r.u16()),
      publication: r.id(),
    }),
  ],
  ["submit cohort", (r) => ({ ...counted(r), released: released(r), proof: r.id() })],
  [
    "submit tally",
    (r) => ({ ...counted(r), seeds: r.list(() => r.vesta()), shareKey: r.id(), proof: r.id() }),
  ],
  [
    "release cohort",
    (r) => ({
      study: r.id(),
      table: readTable(r),
      tallies: r.list(() => r.u64()),
      released: released(r),
      proof: r.id(),
    }),
  ],
];

/** Reads a transaction: its name as `kind`, and its fields. @param {Reader} reader */
export function readTransaction(reader) {
  const [kind, read] = TRANSACTIONS[reader.tag(TRANSACTIONS.length)];
  return { kind, ...read(reader) };
}
