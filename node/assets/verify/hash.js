// SHA-256 with the domains of docs/spec/ledger.md, section "Encodings".
import { sha256 } from "../vendor/noble.js";
import { concat, fromText } from "./bytes.js";

export { sha256 };

/**
 * SHA-256 of a domain's name, a zero byte, and the parts.
 * @param {string} domain without its zero byte
 * @param {...Uint8Array} parts
 */
export function hash(domain, ...parts) {
  return sha256(concat(fromText(`${domain}\0`), ...parts));
}
