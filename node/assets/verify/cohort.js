// The answers by custodians: all about them that is cheap. Their proofs are not checked in script.
import { checkStanding } from "./answers.js";
import { Checks } from "./checks.js";
import { Contents } from "./contents.js";
import { showDay } from "./day.js";
import { cellsOf, isReleasable, mostReleased, tableKey } from "./table.js";

/** Days for which a tally can be released. */
const TALLY_DAYS = 14;
const ELSEWHERE = "Not checked here: use `salus audit verify`.";

/**
 * @param {Contents} contents with a study @param {Checks} checks
 * @returns {{told: any[], waiting: number}} what each answer says, and how many tallies none releases
 */
export function checkCohort(contents, checks) {
  const { cohort, tallies } = contents;
  if (cohort.length + tallies.size === 0) {
    const none = "The bundle holds no answers by custodians.";
    checks.skip("cohort", none);
    checks.skip("cohort-proofs", none);
    return { told: [], waiting: 0 };
  }
  for (const tally of tallies.values()) checkCounts(contents, tally, checks);
  const released = new Set();
  const told = cohort.map((answer) => checkOne(contents, answer, released, checks));
  const waiting = tallies.size - released.size;
  checks.done(
    "cohort",
    `Answers: ${cohort.length}; tallies without one: ${waiting}. Their form was looked at, not how they were counted.`,
  );
  checks.skip(
    "cohort-proofs",
    `${ELSEWHERE} It verifies them with a bundle that holds the whole log.`,
  );
  return { told, waiting };
}

/** That there is a commitment for each cell. @returns {number | null} cells of the table, if it is one */
function checkCounts({ study }, { index, table, counts }, checks) {
  const wrong = (what) => checks.problem("cohort", `entry ${index}: ${what}`);
  const cells = cellsOf(table, study.query);
  if (typeof cells === "string") {
    wrong(cells);
    return null;
  }
  // A release has no commitments of its own: they are its tallies'.
  if (counts !== undefined && counts.length !== cells)
    wrong(`it commits to ${counts.length} counts; its table has ${cells} cells`);
  return cells;
}

/**
 * With the whole log: that no value is larger than the records can give that its custodians had.
 * @param {Contents} contents with a study
 * @param {Map<number, number>} countable by a tally's or an answer's entry, how many records with
 *   consent its signer had @param {Checks} checks
 */
export function checkMost({ study, cohort }, countable, checks) {
  // Noise may show more than there are.
  if (study.noise !== null) return;
  for (const { index, tallies, released } of cohort) {
    const parts = (tallies ?? [index]).map((entry) => countable.get(Number(entry)) ?? 0);
    const records = parts.reduce((sum, part) => sum + part, 0);
    const most = mostReleased(records, study.policy);
    // What is suppressed counts somebody, or stands beside a cell that does.
    const isMore = (value) => (value === null ? records === 0 : value > most);
    if (released.some(isMore)) {
      checks.problem(
        "cohort",
        `entry ${index}: it releases more than the records with consent can give that its custodians had: ${records}, shown as ${most} at most`,
      );
    }
  }
}

function checkOne(contents, answer, released, checks) {
  const { study } = contents;
  const wrong = (what) => checks.problem("cohort", `entry ${answer.index}: ${what}`);
  const custodians =
    answer.kind === "submit cohort"
      ? checkAlone(contents, answer, wrong, checks)
      : checkTogether(contents, answer, released, wrong, checks);
  const cells = checkCounts(contents, answer, checks);
  if (cells !== null && answer.released.length !== cells) {
    wrong(`it releases ${answer.released.length} cells; its table has ${cells}`);
  }
  const never = answer.released.find(
    (value) => !isReleasable(value, study.policy, study.noise !== null),
  );
  if (never !== undefined)
    wrong(`the study’s policy never releases ${never ?? "a suppressed cell"}`);
  return {
    entry: answer.index,
    custodians,
    table: answer.table.kind,
    released: answer.released.map((value) => (value === null ? "suppressed" : String(value))),
    proof: ELSEWHERE,
  };
}

/** The issuer that counted, if it was registered before. */
function custodian(contents, index, key, wrong) {
  const issuer = contents.issuers.get(key);
  if (issuer === undefined || issuer.index >= index) {
    wrong("the bundle does not show that its issuer was registered before");
    return "an issuer that is not registered";
  }
  return issuer.title;
}

function checkAlone(contents, answer, wrong, checks) {
  const { study } = contents;
  if (study.together.length > 0 || study.noise !== null)
    wrong("the study is answered in two steps");
  checkStanding(contents, answer.index, answer.day, checks);
  const name = custodian(contents, answer.index, answer.signer, wrong);
  return [`${name} on ${showDay(answer.day)}`];
}

/** One tally of each custodian whom the study counts, of its table, not lapsed, in no other release. */
function checkTogether(contents, answer, released, wrong, checks) {
  const { study } = contents;
  const over = contents.headOver(answer.index);
  const day = over?.day ?? null;
  if (day === null) {
    wrong("the bundle lacks the registry head that the answer stands under");
    return [];
  }
  checkStanding(contents, answer.index, day, checks);
  const tallies = answer.tallies.map((entry) => contents.tallies.get(Number(entry)));
  const told = [];
  tallies.forEach((tally, place) => {
    const usable =
      tally !== undefined &&
      tally.index < answer.index &&
      tableKey(tally.table) === tableKey(answer.table) &&
      day <= tally.day + TALLY_DAYS &&
      !released.has(tally.index);
    if (!usable) {
      wrong(`entry ${answer.tallies[place]} is no tally that it could release`);
      return;
    }
    released.add(tally.index);
    checkStanding(contents, tally.index, tally.day, checks);
    told.push(`${custodian(contents, tally.index, tally.signer, wrong)} on ${showDay(tally.day)}`);
  });
  const circle = tallies.map((tally) => tally?.signer ?? "").sort();
  const expected = study.together.length === 0 ? [answer.signer] : study.together;
  const same = circle.length === expected.length && circle.every((key, at) => key === expected[at]);
  if (!same || !circle.includes(answer.signer)) {
    wrong("it is not by the custodians whom the study counts, alone or together");
  }
  return told;
}
