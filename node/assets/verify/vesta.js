// Commitments on Vesta, y² = x³ + 5, as far as the log's encoding goes: that 32 bytes are a
// point other than the identity. No proof about them is checked in script.
import { Field } from "../vendor/noble.js";
import { Malformed, littleEndian } from "./bytes.js";

/** The field of Vesta's coordinates. */
const Fq = Field(0x40000000000000000000000000000000224698fc0994a8dd8c46eb2100000001n);
const SIGN = 1n << 255n;
const HALF = (Fq.ORDER - 1n) / 2n;

/** @param {Uint8Array} bytes x, least significant first, the sign of y in the top bit @returns {Uint8Array} */
export function checkVesta(bytes) {
  const x = littleEndian(bytes) & (SIGN - 1n);
  if (x >= Fq.ORDER) throw new Malformed("not a commitment: a coordinate has a second encoding");
  const right = Fq.add(Fq.mul(Fq.sqr(x), x), 5n);
  // The group has odd order, so no point has y = 0, and 5 is no square, so x = 0 is of none.
  if (Fq.pow(right, HALF) !== 1n) throw new Malformed("not a commitment: no point of Vesta");
  return bytes;
}
