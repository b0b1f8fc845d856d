// The shape of a profile document: which names stand where, and what kind of thing under each.
// docs/spec/records.md, section "Profile document". What must go together is in `../profile.js`.
import { Malformed } from "../bytes.js";
import { ONE, ZERO, compare, readDecimal } from "../decimal.js";

/** The most units of its last place, and the most places, that a number has. */
const MOST_UNITS = 1n << 96n;
const MOST_PLACES = 28;
const MOST_DAYS = 65_535n;

const SYSTEMS = "snomed|loinc|icd10cm|rxnorm|cvx|actcode|sex|cdcrec";
const CODE = new RegExp(`^(?:${SYSTEMS}):[A-Za-z0-9.-]+\\*?$`);

/** @param {boolean} holds @param {string} where @param {string} what */
function demand(holds, where, what) {
  if (!holds) throw new Malformed(`${where} of the profile ${what}`);
}

/** A part's shape: throws `Malformed` unless the value has it. @typedef {(value: any, where: string) => void} Shape */

/** @type {Shape} */
function text(value, where) {
  demand(typeof value === "string" && !/\p{Surrogate}/u.test(value), where, "is no text");
}

/** A text that is left out where it is empty. @type {Shape} */
function filled(value, where) {
  text(value, where);
  demand(value !== "", where, "is empty; it is left out then");
}

/** @param {...string} words @returns {Shape} */
const oneOf =
  (...words) =>
  (value, where) =>
    demand(words.includes(value), where, "is no word that can stand there");

/** @type {Shape} */
function decimal(value, where) {
  text(value, where);
  const written = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/.test(value);
  const places = (value.split(".")[1] ?? "").length;
  const short = value.length <= 40 && places <= MOST_PLACES;
  demand(written && short, where, "is no decimal number in a text");
  const units = BigInt(value.replace(/[-.]/g, ""));
  demand(units < MOST_UNITS, where, "has too many digits");
  demand(units !== 0n || !value.startsWith("-"), where, "is 0 with a sign");
}

/** A number that is left out where it is this one. @param {import('../decimal.js').Decimal} usual @returns {Shape} */
const otherThan = (usual) => (value, where) => {
  decimal(value, where);
  demand(compare(readDecimal(value), usual) !== 0, where, "is what it is when it is left out");
};

/** @type {Shape} */
function days(value, where) {
  const whole = typeof value === "bigint" && value >= 0n && value <= MOST_DAYS;
  demand(whole, where, "is no number of days from 0 to 65,535");
}

/** @type {Shape} */
function code(value, where) {
  text(value, where);
  demand(CODE.test(value), where, "is no code");
}

/** @param {Shape} each @returns {Shape} */
const list = (each) => (value, where) => {
  demand(Array.isArray(value), where, "is no list");
  value.forEach((one, place) => each(one, `${where}[${place}]`));
};

/** A list that is left out where it is empty. @param {Shape} each @returns {Shape} */
const filledList = (each) => (value, where) => {
  list(each)(value, where);
  demand(value.length > 0, where, "is empty; it is left out then");
};

const isTable = (value) =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null;

/** @param {Record<string, Shape>} needed @param {Record<string, Shape>} optional @returns {Shape} */
const table =
  (needed, optional = {}) =>
  (value, where) => {
    demand(isTable(value), where, "is no table");
    const shapes = new Map([...Object.entries(needed), ...Object.entries(optional)]);
    for (const name of Object.keys(needed)) {
      demand(Object.hasOwn(value, name), where, `has no ${name}`);
    }
    for (const name of Object.keys(value)) {
      const shape = shapes.get(name);
      if (shape === undefined) throw new Malformed(`${where} of the profile has an unknown member`);
      shape(value[name], `${where}.${name}`);
    }
  };

const quantity = table({ unit: text, origin: decimal, step: decimal });
const coded = table({ name: text, codes: list(code) }, { label: filled });

/** @type {Shape} */
function encoding(value, where) {
  if (typeof value === "string") {
    oneOf("date", "count", "flag")(value, where);
    return;
  }
  demand(isTable(value) && Object.keys(value).length === 1, where, "is no encoding");
  table({}, { quantity, code: list(coded) })(value, where);
}

const unit = table({ unit: text }, { factor: otherThan(ONE), offset: otherThan(ZERO) });

const concept = table(
  {
    name: text,
    label: text,
    resource: oneOf(
      "condition",
      "observation",
      "medication",
      "procedure",
      "immunization",
      "encounter",
      "allergy",
    ),
    codes: list(code),
  },
  { units: filledList(unit), plausible: table({ low: decimal, high: decimal }) },
);

const field = table(
  { name: text, label: text, kind: oneOf("measurement", "event"), encoding },
  {
    attribute: oneOf("birth-date", "death-date", "sex", "race", "ethnicity"),
    concept: text,
    select: oneOf("first", "latest", "minimum", "maximum", "count", "any"),
    take: oneOf("value", "date"),
    within_days: days,
  },
);

const document = table(
  { name: text, version: text, title: text, field: list(field) },
  { description: filled, concept: list(concept) },
);

/** Throws `Malformed` unless the tables have the shape of a profile document. @param {any} tables */
export function checkShape(tables) {
  document(tables, "The document");
}
