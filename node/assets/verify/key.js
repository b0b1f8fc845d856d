// Ed25519, by the strict rules: one encoding of each point and scalar, no points of small order,
// and the equation without the cofactor. docs/spec/ledger.md, section "Encodings".
import { ed25519, sha512 } from "../vendor/noble.js";
import { Malformed, concat, fromHex, littleEndian } from "./bytes.js";

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;

/** Keys that were decoded before: most of a log's signatures are of few keys. */
const known = new Map();
const MOST_KNOWN = 4096;

/** @param {Uint8Array} bytes @returns {InstanceType<typeof Point> | null} */
function decode(bytes) {
  try {
    const point = Point.fromBytes(bytes, false);
    return point.isSmallOrder() ? null : point;
  } catch {
    return null;
  }
}

/** @param {string} key hexadecimal */
function pointOf(key) {
  let point = known.get(key);
  if (point === undefined) {
    point = decode(fromHex(key));
    if (known.size < MOST_KNOWN) known.set(key, point);
  }
  return point;
}

/** @param {string} key 32 bytes in hexadecimal @returns {string} the key */
export function checkKey(key) {
  if (pointOf(key) === null) {
    throw new Malformed("not a public key: no canonical point, or one of small order");
  }
  return key;
}

/**
 * Whether a signature is this key's over a message.
 * @param {string} key 32 bytes in hexadecimal
 * @param {Uint8Array} message
 * @param {Uint8Array} signature 64 bytes
 */
export function verifies(key, message, signature) {
  if (signature.length !== 64) return false;
  const point = pointOf(key);
  const nonce = decode(signature.subarray(0, 32));
  const scalar = littleEndian(signature.subarray(32));
  if (point === null || nonce === null || scalar >= ORDER) return false;
  const digest = sha512(concat(signature.subarray(0, 32), fromHex(key), message));
  const challenge = littleEndian(digest) % ORDER;
  const left = Point.BASE.multiplyUnsafe(scalar);
  return left.equals(nonce.add(point.multiplyUnsafe(challenge)));
}
