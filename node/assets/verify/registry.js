// The registry: an 8-ary Poseidon tree of fixed depth over pairs of commitments.
// docs/spec/registry.md.
import { poseidonHash } from "./poseidon.js";

/** Levels above the bottom nodes. */
const LEVELS = 8;

const leavesHash = (leaves) => poseidonHash("salus.v1.registry-leaves", leaves);
const nodeHash = (nodes) => poseidonHash("salus.v1.registry-node", nodes);

/** The hash of a subtree without records, by level: bottom nodes first. */
const empty = [];
function emptyAt(level) {
  while (empty.length <= level) {
    const below = empty.length - 1;
    empty.push(below < 0 ? leavesHash(Array(8).fill(0n)) : nodeHash(Array(8).fill(empty[below])));
  }
  return empty[level];
}

/** A tree of which some leaves were set and not yet hashed. */
export class Registry {
  constructor() {
    /** @type {[bigint, bigint][]} record and consent, by the record's number */
    this.leaves = [];
    /** @type {Map<number, bigint>[]} nodes by level, bottom nodes first */
    this.levels = Array.from({ length: LEVELS + 1 }, () => new Map());
    this.changed = new Set();
  }

  /** @param {number} index @param {bigint} record @param {bigint} consent */
  set(index, record, consent) {
    this.leaves[index] = [record, consent];
    this.changed.add(index >> 2);
  }

  /** Hashes what was changed. @returns {bigint} the root */
  root() {
    let changed = this.changed;
    this.changed = new Set();
    for (const node of changed) {
      const pairs = [0, 1, 2, 3].map((place) => this.leaves[4 * node + place] ?? [0n, 0n]);
      this.levels[0].set(node, leavesHash(pairs.flat()));
    }
    for (let level = 1; level <= LEVELS; level += 1) {
      changed = new Set(Array.from(changed, (node) => node >> 3));
      for (const node of changed) {
        const child = (place) => this.levels[level - 1].get(8 * node + place) ?? emptyAt(level - 1);
        this.levels[level].set(node, nodeHash([0, 1, 2, 3, 4, 5, 6, 7].map(child)));
      }
    }
    return this.levels[LEVELS].get(0) ?? emptyAt(LEVELS);
  }
}
