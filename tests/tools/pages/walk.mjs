// Walks the pages of a demonstration as the people do for whom they are: a sponsor, a board, a
// custodian, patients and a regulator. Arguments: the browser's program, the address, a folder for
// pictures. It ends with 1 when something is not as it must be, and says what.

import { Walk } from "./look.mjs";
import { plain } from "./plain.mjs";
import { regulator, verified } from "./regulator.mjs";

const [program, address, folder] = process.argv.slice(2);
const TITLE = "Walked by a person";
const CONTACT = "walker@example.org";

const walk = await Walk.begin({ program, address, folder });
const page = () => walk.page;
const links = (selector) => page().locator(selector).evaluateAll((found) => found.map((link) => link.getAttribute("href")));

async function visitor() {
  await page().goto("/");
  await page().keyboard.press("Tab");
  walk.expect((await page().evaluate(() => document.activeElement.textContent)) === "Skip to content", "Tab does not reach the skip link first");
  await page().keyboard.press("Enter");
  walk.expect((await page().evaluate(() => document.activeElement.id)) === "main", "the skip link does not lead to the content");
  await walk.look("overview");
  for (const [name, path] of [["studies", "/studies"], ["parties", "/parties"], ["explorer", "/explorer"], ["entry", "/explorer/entries/7"], ["reference", "/docs"], ["sign-in", "/sign-in"], ["verify", "/verify"]]) {
    await page().goto(path);
    await walk.look(name);
  }
  await page().goto("/nowhere").catch(() => {});
  walk.problems = walk.problems.filter((problem) => !problem.includes("/nowhere"));
  await walk.look("not-found");
}

async function sponsor() {
  await page().goto("/query");
  const text = page().getByLabel("The query as text");
  await page().getByRole("group", { name: "Criterion on age" }).getByLabel("Age: from").fill("40");
  await page().waitForFunction(() => document.getElementById("text").value.includes("between 40 and 75 years"));
  await page().waitForFunction(() => document.getElementById("explanation").innerText.includes("from 40 to 75"));
  // A field is found by a part of its name, and a criterion added with the keyboard.
  await page().getByRole("button", { name: "Add a criterion" }).first().press("Enter");
  const fields = page().getByLabel("Field", { exact: true });
  await fields.nth(1).fill("sbp.latest");
  await fields.nth(1).press("Tab");
  await page().getByLabel("How Latest systolic blood pressure compares").selectOption("value:at-least");
  await page().getByLabel("Latest systolic blood pressure: value").fill("110");
  await page().waitForFunction(() => document.getElementById("text").value.includes("sbp.latest at least 110 mm[Hg]"));
  await walk.look("query");
  // The text leads, too; and what is wrong is named.
  await text.fill((await text.inputValue()).replace("sbp.latest", "sbp.lates"));
  await page().waitForFunction(() => document.getElementById("remarks").innerText.includes("sbp.latest"));
  await walk.look("query-error");
  await text.fill(`cohort "${TITLE}" using cardiometabolic at 2025-01-01\ninclude all\n  age at least 18 years\n  sbp.latest at least 60 mm[Hg]\n`);
  await page().waitForFunction(() => document.getElementById("explanation").innerText.includes("18"));
  await page().getByRole("button", { name: "Open a study with it" }).click();
  await page().getByLabel("Institution that runs it").fill("Walk University");
  await page().getByLabel(/Last day/).fill("2026-12-31");
  await page().getByLabel("Where").selectOption("north-america");
  await walk.look("opening");
  await page().getByRole("button", { name: "Sign and open the study" }).click();
  await walk.says("It takes answers once its boards approve");
  await walk.says("1 approval missing");
  await walk.look("sponsor");
}

async function board() {
  await page().goto("/desk/boards/ethics");
  await walk.says("Walk University, in North America");
  await walk.look("board");
  await page().getByRole("button", { name: `Approve the study ${TITLE}` }).click();
  await walk.says("Your approval is on the ledger");
}

async function custodian() {
  await page().goto("/desk/custodians/hospital");
  await walk.look("custodian");
  const patients = [
    { resourceType: "Patient", id: "walked-1", birthDate: "1950-02-03", gender: "female" },
    { resourceType: "Observation", id: "odd", status: "final", subject: { reference: "Patient/walked-1" } },
  ];
  const buffer = Buffer.from(patients.map((patient) => JSON.stringify(patient)).join("\n"));
  await page().getByLabel("Files").setInputFiles({ name: "Patient.ndjson", mimeType: "application/fhir+ndjson", buffer });
  await page().getByRole("button", { name: "Upload and read" }).click();
  await page().getByRole("button", { name: "Commit the records" }).waitFor({ timeout: 60_000 });
  await walk.says("Resources left out");
  await walk.look("import");
  await page().goto("/desk/custodians/hospital");
  const count = page().getByRole("button", { name: `Count for ${TITLE}` });
  await page().locator("form", { has: count }).getByLabel("Table").selectOption("attrition");
  await count.click();
  // It is a job: its page says so itself when it is done.
  await page().locator("#job .notice.good").waitFor({ timeout: 120_000 });
  await walk.look("job");
  await walk.says("The answer is on the ledger, with its proof");
  await page().getByRole("link", { name: TITLE }).click();
  await walk.says("Attrition: from consent to match");
  await walk.look("study");
  // The same, divided by a field.
  await page().goto("/desk/custodians/hospital");
  const form = page().locator("form", { has: count });
  await form.getByLabel("Table").selectOption("strata");
  await form.getByText("Strata: divided by which fields").click();
  await form.getByLabel("Field", { exact: true }).selectOption("sex");
  await walk.look("custodian-strata");
  await count.click();
  await page().locator("#job .notice.good").waitFor({ timeout: 120_000 });
}

/** The part of a page that is about the study. */
const studied = () => page().locator("article", { has: page().getByRole("link", { name: TITLE }) });

/** A patient on whose page the study says this, among those listed. */
async function find(text) {
  await page().goto("/desk");
  for (const path of await links("#patients + ul a")) {
    await page().goto(path);
    if ((await studied().innerText()).includes(text)) return path;
  }
  walk.expect(false, `no listed patient's page says ${JSON.stringify(text)}`);
  return undefined;
}

async function patient() {
  await page().goto("/desk");
  await walk.look("desk");
  const path = await find("You can volunteer.");
  if (!path) return;
  await walk.look("patient");
  const study = studied();
  walk.expect(/Demo Hospital, as of [\d-]+: entry \d+/.test(await study.innerText()), "a count that can have included the patient is not listed");
  await walk.says("In force since");
  await walk.says("The study wants record-level data too. Salus sends none");
  await study.getByText("Volunteer", { exact: true }).click();
  await study.getByLabel(/How the sponsor reaches you/).fill(CONTACT);
  await study.getByRole("button", { name: "Prove and volunteer" }).click();
  await walk.says("Your proof is on the ledger");
  await walk.says("You volunteered.");
  await page().getByRole("button", { name: "Take my consent back" }).click();
  await walk.says("Your consent is taken back");
  await walk.says("No consent is in force");
  walk.expect((await page().getByRole("button", { name: "Take my consent back" }).count()) === 0, "consent can be taken back twice");
  await walk.look("patient-revoked");
  // Nothing is ticked beforehand, and nothing is granted by sending the form as it is.
  walk.expect((await page().locator("input:checked").count()) === 0, "something is ticked beforehand");
  await page().getByLabel(/to be counted in totals/).check();
  await page().getByLabel("health and medical research").check();
  await page().getByRole("button", { name: "Give consent" }).click();
  await walk.says("Your consent is on the ledger");
  const grants = await page().locator("article").first().innerText();
  walk.expect(/yes\s*be counted/.test(grants) && /no\s*be contacted/.test(grants) && /no\s*share/.test(grants), "one grant brought others with it");
  await walk.look("patient-counted-only");
}

async function inbox() {
  await page().goto("/desk/sponsors/lab");
  const study = studied();
  await study.getByRole("link", { name: "Open the inbox" }).click();
  await walk.says(CONTACT);
  await walk.look("inbox");
  await page().goto("/desk/custodians/hospital");
  await walk.says("not current");
  await page().goto("/desk/custodians/hospital/jobs");
  await walk.look("jobs");
}

async function counted() {
  await regulator(walk, TITLE);
}

async function volunteered() {
  await verified(walk, "Volunteers from forty");
}

async function withoutScript() {
  await plain(walk);
}

for (const part of [visitor, sponsor, board, custodian, patient, inbox, counted, volunteered, withoutScript]) {
  try {
    await part();
  } catch (error) {
    walk.problems.push(`${page().url()}: ${part.name}: ${error.message}`);
    await walk.look(`stopped-${part.name}`).catch(() => {});
  }
}
await walk.end();
