// The verdict on a bundle: one sentence, and what was not shown.
import { Checks } from "./checks.js";

/**
 * @typedef {{about: Record<string, any> | null, answers: any[], cohort: any[],
 *   waiting: number, keys: number, insecure: boolean}} Found what was read of the bundle;
 *   `waiting` tallies are not released, `keys` verifying keys are looked at
 * @typedef {'verified' | 'incomplete' | 'failed'} Verdict `incomplete`: nothing false was found,
 *   but not all that is shown was checked
 * @typedef {{verdict: Verdict, sentence: string,
 *   checks: import('./checks.js').Check[], about: Record<string, any> | null,
 *   answers: any[], cohort: any[], notShown: string[]}} Report
 */

const many = (number, one, more) => (number === 1 ? `1 ${one}` : `${number} ${more}`);
const counted = (number) => many(number, "check", "checks");

/** @param {Checks} checks @param {Found} found @returns {Report} */
export function verdictOn(checks, found) {
  const { about, answers, cohort } = found;
  const list = checks.list();
  const failed = list.filter(({ outcome }) => outcome === "failed");
  const rest = { checks: list, about, answers, cohort };
  if (failed.length > 0) {
    const first = failed[0].title;
    return {
      verdict: "failed",
      sentence: `Do not rely on this bundle: ${counted(failed.length)} failed, the first being “${first}”.`,
      ...rest,
      notShown: ["Anything: a bundle of which one check fails shows nothing."],
    };
  }
  const passed = list.filter(({ outcome }) => outcome === "passed").length;
  const left = list.length - passed;
  const missing = missingOf(checks, found);
  return {
    verdict: missing.length > 0 ? "incomplete" : "verified",
    sentence:
      missing.length > 0
        ? `${counted(passed)} passed and none failed, which is not enough to rely on. ${missing.join(" ")}`
        : `Everything that was checked here holds: ${counted(passed)} passed, ${left} not made.`,
    ...rest,
    notShown: notShown(checks, found),
  };
}

const isNamed = (checks) => checks.outcome("ledger").outcome === "passed";

/** What a reader must still have checked to rely on what is shown, and how. */
function missingOf(checks, { cohort, waiting }) {
  const missing = [];
  if (cohort.length > 0) {
    const answers = many(cohort.length, "custodians’ answer", "custodians’ answers");
    missing.push(
      `Not proven here: ${answers}. Have the command salus audit verify check the proofs, with a bundle that holds the whole log.`,
    );
  }
  if (waiting > 0) {
    const tallies = many(waiting, "tally that is", "tallies that are");
    missing.push(
      `Not proven here: ${tallies} not released. The command salus audit verify checks such proofs, with a bundle that holds the whole log.`,
    );
  }
  if (!isNamed(checks)) {
    missing.push(
      "Not known: which ledger this is, and anyone can found one. Enter the ledger’s id, or its checkpoint key, that you have from elsewhere, and verify again.",
    );
  }
  return missing;
}

/** What a bundle of which nothing failed does not show. @param {Checks} checks @param {Found} found */
function notShown(checks, { answers, cohort, keys, insecure }) {
  const lines = [];
  if (!isNamed(checks)) {
    lines.push(
      "Which ledger this is: its name and its key are the bundle’s own word, and so are the hospitals and boards that it registers.",
    );
  }
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
      "That custodians counted as they say: this page lists what they signed, and checks no proof of it.",
    );
  }
  lines.push(
    "That the profile’s fields hold what their names say: its document, in the bundle, says how each is derived.",
  );
  if (keys > 0) {
    lines.push(
      "That a verifying key comes from a ceremony: this is the ledger’s own word. Compare its id, above, with that of the ceremony that you trust.",
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
