// The named checks of an audit: what each means, and how it went.

/**
 * @typedef {'passed' | 'failed' | 'not-checked'} Outcome
 * @typedef {{id: string, title: string, meaning: string, outcome: Outcome, detail: string}} Check
 */

/** How many problems of one check are told in full. */
const TOLD = 5;

/** Every check in its order: id, title, meaning. */
const CHECKS = [
  [
    "bundle",
    "It is an audit bundle",
    "The file has the form of a bundle, and nothing in it can be read in two ways.",
  ],
  [
    "ledger",
    "It is of the ledger you expect",
    "The ledger’s id, or the key that signs its checkpoints, is the one that you have from elsewhere; both, if you gave both.",
  ],
  [
    "genesis",
    "The genesis founds this ledger",
    "The log’s first entry hashes to the ledger’s id, so its name, its governance and its checkpoint key are what the id stands for.",
  ],
  [
    "checkpoint",
    "The checkpoint is signed",
    "The ledger’s own key signed the size and the root of the log.",
  ],
  [
    "entries",
    "Entries are written in their one form",
    "Each entry decodes, has no second encoding, is what its label says, and stands in the log’s order.",
  ],
  [
    "inclusion",
    "Each entry is in the log",
    "A Merkle proof leads from each entry to the root under the checkpoint: none was changed or added.",
  ],
  [
    "signatures",
    "Each transaction is signed",
    "Each signature is its signer’s, for this very ledger.",
  ],
  [
    "signers",
    "Each was signed by whom it must be",
    "Governance registered issuers, boards and keys; the sponsor opened the study; its boards approved it. Nothing else is in the bundle.",
  ],
  [
    "heads",
    "Registry heads follow each other",
    "Heights grow, and nothing that was taken back comes back.",
  ],
  [
    "study",
    "The study’s terms are allowed",
    "The study’s id is the hash of its transaction, and its boards, approvals, policy and query have the form that the ledger demands.",
  ],
  [
    "query-text",
    "The query text is the query that was proven",
    "The text that boards read, compiled here with the profile that the study names, is the query that proofs are about.",
  ],
  [
    "approvals",
    "Boards approved before the answers",
    "As many registered boards as the study needs approved it before any answer entered.",
  ],
  [
    "keys",
    "Verifying keys are accepted and sound",
    "Each key has the id that the ledger accepted, is for this circuit, holds only proper points, and comes from a setup that you trust.",
  ],
  [
    "standing",
    "Answers came in the study’s time",
    "Each answer is of the ledger’s day when it entered, not after the study’s last day, and not after it was closed.",
  ],
  [
    "roots",
    "Answers rest on a recent registry",
    "Each answer names a registry root of the log, no older than the study allows, from no height before anything was taken back.",
  ],
  [
    "statements",
    "Answers say what the study asks",
    "Query, purpose, institution and scope of each statement, computed anew from the study’s terms, are those of the answer.",
  ],
  ["nullifiers", "No person answers twice", "All nullifiers differ."],
  [
    "proofs",
    "Each proof holds",
    "The Groth16 proof of each answer shows its statement under a key that the ledger had accepted.",
  ],
  [
    "cohort",
    "Cohort answers keep their form",
    "Registered issuers signed them in the study’s time; each has the cells of its table, and only values that the study’s policy can release; with the whole log, of no more records than they had.",
  ],
  [
    "cohort-proofs",
    "Proofs of cohort answers",
    "That the released values were counted over all that the custodians had committed.",
  ],
  [
    "log",
    "The whole log is the one under the checkpoint",
    "The root over every entry of the log is the checkpoint’s, each is signed, and the bundle’s entries are the log’s.",
  ],
  [
    "attachments",
    "Publications and proofs are there",
    "Every publication and cohort proof that the log names is in the bundle, unchanged.",
  ],
  [
    "replay",
    "Registry roots follow from the log",
    "Records and consents, entered one by one under the ledger’s rules, give every registry root, day and height in the log.",
  ],
  [
    "complete",
    "No answer was left out",
    "The bundle holds every answer and tally for the study that the log has, and its end.",
  ],
  [
    "rules",
    "The ledger’s other rules",
    "Other studies, publications, budgets: what the rest of the log rests on.",
  ],
];

/** Outcomes of the checks, as they are made. */
export class Checks {
  constructor() {
    /** @type {Map<string, {problems: string[], passed: string | null, skipped: string | null}>} */
    this.made = new Map();
  }

  of(id) {
    let made = this.made.get(id);
    if (made === undefined) {
      made = { problems: [], passed: null, skipped: null };
      this.made.set(id, made);
    }
    return made;
  }

  /** Something is wrong. @param {string} id @param {string} what */
  problem(id, what) {
    this.of(id).problems.push(what);
  }

  /** All that the check looks at was looked at; it passed if nothing was wrong. @param {string} id @param {string} detail */
  done(id, detail) {
    this.of(id).passed = detail;
  }

  /** The check was not made, and why. @param {string} id @param {string} why */
  skip(id, why) {
    this.of(id).skipped = why;
  }

  /** @param {string} id */
  failed(id) {
    return (this.made.get(id)?.problems.length ?? 0) > 0;
  }

  /** @returns {Check[]} every check in order */
  list() {
    return CHECKS.map(([id, title, meaning]) => ({ id, title, meaning, ...this.outcome(id) }));
  }

  /** @param {string} id @returns {{outcome: Outcome, detail: string}} */
  outcome(id) {
    const made = this.made.get(id);
    if (made !== undefined && made.problems.length > 0) {
      const more = made.problems.length - TOLD;
      const told = made.problems.slice(0, TOLD);
      if (more > 0) told.push(`and ${more} more`);
      return { outcome: "failed", detail: `${told.join("; ")}.` };
    }
    if (made?.passed != null) return { outcome: "passed", detail: made.passed };
    const why = made?.skipped ?? "Not reached: a check before it failed.";
    return { outcome: "not-checked", detail: why };
  }
}
