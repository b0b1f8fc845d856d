// Bytes and their texts: hexadecimal, base64, UTF-8. Nothing here knows what the bytes mean.

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const encoder = new TextEncoder();

/** What is wrong with some bytes or a text, in words for whoever reads the page. */
export class Malformed extends Error {}

/** @param {Uint8Array} bytes @returns {string} lower-case hexadecimal */
export function toHex(bytes) {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** @param {string} text hexadecimal of either case @returns {Uint8Array} */
export function fromHex(text) {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new Malformed("not hexadecimal");
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}

/** @param {string} text standard base64 with padding, its one encoding @returns {Uint8Array} */
export function fromBase64(text) {
  let binary;
  try {
    binary = atob(text);
  } catch {
    throw new Malformed("not base64");
  }
  if (btoa(binary) !== text) throw new Malformed("not base64");
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

/** @param {string} text @returns {Uint8Array} UTF-8 */
export function fromText(text) {
  return encoder.encode(text);
}

/** @param {Uint8Array} bytes @returns {string} */
export function toText(bytes) {
  try {
    // A byte order mark is a character like any other here.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Malformed("not UTF-8");
  }
}

/** @param {...Uint8Array} parts @returns {Uint8Array} */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {Uint8Array} a @param {Uint8Array} b */
export function equal(a, b) {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** @param {Uint8Array} bytes most significant first @returns {bigint} */
export function bigEndian(bytes) {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
}

/** @param {Uint8Array} bytes least significant first @returns {bigint} */
export function littleEndian(bytes) {
  return bigEndian(bytes.slice().reverse());
}

/** @param {number} number below 2^32 @returns {Uint8Array} 4 bytes, least significant first */
export function u32(number) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number, true);
  return bytes;
}
