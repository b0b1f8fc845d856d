// What the node says of a query: its meaning in plain English, errors and warnings.

import { element } from "./element.js";

/** Errors and warnings below the text, with the line that each is about. */
export function showRemarks(checked, text) {
  const line = (remark) => {
    if (!remark.bytes) return "";
    const before = new TextDecoder().decode(new TextEncoder().encode(text).slice(0, remark.bytes[0]));
    return `Line ${before.split("\n").length}: `;
  };
  const notice = (kind) => (remark) =>
    element("p", { class: `notice ${kind}` }, [
      line(remark) + remark.message,
      ...(remark.help ? [" ", element("span", { class: "quiet" }, [remark.help])] : []),
    ]);
  document
    .getElementById("remarks")
    .replaceChildren(...checked.errors.map(notice("bad")), ...checked.warnings.map(notice("warn")));
}

/** The query in plain English. */
export function showExplanation(checked) {
  const place = document.getElementById("explanation");
  const size = document.getElementById("size");
  const explained = checked.explanation;
  if (!explained) {
    place.replaceChildren(element("p", { class: "quiet" }, ["Mend what is marked, and its meaning stands here."]));
    size.textContent = "";
    return;
  }
  const parts = [
    element("p", {}, [
      "Patients of whom, by what is on record up to ",
      element("strong", {}, [explained.index]),
      ` (${explained.profile}),`,
    ]),
  ];
  if (explained.groups.length === 0) parts.push(element("p", {}, ["nothing is asked: everyone matches."]));
  explained.groups.forEach((group, place) => {
    parts.push(element("p", { class: "group" }, [`${place > 0 ? "and " : ""}${group.heading}:`]));
    const criterion = ({ text, none_recorded: none }) =>
      element("li", {}, [`${text}. `, element("span", { class: "quiet" }, [none])]);
    parts.push(element("ul", {}, group.criteria.map(criterion)));
  });
  place.replaceChildren(element("div", { class: "explanation" }, parts));
  size.textContent = `${checked.criteria_used} of ${checked.criteria_allowed} criteria in use.`;
}
