// One criterion as a row of inputs: a field, a comparison, and what to compare with.
//
// A criterion that these inputs can't say, such as one between two fields, is shown as it is, to be
// changed in the text.

import { element } from "./element.js";

const RECORDED = [["recorded", "is recorded"], ["none-recorded", "is not recorded"]];
const BOUNDS = [
  ["between", "between"], ["at-least", "at least"], ["at-most", "at most"],
  ["above", "above"], ["below", "below"], ["equal", "exactly"],
];
const CALENDAR = ["days", "weeks", "months", "years"];

/** What can be said of a field: [name, text] for each comparison. */
function comparisons(field) {
  const bounds = (prefix, text) => BOUNDS.map(([name, word]) => [`${prefix}:${name}`, text(word)]);
  switch (field.encoding) {
    case "date":
      return [
        ...bounds("before-index", (word) => `${word} … before the index day`),
        ["date:between", "between two dates"], ["date:at-least", "on or after a date"], ["date:at-most", "on or before a date"],
        ...RECORDED,
      ];
    case "flag":
      return [["one-of", "is"], ...RECORDED];
    case "code":
      return [["one-of", "is any of"], ["not-one-of", "is none of"], ...RECORDED];
    default:
      return [...bounds("value", (word) => word), ...RECORDED];
  }
}

/** A criterion to begin with: the first field that is a quantity, else the first field. */
export function newCriterion(fields) {
  const all = [...fields.values()];
  const field = all.find((known) => known.encoding === "quantity") ?? all[0];
  return { field: field.name, test: "recorded" };
}

/** A test's comparison, as `comparisons` names it; none where inputs can't say it. */
function comparisonOf(test) {
  if (typeof test === "string") return test;
  const [kind] = Object.keys(test);
  const inner = test[kind];
  if (kind === "one-of" || kind === "not-one-of") return kind;
  if (kind === "value" || kind === "before-index") return `${kind}:${Object.keys(inner.is)[0]}`;
  if (kind === "date") return `date:${Object.keys(inner)[0]}`;
  return undefined;
}

/** A test of this comparison, which keeps what it can of the one before. */
function testOf(comparison, field, before) {
  const [kind, bound] = comparison.split(":");
  const old = typeof before === "object" ? before : {};
  const [oldKind] = Object.keys(old);
  const oldBound = old[oldKind]?.is ?? (oldKind === "date" ? old.date : undefined);
  const values = oldKind === kind && oldBound ? Object.values(oldBound).flat() : [];
  const filled = (start) => (bound === "between" ? [values[0] ?? start, values[1] ?? values[0] ?? start] : values[0] ?? start);
  switch (kind) {
    case "value": {
      const unit = old.value?.unit ?? field.units[0];
      return { value: { is: { [bound]: filled("0") }, ...(unit ? { unit } : {}) } };
    }
    case "before-index":
      return { "before-index": { is: { [bound]: filled("1") }, unit: old["before-index"]?.unit ?? "years" } };
    case "date":
      return { date: { [bound]: filled("2020-01-01") } };
    case "one-of":
    case "not-one-of":
      return { [kind]: old["one-of"] ?? old["not-one-of"] ?? [field.encoding === "flag" ? "yes" : field.values[0][0]] };
    default:
      return kind;
  }
}

/**
 * @param {{ field: string, test: any }} criterion changed in place
 * @param {Map<string, any>} fields
 * @param {{ changed: (redraw: boolean) => void, remove: () => void }} on
 */
export function criterionEditor(criterion, fields, on) {
  const field = fields.get(criterion.field);
  const name = element("input", {
    class: "field", list: "all-fields", value: criterion.field, "aria-label": "Field", autocomplete: "off", size: 20,
  });
  name.addEventListener("change", () => {
    const chosen = fields.get(name.value.trim());
    criterion.field = name.value.trim();
    if (chosen && chosen.encoding !== field?.encoding) criterion.test = testOf(comparisons(chosen)[0][0], chosen, "");
    else if (chosen?.units.length && typeof criterion.test === "object" && criterion.test.value) criterion.test.value.unit = chosen.units[0];
    on.changed(true);
  });
  const remove = element("button", { type: "button", class: "plain", "aria-label": `Remove the criterion on ${criterion.field}` }, ["Remove"]);
  remove.addEventListener("click", on.remove);
  const meaning = element("span", { class: "quiet" }, [field ? field.meaning : "no field of this profile"]);
  const comparison = comparisonOf(criterion.test);
  const known = field && comparison !== undefined && comparisons(field).some(([each]) => each === comparison);
  const inputs = known
    ? testInputs(criterion, field, comparison, on)
    : [element("span", { class: "quiet" }, [field ? "(more than these inputs can say: change it in the text)" : ""])];
  return element("div", { class: "criterion", role: "group", "aria-label": `Criterion on ${criterion.field}` }, [name, ...inputs, remove, meaning]);
}

function testInputs(criterion, field, comparison, on) {
  const select = element("select", { "aria-label": `How ${field.label} compares` }, comparisons(field).map(([each, text]) => element("option", { value: each }, [text])));
  select.value = comparison;
  select.addEventListener("change", () => {
    criterion.test = testOf(select.value, field, criterion.test);
    on.changed(true);
  });
  const [kind, bound] = comparison.split(":");
  switch (kind) {
    case "value":
      return [select, ...numbers(criterion.test.value.is, bound, field, on), ...units(criterion.test.value, field.units, field, on)];
    case "before-index":
      return [select, ...numbers(criterion.test["before-index"].is, bound, field, on), ...units(criterion.test["before-index"], CALENDAR, field, on)];
    case "date":
      return [select, ...numbers(criterion.test.date, bound, field, on, "date")];
    case "one-of":
    case "not-one-of":
      return [select, codes(criterion.test[kind], field, on)];
    default:
      return [select];
  }
}

function numbers(is, bound, field, on, type = "text") {
  const input = (value, label, set) => {
    const made = element("input", {
      type, value, size: 6, "aria-label": `${field.label}: ${label}`, inputmode: type === "text" ? "decimal" : undefined,
    });
    made.addEventListener("input", () => {
      set(made.value.trim());
      on.changed(false);
    });
    return made;
  };
  if (bound !== "between") return [input(is[bound], "value", (value) => { is[bound] = value; })];
  return [
    input(is.between[0], "from", (value) => { is.between[0] = value; }),
    element("span", {}, ["and"]),
    input(is.between[1], "to", (value) => { is.between[1] = value; }),
  ];
}

function units(holder, known, field, on) {
  if (known.length === 0) return [];
  const select = element("select", { "aria-label": `${field.label}: unit` }, known.map((unit) => element("option", { value: unit }, [unit])));
  select.value = holder.unit;
  select.addEventListener("change", () => {
    holder.unit = select.value;
    on.changed(false);
  });
  return [select];
}

function codes(chosen, field, on) {
  const values = field.encoding === "flag" ? [["yes", "yes"], ["no", "no"]] : field.values;
  const boxes = values.map(([name, label]) => {
    const box = element("input", { type: "checkbox", checked: chosen.includes(name) });
    box.addEventListener("change", () => {
      const at = chosen.indexOf(name);
      if (box.checked && at < 0) chosen.push(name);
      if (!box.checked && at >= 0) chosen.splice(at, 1);
      on.changed(false);
    });
    return element("label", { class: "choice" }, [box, label]);
  });
  return element("span", { role: "group", "aria-label": field.label }, boxes);
}
