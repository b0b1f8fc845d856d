// The same pages without script: a query, its error, a study, its approval, a count, and consent
// given and taken back.

const TITLE = "Asked without script";
const query = (field) => `cohort "${TITLE}" using cardiometabolic at 2025-01-01\ninclude all\n  age at least 20 years\n  ${field} at least 15 kg/m2\n`;

export async function plain(walk) {
  await walk.open({ script: false });
  try {
    await sponsor(walk, walk.page);
    await custodian(walk, walk.page);
    await patient(walk, walk.page);
  } finally {
    await walk.open();
  }
}

async function sponsor(walk, page) {
  await page.goto("/query");
  const text = page.getByLabel("The query as text");
  await text.fill(query("bmi.lates"));
  await page.getByRole("button", { name: "Explain" }).click();
  const remark = await page.locator("#remarks").innerText();
  walk.expect(remark.includes("bmi.latest"), `without script the error says ${remark}`);
  walk.expect((await text.inputValue()).includes("bmi.lates"), "the text is lost");
  await text.fill(query("bmi.latest"));
  await page.getByRole("button", { name: "Explain" }).click();
  walk.expect((await page.locator("#explanation").innerText()).includes("at least 20 completed years"), "without script nothing is explained");
  await page.getByRole("button", { name: "Open a study with it" }).click();
  await page.getByLabel("Institution that runs it").fill("Plain University");
  await page.getByLabel(/Last day/).fill("2026-12-31");
  await page.getByLabel("Where").selectOption({ label: "North America" });
  await page.getByLabel("Asks of the people").selectOption("data");
  await page.getByRole("button", { name: "Sign and open the study" }).click();
  await walk.says("It takes answers once its boards approve");
  await page.goto("/desk/boards/ethics");
  await page.getByRole("button", { name: `Approve the study ${TITLE}` }).click();
  await walk.says("Your approval is on the ledger");
}

/** Waits until a job's page says this, by loading it again as a reader would. */
async function done(walk, page, text) {
  for (let tries = 0; tries < 240; tries += 1) {
    if ((await page.locator("main").innerText()).includes(text)) return;
    await page.waitForTimeout(500);
    await page.reload();
  }
  walk.expect(false, `does not come to say ${JSON.stringify(text)}`);
}

async function custodian(walk, page) {
  await page.goto("/desk/custodians/hospital");
  const study = page.locator("article", { has: page.getByRole("link", { name: TITLE, exact: true }) });
  walk.expect((await study.innerText()).includes("Publish the dataset again: consents or records changed since"), "a stale dataset is not said to be one");
  await study.getByRole("link", { name: "Publish the dataset again" }).click();
  await page.getByRole("button", { name: /^Publish/ }).first().click();
  await done(walk, page, "Remove this job");
  await page.goto("/desk/custodians/hospital");
  await page.getByRole("button", { name: `Count for ${TITLE}` }).click();
  await done(walk, page, "The answer is on the ledger, with its proof");
}

async function patient(walk, page) {
  await page.goto("/desk");
  const path = await page.locator("#patients + ul a", { hasText: "no consent" }).first().getAttribute("href");
  // A desk is also found by name.
  await page.getByLabel(/By name/).fill(path.split("/").at(-1));
  await page.getByRole("button", { name: "Open the desk" }).click();
  walk.expect(new URL(page.url()).pathname === path, "a patient is not found by name");
  await walk.says("Salus sends none");
  await page.getByLabel(/to be counted in totals/).check();
  await page.getByLabel(/to share my record/).check();
  await page.getByLabel("health and medical research").check();
  await page.getByRole("button", { name: "Give consent" }).click();
  await walk.says("Your consent is on the ledger");
  await walk.says("In force since");
  await page.getByRole("button", { name: "Take my consent back" }).click();
  await walk.says("Your consent is taken back");
  // It is seen later too, with the entry that took it back.
  await page.goto(path);
  await walk.says("It was taken back by entry");
  await page.getByRole("link", { name: /^entry \d+$/ }).first().click();
  await walk.says("revoke consent");
}
