// The verdict on a bundle: one sentence, and what was not shown.
import { Checks } from "./checks.js";

/**
 * @typedef {{about: Record<string, any> | null, answers: any[], cohort: any[],
 *   insecure: boolean}} Found what was read of the bundle
 * @typedef {{verdict: 'verified' | 'failed', sentence: string,
 *   checks: import('./checks.js').Check[], about: Record<string, any> | null,
 *   answers: any[], cohort: any[], notShown: string[]}} Report
 */

const counted = (number) => (number === 1 ? "1 check" : `${number} checks`);

/** @param {Checks} checks @param {Found} found @returns {Report} */
export function verdictOn(checks, found) {
  const { about, answers, cohort } = found;
  const list = checks.list();
  const failed = list.filter(({ outcome }) => outcome === "failed");
  const passed = list.filter(({ outcome }) => outcome === "passed");
  const left = list.length - passed.length;
  const bad = failed.length > 0;
  return {
    verdict: bad ? "failed" : "verified",
    sentence: bad
      ? `Do not rely on this bundle: ${counted(failed.length)} failed, the first being “${failed[0].title}”.`
      : `Everything that was checked here holds: ${counted(passed.length)} passed, ${left} not made.`,
    checks: list,
    about,
    answers,
    cohort,
    notShown: bad
      ? ["Anything: a bundle of which one check fails shows nothing."]
      : notShown(checks, found),
  };
}

/** What a bundle that verifies does not show. @param {Checks} checks @param {Found} found */
function notShown(checks, { answers, cohort, insecure }) {
  const lines = [];
  if (answers.length + cohort.length === 0) {
    lines.push("Anything about anyone: the bundle holds no answers to the study.");
  } else {
    lines.push(
      "That issuers committed the truth: an answer follows from the committed records, and says nothing about how true these are.",
      "That no person has two records under two secrets: one answer a person holds within what issuers certify.",
    );
  }
  if (cohort.length > 0) {
    lines.push(
      "How custodians counted: this page lists what they signed, and checks no proof of it.",
    );
  }
  if (checks.outcome("complete").outcome !== "passed") {
    lines.push(
      "That registry roots follow from the records, that the study was not closed earlier, and that no answer was left out: only the whole log shows that.",
    );
  }
  lines.push(
    "That the operator shows everyone the same log: compare the checkpoint with one that you have from elsewhere.",
  );
  if (insecure) {
    lines.push(
      "ANYTHING TO STRANGERS: a verifying key in the bundle is a development key, and whoever made it can forge proofs.",
    );
  }
  return lines;
}
