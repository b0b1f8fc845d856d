// What the entries of a bundle say, sorted by what they are, each with its place and its signer.
import { Malformed, fromHex } from "./bytes.js";
import { Checks } from "./checks.js";
import { isSignedFor, readEntry, transactionId } from "./entry.js";
import { isIncluded, leafHash } from "./log.js";
import { CIRCUIT, keyId, readVerifyingKey } from "./verifying-key.js";

/** @typedef {import('./bundle.js').Bundle} Bundle */

/** What was sorted in. Keys and ids are hexadecimal; every item has `index`, its place in the log. */
export class Contents {
  /** @param {Bundle} bundle @param {any} genesis @param {boolean} allowInsecure @param {Checks} checks */
  constructor(bundle, genesis, allowInsecure, checks) {
    this.bundle = bundle;
    this.genesis = genesis;
    this.allowInsecure = allowInsecure;
    this.checks = checks;
    this.boards = new Map();
    this.issuers = new Map();
    this.keys = new Map();
    /** Ids of keys that were refused: nothing is said of proofs under them. */
    this.refusedKeys = new Set();
    this.study = null;
    this.closed = null;
    this.approvals = new Map();
    this.heads = [];
    this.answers = [];
    this.cohort = [];
    this.tallies = new Map();
  }

  /** The head of the height in which an entry stands. @param {number} index */
  headOver(index) {
    return (
      this.heads.find(({ head, index: at }) => head.first <= index && index < at)?.head ?? null
    );
  }

  /** @param {number} index @param {import('./entry.js').Entry} entry */
  take(index, entry) {
    const wrong = (what) => this.checks.problem("signers", `entry ${index}: ${what}`);
    if (entry.head !== null) {
      this.takeHead(index, entry.head);
      return;
    }
    const by = (key, who) => entry.signer === key || wrong(`it must be signed by ${who}`);
    const t = entry.transaction;
    const governed = () => by(this.genesis.governance, "governance") === true;
    switch (entry.kind) {
      case "genesis":
        if (index !== 0) wrong("a second genesis");
        else governed();
        break;
      case "register board":
        if (governed()) keep(this.boards, t.key, { title: t.title, index });
        break;
      case "register issuer":
        if (governed()) keep(this.issuers, t.key, { title: t.title, index });
        break;
      case "accept verifying key":
        if (governed()) this.takeKey(index, t);
        break;
      case "open study":
        if (by(t.sponsor, "the sponsor") === true) this.takeStudy(index, entry, wrong);
        break;
      default:
        this.takeOfStudy(index, entry, wrong);
    }
  }

  /** What happened to the bundle's study after it was opened. */
  takeOfStudy(index, { kind, transaction: t, signer }, wrong) {
    if (t.study !== this.bundle.study) {
      wrong(`a transaction “${kind}” that has no place in this bundle`);
      return;
    }
    const item = { ...t, kind, signer, index };
    if (kind === "approve study") this.takeApproval(index, signer, wrong);
    else if (kind === "submit eligibility") this.answers.push(item);
    else if (kind === "submit tally") this.tallies.set(index, item);
    else if (kind === "submit cohort" || kind === "release cohort") this.cohort.push(item);
    else if (this.study === null) wrong("the study is closed before it was opened");
    else if (signer !== this.genesis.governance && signer !== this.study.sponsor) {
      wrong("it must be signed by the sponsor or governance");
    } else this.closed ??= index;
  }

  takeApproval(index, signer, wrong) {
    if (this.study === null) wrong("an approval before the study was opened");
    else if (!this.study.boards.includes(signer))
      wrong("the board is not among those that the study names");
    else if (!this.boards.has(signer))
      wrong("the bundle does not show that the board was registered before");
    else if (this.approvals.has(signer)) wrong("the board approves a second time");
    else this.approvals.set(signer, index);
  }

  takeStudy(index, entry, wrong) {
    const isOurs = transactionId(entry, this.bundle.ledger) === this.bundle.study;
    if (!isOurs || this.study !== null) wrong("a study that is not the bundle’s");
    else this.study = { ...entry.transaction, index };
  }

  takeHead(index, head) {
    const last = this.heads.at(-1);
    const grows =
      last === undefined ||
      (last.head.height < head.height &&
        BigInt(last.index) < head.first &&
        last.head.revised <= head.revised);
    if (!grows || head.first >= BigInt(index) || head.revised > head.height) {
      this.checks.problem("heads", `entry ${index}: the head does not follow those before it`);
    } else this.heads.push({ index, head });
  }

  takeKey(index, t) {
    const wrong = (what) => {
      this.refusedKeys.add(t.id);
      this.checks.problem("keys", `entry ${index}: ${what}`);
    };
    if (t.circuit !== CIRCUIT) wrong("the key is for another circuit");
    else if (keyId(t) !== t.id) wrong("the key’s id is not that of its bytes");
    else if (t.insecure && !this.genesis.acceptsInsecureKeys)
      wrong("a development key, which this ledger does not accept");
    else if (t.insecure && !this.allowInsecure) {
      wrong("a development key, whose maker can forge proofs; allow such keys to check the rest");
    } else {
      const key = attempt(() => readVerifyingKey(t.bytes), wrong);
      if (key !== null) keep(this.keys, t.id, { key, index, insecure: t.insecure });
    }
  }
}

/** Of two of one name the first counts. */
function keep(map, name, value) {
  if (!map.has(name)) map.set(name, value);
}

/** @template T @param {() => T} read @param {(what: string) => void} wrong @returns {T | null} */
export function attempt(read, wrong) {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    wrong(error.message);
    return null;
  }
}

/**
 * Decodes the bundle's entries, and checks each by itself; calls `each` with what is an entry.
 * @param {Bundle} bundle @param {import('./checkpoint.js').Checkpoint | null} checkpoint
 * @param {Checks} checks @param {(index: number, entry: import('./entry.js').Entry) => void} each
 * @param {(done: number) => void} progress
 */
export function readEntries(bundle, checkpoint, checks, each, progress) {
  let last = -1;
  bundle.entries.forEach((included, place) => {
    const { index } = included;
    const problem = (id) => (what) => checks.problem(id, `entry ${index}: ${what}`);
    if (index <= last) problem("entries")("entries stand in the log’s order, each once");
    last = index;
    const bytes = attempt(() => fromHex(included.entry), problem("entries"));
    if (bytes === null) return;
    if (checkpoint !== null) {
      const { size, root } = checkpoint;
      const there = isIncluded(leafHash(bytes), index, size, included.path, root);
      if (!there) problem("inclusion")("its proof does not lead to the log’s root");
    }
    const entry = attempt(() => readEntry(bytes), problem("entries"));
    if (entry === null) return;
    if (entry.kind !== included.kind)
      problem("entries")(`it is labelled otherwise, but is “${entry.kind}”`);
    if (entry.head === null && !isSignedFor(entry, bundle.ledger)) {
      problem("signatures")("its signature is not its signer’s for this ledger");
    }
    each(index, entry);
    progress(place + 1);
  });
}
