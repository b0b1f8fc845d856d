// A study's purpose, and the masks that say which consents cover it.
// docs/spec/consent.md, sections "Terms" and "Matching".
import { Reader } from "./reader.js";
import { fromText } from "./bytes.js";
import { hash } from "./hash.js";
import { fromDigest } from "./poseidon.js";

/** Research by number, after 0, general; a disease is followed by its area. */
const HEALTH = 1;
const DISEASE = 2;
const ANCESTRY = 3;
const AREAS = 25;
/** The area above each area, by number; the others stand at the top. */
const ABOVE = new Map(
  /** @type {[number, number][]} */ ([
    ...[1, 2, 3, 4, 5].map((cancer) => [cancer, 0]),
    ...[7, 8, 9, 10, 11].map((heart) => [heart, 6]),
    [13, 12],
    [14, 13],
    [15, 12],
    [18, 17],
    [21, 20],
  ]),
);
const REGIONS = 8;
/** What a study asks for: contact, data, or both; as the grants that it requires. */
const REQUIRED = [0b010n, 0b100n, 0b110n];

/** What a study undertakes or is, in the order of its bytes. */
const TERMS = [
  "forProfit",
  "commercial",
  "methods",
  "genetic",
  "publishes",
  "collaborates",
  "returnsData",
  "ethicsApproval",
  "moratorium",
  "approvedUsers",
];

/**
 * @typedef {{research: number, area: number | null, ask: number, institution: string,
 *   region: number, terms: Record<string, boolean>}} Purpose
 */

/** @param {Reader} reader @returns {Purpose} */
export function readPurpose(reader) {
  const research = reader.tag(4);
  const area = research === DISEASE ? reader.tag(AREAS) : null;
  const ask = reader.tag(REQUIRED.length);
  const institution = reader.title();
  const region = reader.tag(REGIONS);
  /** @type {Record<string, boolean>} */
  const terms = {};
  for (const term of TERMS) terms[term] = reader.bool();
  return { research, area, ask, institution, region, terms };
}

/** Permissions each of which covers the purpose. @param {Purpose} purpose */
function covering({ research, area }) {
  let bits = 1n;
  if (research === HEALTH || research === DISEASE) bits |= 1n << 1n;
  if (research === ANCESTRY) bits |= 1n << 2n;
  for (let at = area; at !== null && at !== undefined; at = ABOVE.get(at)) {
    bits |= 1n << BigInt(3 + at);
  }
  return bits;
}

/** Modifiers each of which denies the purpose. @param {Purpose} purpose */
function denying({ research, region, terms }) {
  const denies = [
    terms.forProfit,
    terms.commercial,
    research === ANCESTRY,
    terms.methods,
    !terms.genetic,
    !terms.publishes,
    !terms.collaborates,
    !terms.returnsData,
    !terms.ethicsApproval,
    !terms.moratorium,
    !terms.approvedUsers,
  ];
  const plain = denies.reduce((bits, is, at) => (is ? bits | (1n << BigInt(at)) : bits), 0n);
  return plain | (1n << BigInt(denies.length + region));
}

/** The public input *purpose*. @param {Purpose} purpose @returns {bigint} */
export function purposeCode(purpose) {
  return covering(purpose) | (denying(purpose) << 28n) | (REQUIRED[purpose.ask] << 48n);
}

/** Whether the study asks to contact people. @param {Purpose} purpose */
export function asksContact(purpose) {
  return (REQUIRED[purpose.ask] & 0b010n) !== 0n;
}

/** The public input *institution*. @param {Purpose} purpose @returns {bigint} */
export function institutionCode(purpose) {
  return fromDigest(hash("salus/v1/institution", fromText(purpose.institution)));
}
