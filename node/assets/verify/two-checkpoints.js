// Two checkpoints of one ledger: whether the log of the longer continues that of the shorter.
import { Malformed, fromHex } from "./bytes.js";
import { readCheckpoint, readCheckpointKey, verifyCheckpoint } from "./checkpoint.js";
import { isConsistent } from "./log.js";

/**
 * @typedef {{outcome: 'passed' | 'failed' | 'not-checked', sentence: string, from?: number,
 *   to?: number}} Comparison
 */

/** @param {Comparison['outcome']} outcome @param {string} sentence @returns {Comparison} */
const said = (outcome, sentence, sizes = {}) => ({ outcome, sentence, ...sizes });

/**
 * Compares two checkpoints, as far as that goes without a proof: where one is needed, the
 * outcome is `not-checked` with the sizes that it must be for.
 * @param {string} one @param {string} other
 * @param {string} key the ledger's checkpoint key
 * @param {string[] | null} path the consistency proof, in hexadecimal
 * @returns {Comparison}
 */
export function compareCheckpoints(one, other, key, path) {
  try {
    return compare(one, other, key, path);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return said("failed", `They can’t be compared: ${error.message}.`);
  }
}

function compare(one, other, key, path) {
  const { origin } = readCheckpoint(one);
  const signer = readCheckpointKey(key);
  const both = [one, other].map((text) => verifyCheckpoint(text, origin, signer));
  const [old, now] = both.sort((a, b) => a.size - b.size);
  const sizes = { from: old.size, to: now.size };
  if (old.size === now.size) {
    return isConsistent(old, now, [])
      ? said("passed", `Both are signed, and say the same of ${now.size} entries.`, sizes)
      : said(
          "failed",
          `The ledger’s key signed two different logs of ${now.size} entries: keep both as proof.`,
          sizes,
        );
  }
  if (path === null)
    return said("not-checked", "Both are signed. A consistency proof is needed.", sizes);
  return isConsistent(old, now, path.map(fromHex))
    ? said(
        "passed",
        `Both are signed, and the log of ${now.size} entries continues that of ${old.size}: nothing was changed or taken out.`,
        sizes,
      )
    : said(
        "failed",
        `Both are signed, but the log of ${now.size} entries is not shown to continue that of ${old.size}.`,
        sizes,
      );
}
