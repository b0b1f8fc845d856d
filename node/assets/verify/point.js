// Points of BN254's two groups, from their one encoding: docs/spec/encoding.md, section "Points".
import { bn254 } from "../vendor/noble.js";
import { Malformed, littleEndian } from "./bytes.js";

const { Fp, Fp2 } = bn254.fields;
const G1 = bn254.G1.Point;
const G2 = bn254.G2.Point;
const NEGATIVE = 0x80;
const INFINITY = 0x40;

/** A coordinate below the field's order. @param {Uint8Array} bytes 32, least significant first */
function coordinate(bytes) {
  const number = littleEndian(bytes);
  if (number >= Fp.ORDER) throw new Malformed("a coordinate has a second encoding");
  return number;
}

/** The bytes without the flags in the top bits, and whether y is the greater of the two. */
function split(bytes) {
  const last = bytes[bytes.length - 1];
  if ((last & INFINITY) !== 0)
    throw new Malformed("the point at infinity, or flags that mean nothing");
  const x = bytes.slice();
  x[x.length - 1] = last & ~NEGATIVE;
  return { x, greater: (last & NEGATIVE) !== 0 };
}

/** The root of a square. @template T @param {{sqrt(value: T): T}} field @param {T} square @returns {T} */
function root(field, square) {
  try {
    return field.sqrt(square);
  } catch {
    throw new Malformed("no point of the curve has this coordinate");
  }
}

/** @template {{assertValidity(): void}} T @param {T} point @returns {T} */
function checked(point) {
  try {
    point.assertValidity();
  } catch {
    throw new Malformed("a point outside its curve or its group");
  }
  return point;
}

/** @param {Uint8Array} bytes 32 */
export function readG1(bytes) {
  const { x: coded, greater } = split(bytes);
  const x = coordinate(coded);
  const y = root(Fp, Fp.add(Fp.mul(Fp.sqr(x), x), 3n));
  const isGreater = y > Fp.neg(y);
  return checked(G1.fromAffine({ x, y: isGreater === greater ? y : Fp.neg(y) }));
}

/** Whether y is greater than −y: by c1, and by c0 where c1 is 0. @param {{c0: bigint, c1: bigint}} y */
function isGreaterInG2(y) {
  const part = y.c1 === 0n ? y.c0 : y.c1;
  return part > Fp.neg(part);
}

/** @param {Uint8Array} bytes 64: c0 and c1 of x */
export function readG2(bytes) {
  const { x: coded, greater } = split(bytes);
  const x = Fp2.fromBigTuple([coordinate(coded.slice(0, 32)), coordinate(coded.slice(32))]);
  const y = root(Fp2, Fp2.add(Fp2.mul(Fp2.sqr(x), x), G2.CURVE().b));
  return checked(G2.fromAffine({ x, y: isGreaterInG2(y) === greater ? y : Fp2.neg(y) }));
}
