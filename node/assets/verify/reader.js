// Reads borsh, strictly: every value has one encoding, and nothing is left over.
import { Malformed, bigEndian, littleEndian, toHex, toText } from "./bytes.js";
import { checkKey } from "./key.js";
import { FIELD } from "./poseidon.js";
import { checkVesta } from "./vesta.js";

/** The number of elements a list may have at most: an entry has at most 65,535 bytes. */
const MOST = 65_535;

/** A place in some bytes. Each method reads one value and moves on, or throws `Malformed`. */
export class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /** @param {number} count @returns {Uint8Array} a copy */
  take(count) {
    if (this.bytes.length - this.at < count) throw new Malformed("the bytes end too early");
    this.at += count;
    return this.bytes.slice(this.at - count, this.at);
  }

  /** Throws unless all bytes were read. */
  end() {
    if (this.at !== this.bytes.length) throw new Malformed("bytes are left over");
  }

  u8() {
    return this.take(1)[0];
  }
  u16() {
    return Number(littleEndian(this.take(2)));
  }
  u32() {
    return Number(littleEndian(this.take(4)));
  }
  /** @returns {bigint} */
  u64() {
    return littleEndian(this.take(8));
  }

  /** @returns {boolean} */
  bool() {
    return this.tag(2) === 1;
  }

  /** One of `count` values, by number. @param {number} count */
  tag(count) {
    const tag = this.u8();
    if (tag >= count) throw new Malformed(`${tag} is none of ${count} values`);
    return tag;
  }

  /** @template T @param {() => T} read @returns {T | null} */
  option(read) {
    return this.bool() ? read() : null;
  }

  /** @template T @param {() => T} read @returns {T[]} */
  list(read) {
    const length = this.u32();
    if (length > MOST) throw new Malformed("a list is longer than any entry");
    return this.array(length, read);
  }

  /** @template T @param {number} length @param {() => T} read @returns {T[]} */
  array(length, read) {
    const values = [];
    for (let place = 0; place < length; place += 1) values.push(read());
    return values;
  }

  /** Any UTF-8 text. @returns {string} */
  text() {
    return toText(this.take(this.u32()));
  }

  /** A name or title: 1 to 200 bytes that read as they are stored. @returns {string} */
  title() {
    const at = this.at;
    const text = this.text();
    const length = this.at - at - 4;
    const padded = /^\p{White_Space}|\p{White_Space}$/u.test(text);
    // What could make a page show another text: control characters, and those that break a line
    // or turn the direction of writing.
    const deceptive = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u.test(text);
    if (length < 1 || length > 200 || padded || deceptive) {
      throw new Malformed("a title has 1 to 200 bytes, no control characters, no space at an end");
    }
    return text;
  }

  /** A ledger's name. @returns {string} */
  ledgerName() {
    const text = this.text();
    if (text.length > 60 || !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(text)) {
      throw new Malformed("not a ledger's name");
    }
    return text;
  }

  /** A day: 1 to 65,535 days since 1880-01-01. @returns {number} */
  day() {
    const day = this.u16();
    if (day === 0) throw new Malformed("0 is no day");
    return day;
  }

  /** An element of BN254's scalar field: 32 bytes, most significant first. @returns {bigint} */
  element() {
    const element = bigEndian(this.take(32));
    if (element >= FIELD) throw new Malformed("a number is not below the order of its field");
    return element;
  }

  /** An id or a digest: any 32 bytes. @returns {string} hexadecimal */
  id() {
    return toHex(this.take(32));
  }

  /** An Ed25519 public key. @returns {string} hexadecimal */
  key() {
    return checkKey(this.id());
  }

  /** A commitment on Vesta. @returns {string} hexadecimal */
  vesta() {
    return toHex(checkVesta(this.take(32)));
  }
}
