// A profile: the document that says what each field of a row holds, and its hash.
// docs/spec/records.md, sections "Profile document" and "Profile, index day, edition".
import { parse } from "../vendor/toml.js";
import { Malformed, fromText } from "./bytes.js";
import { ONE, ZERO, compare, readDecimal } from "./decimal.js";
import { hash } from "./hash.js";
import { checkShape } from "./profile/shape.js";

const MOST_FIELDS = 64;
const MOST_VALUES = 65_535;
/** A quantity's numbers: the largest either way from 0, and the most decimal places. */
const LARGEST = readDecimal("1000000000000");
const MOST_PLACES = 9;

/**
 * @typedef {import('./decimal.js').Decimal} Decimal
 * @typedef {{name: string, factor: Decimal, offset: Decimal}} Unit
 * @typedef {{unit: string, origin: Decimal, step: Decimal}} Quantity
 * @typedef {{name: string, position: number, isEvent: boolean, isBirth: boolean,
 *   holds: 'date' | 'count' | 'flag' | 'quantity' | 'code', quantity: Quantity | null,
 *   values: string[], units: Unit[]}} Field `units` are its concept's
 * @typedef {{name: string, hash: Uint8Array, fields: Map<string, Field>}} Profile
 */

const demand = (holds, what) => {
  if (!holds) throw new Malformed(`the profile: ${what}`);
};

/**
 * Reads and checks a profile document.
 * @param {string} text TOML @returns {Profile}
 */
export function readProfile(text) {
  const document = readTables(text);
  checkShape(document);
  document.concept ??= [];
  checkName(document.name);
  demand(document.field.length <= MOST_FIELDS, "it has more than 64 fields");
  checkNames("concept", document.concept);
  checkNames("field", document.field);
  document.concept.forEach(checkConcept);
  const concepts = new Map(document.concept.map((concept) => [concept.name, concept]));
  const fields = document.field.map((field, position) => fieldOf(field, position, concepts));
  return {
    name: document.name,
    hash: hash("salus/v1/profile", fromText(canonical(document))),
    fields: new Map(fields.map((field) => [field.name, field])),
  };
}

/** What a TOML text holds; whole numbers as bigint. @param {string} text */
function readTables(text) {
  try {
    return parse(text, { integersAsBigInt: true });
  } catch {
    throw new Malformed("the profile is not TOML");
  }
}

/** Canonical JSON by RFC 8785 of texts, whole numbers, lists and tables. @param {any} value @returns {string} */
function canonical(value) {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  // JavaScript sorts names as the RFC does: by their UTF-16 code units.
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

/** @param {string} name */
function checkName(name) {
  const isName = /^[a-z][a-z0-9_.]{0,63}$/.test(name) && !name.endsWith(".");
  demand(isName, `${JSON.stringify(name.slice(0, 80))} is no name`);
}

/** That each of these has a name of its own. @param {string} what @param {{name: string}[]} named */
function checkNames(what, named) {
  const seen = new Set();
  for (const { name } of named) {
    checkName(name);
    demand(!seen.has(name), `the ${what} ${name} is defined twice`);
    seen.add(name);
  }
}

/** @param {any} concept of the right shape */
function checkConcept({ name, resource, codes, units = [], plausible }) {
  const check = (holds, what) => demand(holds, `the concept ${name}: ${what}`);
  check(codes.length > 0, "it has no codes");
  check(resource === "observation" || units.length === 0, "only observations have units");
  check(new Set(units.map(({ unit }) => unit)).size === units.length, "a unit is listed twice");
  units.forEach(({ factor = "1", offset }, place) => {
    check(readDecimal(factor).units !== 0n, "the factor of a unit is 0");
    const itself = factor === "1" && offset === undefined;
    check(place > 0 || itself, "its first unit converts to itself");
  });
  if (plausible === undefined) return;
  const [low, high] = [plausible.low, plausible.high].map(readDecimal);
  check(units.length > 0, "a plausible range needs units");
  check(compare(low, high) <= 0, "its plausible range is reversed");
}

/**
 * @param {any} field of the right shape @param {number} position
 * @param {Map<string, any>} concepts @returns {Field}
 */
function fieldOf(field, position, concepts) {
  const { name, encoding } = field;
  const check = (holds, what) => demand(holds, `the field ${name}: ${what}`);
  const concept = concepts.get(field.concept);
  const ofAttribute = field.attribute !== undefined;
  check(ofAttribute !== (field.concept !== undefined), "it has either attribute or concept");
  check(ofAttribute || concept !== undefined, "its concept is not defined");
  const selects = ["select", "take", "within_days"].some((part) => Object.hasOwn(field, part));
  check(!ofAttribute || !selects, "select, take and within_days go with a concept only");
  check(ofAttribute || field.select !== undefined, "a field with a concept needs select");
  /** @type {any} */
  const holds = typeof encoding === "string" ? encoding : Object.keys(encoding)[0];
  check(goTogether(field, holds), "its parts do not go together");
  const units = (concept?.units ?? []).map(unitOf);
  const quantity = holds === "quantity" ? quantityOf(encoding.quantity, check) : null;
  check(quantity === null || quantity.unit === units[0]?.name, "its unit is not its concept’s");
  const values = holds === "code" ? encoding.code : [];
  checkNames("value", values);
  const coded = values.length > 0 && values.length <= MOST_VALUES && units.length === 0;
  check(holds !== "code" || coded, "it has no values, too many, or a unit");
  return {
    name,
    position,
    isEvent: field.kind === "event",
    isBirth: field.attribute === "birth-date",
    holds,
    quantity,
    values: values.map((value) => value.name),
    units,
  };
}

/** What a field may hold, by what it takes: attributes first, then selections. */
const HELD = new Map(
  Object.entries({
    "birth-date": ["date"],
    "death-date": ["date"],
    sex: ["code"],
    race: ["code"],
    ethnicity: ["code"],
    count: ["count"],
    any: ["flag"],
    "first date": ["date"],
    "latest date": ["date"],
    "first value": ["quantity", "code", "count"],
    "latest value": ["quantity", "code", "count"],
    "minimum value": ["quantity", "count"],
    "maximum value": ["quantity", "count"],
  }),
);

/** Whether what a field takes can be held so. */
function goTogether({ attribute, select, take }, holds) {
  const taken = attribute ?? (take === undefined ? select : `${select} ${take}`);
  return (HELD.get(taken) ?? []).includes(holds);
}

/** @returns {Unit} */
const unitOf = ({ unit, factor, offset }) => ({
  name: unit,
  factor: factor === undefined ? ONE : readDecimal(factor),
  offset: offset === undefined ? ZERO : readDecimal(offset),
});

/** @returns {Quantity} */
function quantityOf({ unit, ...numbers }, check) {
  const [origin, step] = [numbers.origin, numbers.step].map(readDecimal);
  check(step.units > 0n, "its step is not above 0");
  for (const { units, scale } of [origin, step]) {
    const size = { units: units < 0n ? -units : units, scale };
    check(compare(size, LARGEST) <= 0 && scale <= MOST_PLACES, "its numbers have too many digits");
  }
  return { unit, origin, step };
}
