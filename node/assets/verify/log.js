// The log's Merkle tree: RFC 6962, sections 2.1 to 2.1.2, verified as RFC 9162 says.
import { concat, equal } from "./bytes.js";
import { sha256 } from "./hash.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** @param {Uint8Array} bytes an entry's @returns {Uint8Array} */
export function leafHash(bytes) {
  return sha256(concat(LEAF, bytes));
}

/** @param {Uint8Array} left @param {Uint8Array} right */
function nodeHash(left, right) {
  return sha256(concat(NODE, left, right));
}

const half = (number) => Math.floor(number / 2);
const isOdd = (number) => number % 2 === 1;

/**
 * Whether a leaf stands at an index of the log with this size and root.
 * @param {Uint8Array} leaf @param {number} index @param {number} size
 * @param {Uint8Array[]} path from the leaf up @param {Uint8Array} root
 */
export function isIncluded(leaf, index, size, path, root) {
  if (index >= size) return false;
  let [at, last, hash] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      hash = nodeHash(sibling, hash);
      // At the right edge levels without a sibling are passed over.
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(hash, root);
}

/**
 * Whether the log with size and root `old` is a prefix of that with `now`.
 * @param {{size: number, root: Uint8Array}} old at least 1 entry
 * @param {{size: number, root: Uint8Array}} now
 * @param {Uint8Array[]} path
 */
export function isConsistent(old, now, path) {
  if (old.size < 1 || old.size > now.size) return false;
  if (old.size === now.size) return path.length === 0 && equal(old.root, now.root);
  let [at, last] = [old.size - 1, now.size - 1];
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  // Where the old log is a whole subtree, its root is the first hash.
  const hashes = at === 0 ? [old.root, ...path] : [...path];
  if (hashes.length === 0) return false;
  let [before, after] = [hashes[0], hashes[0]];
  for (const hash of hashes.slice(1)) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      before = nodeHash(hash, before);
      after = nodeHash(hash, after);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      after = nodeHash(after, hash);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(before, old.root) && equal(after, now.root);
}

/** The root over all entries. @param {Uint8Array[]} leaves their hashes @returns {Uint8Array} */
export function rootOf(leaves) {
  if (leaves.length === 0) return sha256(new Uint8Array());
  let level = leaves;
  while (level.length > 1) {
    const above = [];
    for (let at = 0; at + 1 < level.length; at += 2) above.push(nodeHash(level[at], level[at + 1]));
    if (isOdd(level.length)) above.push(level[level.length - 1]);
    level = above;
  }
  return level[0];
}
