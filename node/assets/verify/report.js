// A report on the page: the verdict, each check, the answers, and what is not shown.
import { element } from "../query/element.js";

/** Outcomes in words and signs: colour alone says nothing here. */
const OUTCOMES = {
  passed: { sign: "✓", word: "passed", style: "passed" },
  failed: { sign: "✗", word: "failed", style: "failed" },
  "not-checked": { sign: "–", word: "not checked here", style: "unchecked" },
};

/** Verdicts in words. */
const VERDICTS = {
  verified: { title: "It verifies", style: "good" },
  incomplete: { title: "Nothing false was found, but not all was checked", style: "warn" },
  failed: { title: "It does not verify", style: "bad" },
};

/** @param {import('./checks.js').Check['outcome']} outcome */
function tag(outcome) {
  const { sign, word, style } = OUTCOMES[outcome];
  return element("span", { class: `tag ${style}` }, [
    element("span", { "aria-hidden": "true" }, [`${sign} `]),
    word,
  ]);
}

/** @param {import('./checks.js').Check} check */
function checkItem({ id, title, meaning, outcome, detail }) {
  return element("li", { class: "check", id: `check-${id}` }, [
    element("h3", {}, [`${title} `, tag(outcome)]),
    element("p", { class: "quiet" }, [meaning]),
    element("p", {}, prose(detail)),
  ]);
}

/** A text with the commands in it, which stand between backticks, as code. @param {string} text */
function prose(text) {
  const parts = text.split("`");
  return parts.map((part, at) => (at % 2 === 1 ? element("code", {}, [part]) : part));
}

/** @param {string} caption @param {string[]} head @param {string[][]} rows */
function table(caption, head, rows) {
  const cells = (row) =>
    row.map((cell, at) =>
      element(at === 0 ? "th" : "td", at === 0 ? { scope: "row" } : {}, prose(cell)),
    );
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, [
    element("table", {}, [
      element("caption", { class: "visually-hidden" }, [caption]),
      element("thead", {}, [
        element(
          "tr",
          {},
          head.map((name) => element("th", { scope: "col" }, [name])),
        ),
      ]),
      element(
        "tbody",
        {},
        rows.map((row) => element("tr", {}, cells(row))),
      ),
    ]),
  ]);
}

/** A query's text, line by line: what is wrapped looks like no line of its own. @param {string} text */
function askedText(text) {
  const lines = text.replace(/\n$/, "").split("\n");
  return element(
    "pre",
    { tabindex: "0", class: "asked" },
    lines.map((line) => element("span", {}, [`${line}\n`])),
  );
}

/** What the bundle is about. @param {import('./verdict.js').Report} report whose bundle has a study */
function aboutList({ about, checks }) {
  const compiled = checks.find(({ id }) => id === "query-text")?.outcome === "passed";
  const facts = [
    ["Study", `${about.title}, by ${about.institution}`],
    ["Ledger", `${about.ledgerName}, ${about.ledger}`],
    ["Checkpoint key", about.checkpointKey],
    ["Approved by", about.approvals.join(", ") || "nobody"],
  ];
  const rows = facts.map(([name, value]) =>
    element("div", {}, [
      element("dt", {}, [name]),
      element("dd", {}, [element("span", { class: "long" }, [value])]),
    ]),
  );
  return [
    element("dl", { class: "facts" }, rows),
    element("details", {}, [
      element("summary", {}, [
        compiled
          ? "The query text, which compiles to the query that was proven"
          : "The query text, which was NOT shown to be the query that was proven",
      ]),
      askedText(about.queryText),
    ]),
  ];
}

/** @param {import('./verdict.js').Report} report */
function answersOf({ answers, cohort, checks }) {
  const parts = [];
  const proofs = checks.find(({ id }) => id === "proofs");
  if (answers.length > 0) {
    const word = OUTCOMES[proofs.outcome].word;
    const rows = answers.map((a) => [`${a.entry}`, a.day, a.height ?? "unknown", word]);
    const head = ["Entry", "Day", "Height of its root", "All proofs"];
    parts.push(
      element("h2", {}, [`Answers by subjects: ${answers.length}`]),
      table("Answers by subjects", head, rows),
    );
  }
  if (cohort.length > 0) {
    const rows = cohort.map((a) => [
      `${a.entry}`,
      a.custodians.join(" and "),
      a.table,
      // The script checks no custodian's proof: each value says so, wherever it is copied to.
      a.released.map((value) => `${value} (not proven here)`).join(", "),
      a.proof,
    ]);
    const head = ["Entry", "Counted by", "Table", "Released", "Proof"];
    parts.push(
      element("h2", {}, [`Answers by custodians: ${cohort.length}`]),
      table("Answers by custodians", head, rows),
    );
  }
  return parts;
}

/**
 * Shows a report in place of what was there, and moves the focus to its verdict.
 * @param {HTMLElement} place @param {import('./verdict.js').Report} report
 * @param {{title: string, breaks: string} | null} tampering what was falsified before
 */
export function showReport(place, report, tampering) {
  const { title, style } = VERDICTS[report.verdict];
  const verdict = element("h2", { tabindex: "-1", id: "verdict" }, [title]);
  const lines = [element("p", {}, [report.sentence])];
  if (tampering !== null) {
    const caught = report.checks.find(({ id }) => id === tampering.breaks);
    const word =
      caught?.outcome === "failed"
        ? `and “${caught.title}” failed, as it must`
        : "and this went unnoticed";
    lines.unshift(
      element("p", {}, [
        element("strong", {}, ["A tampered copy. "]),
        `${tampering.title}, ${word}.`,
      ]),
    );
  }
  const section = element("section", { "aria-labelledby": "verdict" }, [
    element("div", { class: `notice ${style}` }, [verdict, ...lines]),
    ...(report.about === null ? [] : aboutList(report)),
    element("h2", {}, ["Each check"]),
    element("ol", { class: "checks" }, report.checks.map(checkItem)),
    ...answersOf(report),
    element("h2", {}, ["What this does not show"]),
    element(
      "ul",
      {},
      report.notShown.map((line) => element("li", {}, prose(line))),
    ),
  ]);
  place.replaceChildren(section);
  verdict.focus();
}
