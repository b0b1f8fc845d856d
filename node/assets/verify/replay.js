// The log replayed as far as the registry goes: parties, days, records, consents and heads, by
// the ledger's rules. Studies, answers and publications are not replayed in script.
// docs/spec/ledger.md, sections "Heights" and "Rules".
import { transactionId } from "./entry.js";
import { Registry } from "./registry.js";
import { CIRCUIT, keyId } from "./verifying-key.js";

const MOST_RECORDS = 2 ** 26;
const MOST_SEQUENCE = 2 ** 32 - 1;

/** A rule of the ledger that an entry breaks, in words. */
class Broken extends Error {}

const demand = (holds, what) => {
  if (!holds) throw new Broken(what);
};

/** A ledger being replayed, entry by entry. */
export class Replay {
  /** @param {string} ledger the ledger's id */
  constructor(ledger) {
    this.ledger = ledger;
    this.genesis = null;
    this.entries = 0;
    this.day = null;
    this.seen = new Set();
    this.issuers = new Set();
    this.boards = new Set();
    this.keys = new Set();
    /** @type {{issuer: string, subject: string, sequence: number, record: bigint, consent: bigint, edition: bigint}[]} */
    this.records = [];
    /** How many records have a consent, by issuer and edition. @type {Map<string, number>} */
    this.consented = new Map();
    this.commitments = new Set();
    this.rows = new Set();
    this.subjects = new Set();
    this.registry = new Registry();
    this.height = 0n;
    this.first = 0;
    this.revised = 0n;
    this.answered = false;
  }

  /**
   * Enters one entry whose signature was checked.
   * @param {import('./entry.js').Entry} entry
   * @returns {string | null} the rule that it breaks; then the replay can't go on
   */
  take(entry) {
    try {
      if (entry.head === null) this.enter(entry);
      else this.seal(entry.head);
      this.entries += 1;
      return null;
    } catch (error) {
      if (error instanceof Broken) return error.message;
      throw error;
    }
  }

  /** @param {import('./entry.js').Entry} entry */
  enter(entry) {
    const { kind, transaction: t, signer } = entry;
    demand((kind === "genesis") === (this.entries === 0), "a log begins with its one genesis");
    const id = transactionId(entry, this.ledger);
    demand(!this.seen.has(id), "the transaction was entered before");
    this.seen.add(id);
    switch (kind) {
      case "genesis":
        demand(signer === t.governance, "governance must sign the genesis");
        this.genesis = t;
        break;
      case "advance day":
        this.advanceDay(t, signer);
        break;
      case "register issuer":
        this.register(this.issuers, t.key, signer);
        break;
      case "register board":
        this.register(this.boards, t.key, signer);
        break;
      case "accept verifying key":
        demand(t.circuit === CIRCUIT && keyId(t) === t.id, "the key is not what it is named");
        demand(!t.insecure || this.genesis.acceptsInsecureKeys, "the ledger accepts no such keys");
        this.register(this.keys, t.id, signer);
        break;
      case "commit record":
        this.commit(t, signer);
        break;
      case "amend record":
      case "erase record":
      case "grant consent":
      case "revoke consent":
        this.change(kind, t, signer);
        break;
      case "submit eligibility":
        this.answered = true;
        break;
      default:
    }
  }

  advanceDay(t, signer) {
    demand(signer === this.genesis.checkpoint, "the checkpoint key moves the day");
    demand(this.day === null || this.day < t.day, "the day must be later");
    demand(this.entries === this.first, "the day moves only at the start of a height");
    this.day = t.day;
  }

  register(known, key, signer) {
    demand(signer === this.genesis.governance, "governance must sign it");
    demand(!known.has(key), "it is registered already");
    known.add(key);
  }

  commit(t, signer) {
    demand(this.issuers.has(signer), "its issuer is not registered");
    demand(this.records.length < MOST_RECORDS, "the registry is full");
    demand(!this.subjects.has(t.subject), "the subject’s key is another record’s");
    this.takeFaces(t);
    this.subjects.add(t.subject);
    const index = this.records.length;
    const { subject, record, edition } = t;
    this.records.push({ issuer: signer, subject, sequence: 0, record, consent: 0n, edition });
    this.registry.set(index, record, 0n);
  }

  /** How many records with consent an issuer has now. @param {string} issuer @param {bigint} edition */
  countable(issuer, edition) {
    return this.consented.get(`${issuer} ${edition}`) ?? 0;
  }

  /** No two records share a commitment, ever. */
  takeFaces(t) {
    demand(t.record !== 0n, "a commitment of zero stands for none");
    demand(
      !this.commitments.has(t.record) && !this.rows.has(t.row),
      "its commitment is another record’s",
    );
    this.commitments.add(t.record);
    this.rows.add(t.row);
  }

  /** A record amended or erased, or its consent granted or revoked. */
  change(kind, t, signer) {
    const record = this.records[t.index];
    demand(
      record !== undefined && record.record !== 0n,
      "there is no such record, or it was erased",
    );
    demand(
      t.sequence === record.sequence && t.sequence < MOST_SEQUENCE,
      "it is of another state of the record",
    );
    const had = record.consent !== 0n;
    const isIssuer = signer === record.issuer;
    const isSubject = signer === record.subject;
    let takesBack = true;
    if (kind === "amend record") {
      demand(isIssuer, "the record’s issuer must sign it");
      this.takeFaces(t);
      record.record = t.record;
    } else if (kind === "erase record") {
      demand(isIssuer || isSubject, "the record’s issuer or subject must sign it");
      [record.record, record.consent] = [0n, 0n];
    } else {
      demand(isSubject, "the record’s subject must sign it");
      takesBack = record.consent !== 0n;
      if (kind === "grant consent")
        demand(t.consent !== 0n, "a commitment of zero stands for none");
      else demand(takesBack, "there is no consent to revoke");
      record.consent = kind === "grant consent" ? t.consent : 0n;
    }
    demand(!takesBack || !this.answered, "something is taken back after an answer of its height");
    if (takesBack) this.revised = this.height + 1n;
    const change = Number(record.consent !== 0n) - Number(had);
    const dataset = `${record.issuer} ${record.edition}`;
    this.consented.set(dataset, (this.consented.get(dataset) ?? 0) + change);
    record.sequence += 1;
    this.registry.set(t.index, record.record, record.consent);
  }

  /** Ends a height with the head found. @param {import('./entry.js').Head} head */
  seal(head) {
    demand(this.entries > this.first, "the head follows no transactions");
    demand(
      head.height === this.height + 1n && head.first === BigInt(this.first),
      "it is not the next height’s",
    );
    demand(head.day === this.day, "it names another day than the ledger’s");
    demand(head.revised === this.revised, "it is wrong about what was taken back");
    demand(
      head.root === this.registry.root(),
      "its registry root does not follow from the records and consents",
    );
    this.height += 1n;
    this.first = this.entries + 1;
    this.answered = false;
  }
}
