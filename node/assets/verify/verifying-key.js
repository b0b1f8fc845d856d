// Verifying keys of Groth16 and the check of a proof under one.
// docs/spec/eligibility.md, section "Proof"; docs/spec/encoding.md, section "Verifying keys".
import { bn254 } from "../vendor/noble.js";
import { Malformed, fromText, littleEndian, toHex, u32 } from "./bytes.js";
import { hash } from "./hash.js";
import { readG1, readG2 } from "./point.js";

/** The one circuit whose proofs a ledger of this version takes. */
export const CIRCUIT = "salus.v1.eligibility-64x16";
/** Points for the constant and for each public input. */
const INPUT_POINTS = 9;

const { Fp12 } = bn254.fields;

/**
 * A key's id: a hash of all that it says.
 * @param {{circuit: string, insecure: boolean, bytes: Uint8Array}} key
 */
export function keyId({ circuit, insecure, bytes }) {
  const name = fromText(circuit);
  const setup = Uint8Array.of(insecure ? 1 : 0);
  return toHex(hash("salus/v1/verifying-key", u32(name.length), name, setup, bytes));
}

/** Two points that are equal up to sign. */
const alike = (a, b) => a.equals(b) || a.equals(b.negate());

/**
 * The points of a key, none of which lets anybody forge on its face.
 * @param {Uint8Array} bytes 520
 */
export function readVerifyingKey(bytes) {
  const alpha = readG1(bytes.slice(0, 32));
  const [beta, gamma, delta] = [32, 96, 160].map((at) => readG2(bytes.slice(at, at + 64)));
  if (littleEndian(bytes.slice(224, 232)) !== BigInt(INPUT_POINTS)) {
    throw new Malformed("the key is for another number of public inputs");
  }
  const inputs = Array.from({ length: INPUT_POINTS }, (_, place) =>
    readG1(bytes.slice(232 + 32 * place, 264 + 32 * place)),
  );
  if (alike(gamma, delta) || alike(beta, gamma) || alike(beta, delta)) {
    throw new Malformed(
      "two of beta, gamma and delta are one point up to sign: anyone could forge",
    );
  }
  inputs.slice(1).forEach((point, place, all) => {
    if (all.slice(place + 1).some((other) => alike(point, other))) {
      throw new Malformed("two public inputs share a point: values could move between them");
    }
  });
  return { alpha, beta, gamma, delta, inputs };
}

/** @param {Uint8Array} bytes 128 */
export function readProof(bytes) {
  const a = readG1(bytes.slice(0, 32));
  const b = readG2(bytes.slice(32, 96));
  const c = readG1(bytes.slice(96));
  return { a, b, c };
}

/**
 * Whether a proof shows these public inputs:
 * e(A, B) = e(alpha, beta) · e(inputs, gamma) · e(C, delta).
 * @param {ReturnType<typeof readVerifyingKey>} key
 * @param {bigint[]} publicInputs eight
 * @param {ReturnType<typeof readProof>} proof
 */
export function proves(key, publicInputs, proof) {
  if (publicInputs.length !== INPUT_POINTS - 1) return false;
  const [constant, ...points] = key.inputs;
  const inputs = points.reduce(
    (sum, point, place) => sum.add(point.multiplyUnsafe(publicInputs[place])),
    constant,
  );
  const pairs = [
    { g1: proof.a.negate(), g2: proof.b },
    { g1: key.alpha, g2: key.beta },
    { g1: inputs, g2: key.gamma },
    { g1: proof.c, g2: key.delta },
  ];
  // A pairing with the identity is 1; only the inputs' sum can be the identity here.
  const product = bn254.pairingBatch(pairs.filter(({ g1 }) => !g1.is0()));
  return Fp12.eql(product, Fp12.ONE);
}
