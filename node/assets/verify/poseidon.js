// Poseidon with circomlib's parameters over BN254's scalar field, a tag for each domain.
// docs/spec/primitives.md, section "Poseidon".
import { bn254, grainGenConstants, poseidon } from "../vendor/noble.js";
import { bigEndian, fromText } from "./bytes.js";

const Fr = bn254.fields.Fr;

/** The order of the field: every element is below it. */
export const FIELD = Fr.ORDER;

/** circomlib's number of partial rounds, by the number of inputs. */
const PARTIAL_ROUNDS = { 2: 57, 5: 60, 8: 63 };

/** The permutation for so many inputs. */
const permutations = new Map();

/** @param {number} inputs */
function permutation(inputs) {
  let found = permutations.get(inputs);
  if (found === undefined) {
    const shape = {
      Fp: Fr,
      t: inputs + 1,
      roundsFull: 8,
      roundsPartial: PARTIAL_ROUNDS[inputs],
    };
    found = poseidon({ ...shape, ...grainGenConstants(shape), sboxPower: 5 });
    permutations.set(inputs, found);
  }
  return found;
}

/**
 * @param {string} label the domain's, such as `salus.v1.query`
 * @param {bigint[]} inputs 2, 5 or 8 elements
 * @returns {bigint}
 */
export function poseidonHash(label, inputs) {
  const tag = bigEndian(fromText(label));
  return permutation(inputs.length)([tag, ...inputs])[0];
}

/** The first 248 bits of a digest, as an element. @param {Uint8Array} digest 32 bytes */
export function fromDigest(digest) {
  return bigEndian(digest.subarray(0, 31));
}
