// The query builder: keeps the groups, the text and the explanation of one query in step.
//
// The node reads and explains every change; nothing of the query's meaning is decided here.

import { criterionEditor, newCriterion } from "./criterion.js";
import { element } from "./element.js";
import { showExplanation, showRemarks } from "./answer.js";

const PAUSE = 350;

class Builder {
  constructor(root, profile) {
    this.profile = profile;
    this.fields = fieldsOf(profile);
    this.root = root;
    this.text = document.getElementById("text");
    this.body = document.getElementById("groups-body");
    this.query = null;
    this.asked = 0;
    this.timer = 0;
  }

  start() {
    this.body.before(this.fieldList());
    document.getElementById("add-include").addEventListener("click", () => this.addGroup("include"));
    document.getElementById("add-exclude").addEventListener("click", () => this.addGroup("exclude"));
    document.getElementById("text-form").addEventListener("submit", (event) => {
      if (event.submitter?.id === "explain") {
        event.preventDefault();
        this.check({ text: this.text.value }, true);
      }
    });
    this.text.addEventListener("input", () => this.later({ text: this.text.value }, true));
    const save = document.getElementById("save");
    save.hidden = false;
    save.addEventListener("click", () => this.save());
    document.getElementById("groups").hidden = false;
    this.check({ text: this.text.value }, true);
  }

  /** The searchable list that every field input draws on. */
  fieldList() {
    const options = [...this.fields.values()].map((field) =>
      element("option", { value: field.name, label: field.meaning }),
    );
    return element("datalist", { id: "all-fields" }, options);
  }

  later(written, redraw) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(written, redraw), PAUSE);
  }

  /** Has the node read what was written; what it understood is shown, and drawn as groups. */
  async check(written, redraw) {
    const number = ++this.asked;
    let checked;
    try {
      const answer = await fetch("/api/v1/queries/check", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ profile: this.profile.name, ...written }),
      });
      checked = await answer.json();
      if (!answer.ok) throw new Error(checked.detail);
    } catch (error) {
      checked = { errors: [{ message: `The node did not answer: ${error.message}`, path: "" }], warnings: [] };
    }
    if (number !== this.asked) return;
    if (written.query && checked.text) this.text.value = checked.text;
    if (written.text && checked.query) this.query = checked.query;
    showRemarks(checked, this.text.value);
    showExplanation(checked);
    if (redraw && this.query) this.draw();
    this.markGroups(checked.errors);
  }

  /** After a change in the groups. */
  changed(redraw) {
    if (redraw) this.draw();
    this.later({ query: this.query }, false);
  }

  addGroup(sense) {
    if (!this.query) return;
    this.query.groups.push({ sense, need: "any", criteria: [newCriterion(this.fields)] });
    this.changed(true);
    this.body.lastElementChild?.querySelector("input")?.focus();
  }

  draw() {
    this.body.replaceChildren(...this.query.groups.map((group, place) => this.groupEditor(group, place)));
  }

  groupEditor(group, place) {
    const number = place + 1;
    const sense = choice(`Group ${number}: include or exclude`, group.sense, [["include", "Include"], ["exclude", "Exclude"]]);
    sense.addEventListener("change", () => {
      group.sense = sense.value;
      this.changed(false);
    });
    const many = typeof group.need === "object";
    const need = choice(`Group ${number}: how many`, many ? "at-least" : group.need, [
      ["all", "if all of these hold"], ["any", "if any of these holds"], ["at-least", "if at least so many hold:"],
    ]);
    const count = element("input", {
      type: "number", min: 1, max: 16, value: many ? group.need["at-least"] : 2,
      "aria-label": `Group ${number}: at least so many`, hidden: !many,
    });
    const setNeed = () => {
      count.hidden = need.value !== "at-least";
      group.need = need.value === "at-least" ? { "at-least": Number(count.value) || 1 } : need.value;
      this.changed(false);
    };
    need.addEventListener("change", setNeed);
    count.addEventListener("input", setNeed);
    const criteria = group.criteria.map((criterion, at) => {
      const row = criterionEditor(criterion, this.fields, {
        changed: (redraw) => this.changed(redraw),
        remove: () => {
          group.criteria.splice(at, 1);
          if (group.criteria.length === 0) this.query.groups.splice(place, 1);
          this.changed(true);
        },
      });
      row.dataset.path = `groups[${place}].criteria[${at}]`;
      return row;
    });
    const add = element("button", { type: "button", class: "plain" }, ["Add a criterion"]);
    add.addEventListener("click", () => {
      group.criteria.push(newCriterion(this.fields));
      this.changed(true);
      this.body.children[place]?.querySelectorAll(".criterion input.field")[group.criteria.length - 1]?.focus();
    });
    const head = element("div", { class: "inline-row" }, [sense, " ", need, " ", count]);
    return element("fieldset", {}, [element("legend", {}, [`Group ${number}`]), head, ...criteria, add]);
  }

  /** Puts each error at the criterion that it is about. */
  markGroups(errors) {
    for (const row of this.body.querySelectorAll(".criterion")) {
      row.querySelector(".remark")?.remove();
      const path = row.dataset.path;
      const own = errors.filter((error) => error.path === path || error.path.startsWith(`${path}.`));
      if (own.length > 0) row.append(element("span", { class: "remark" }, [own.map((error) => error.message).join("; ")]));
    }
  }

  save() {
    const link = element("a", {
      href: URL.createObjectURL(new Blob([this.text.value], { type: "text/plain" })),
      download: "study.salus",
    });
    link.click();
    URL.revokeObjectURL(link.href);
  }
}

function choice(label, value, options) {
  const select = element("select", { "aria-label": label }, options.map(([name, text]) => element("option", { value: name }, [text])));
  select.value = value;
  return select;
}

/** A profile's fields by name, with `age` for the date of birth. */
function fieldsOf(profile) {
  const fields = new Map();
  for (const field of profile.fields) {
    if (field.birth) {
      fields.set("age", { ...field, name: "age", label: "Age", encoding: "age", units: ["years", "months"], meaning: "Age on the index day" });
    }
    const unit = field.units.length > 0 ? ` (${field.units[0]})` : "";
    fields.set(field.name, { ...field, meaning: `${field.label}${unit}` });
  }
  return fields;
}

const root = document.getElementById("builder");
if (root) {
  const answer = await fetch("/api/v1/profiles");
  const profiles = answer.ok ? await answer.json() : [];
  const profile = profiles.find((known) => known.name === root.dataset.profile);
  if (profile) new Builder(root, profile).start();
}
