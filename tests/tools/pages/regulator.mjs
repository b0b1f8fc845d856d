// A regulator's walk: a study's answers verified in the browser, also with the network off; a
// tampered copy that fails; two checkpoints.

/** Waits until the page gives this verdict. */
const verdict = (page, words) =>
  page.waitForFunction((expected) => document.getElementById("verdict")?.textContent === expected, words);

// The study was counted by a custodian, whose proof the page does not check.
const PARTLY = "Nothing false was found, but not all was checked";
const GOOD = "It verifies";
const BAD = "It does not verify";

export async function regulator(walk, title) {
  const page = walk.page;
  await page.goto("/studies");
  await page.getByRole("link", { name: title }).click();
  await page.getByRole("link", { name: "Verify its answers" }).click();
  await verdict(page, PARTLY);
  walk.expect((await page.evaluate(() => document.activeElement.id)) === "verdict", "the verdict does not take the focus");
  walk.expect(await page.locator("#report .notice.warn").count() === 1, "the verdict is not a warning");
  await walk.says("which ledger this is, and anyone can found one");
  await walk.says("Have the command salus audit verify check the proofs");
  await walk.says("(not proven here)");
  await walk.says("Not checked here: use salus audit verify");
  walk.expect((await page.textContent("#check-query-text .tag")) === "✓ passed", "the query text is not compiled");
  await page.getByText("The query text, which compiles to the query that was proven").click();
  const asked = await page.locator("pre.asked > span").allTextContents();
  walk.expect(asked[0].startsWith("cohort ") && asked.length > 2, "the query text is not shown line by line");
  await walk.says("That issuers committed the truth");
  await walk.look("verify-study");
  await expectations(walk, page);
  await falsify(walk, page);
  await compare(walk, page);
  await offline(walk, page);
}

/**
 * A study that nobody counted for: all of it is checked here, so it verifies for a reader who
 * brings the ledger's id, and takes development keys. Also with the network off.
 */
export async function verified(walk, title) {
  const page = walk.page;
  await page.goto("/parties");
  const id = await page.locator(".facts dd code").first().textContent();
  await page.goto("/studies");
  await page.getByRole("link", { name: title }).click();
  await page.getByRole("link", { name: "Verify its answers" }).click();
  await verdict(page, PARTLY);
  await page.getByLabel("The ledger’s id").fill(id);
  const insecure = page.getByLabel(/Take development keys/);
  const again = page.getByRole("button", { name: "Verify again" });
  await insecure.uncheck();
  await again.click();
  await verdict(page, BAD);
  await insecure.check();
  await again.click();
  await verdict(page, GOOD);
  walk.expect(await page.locator("#report .notice.good").count() === 1, "the good verdict is not shown as one");
  await walk.look("verify-good");
  const answer = await page.request.get(await page.locator("#tool").getAttribute("data-bundle"));
  const bundle = { name: "answers.bundle", mimeType: "application/json", buffer: await answer.body() };
  await page.goto("/verify");
  await page.waitForFunction(() => document.getElementById("status").textContent.startsWith("Ready"));
  await page.context().setOffline(true);
  await page.getByLabel("The ledger’s id").fill(id);
  await page.getByLabel(/Take development keys/).check();
  await page.getByLabel(/An audit bundle/).setInputFiles(bundle);
  await verdict(page, GOOD);
  await page.context().setOffline(false);
}

/** What the reader knows from elsewhere decides. */
async function expectations(walk, page) {
  const again = page.getByRole("button", { name: "Verify again" });
  const insecure = page.getByLabel(/Take development keys/);
  await insecure.uncheck();
  await again.click();
  await verdict(page, BAD);
  walk.expect((await page.textContent("#check-keys .tag")) === "✗ failed", "a development key passes");
  await insecure.check();
  await page.getByLabel("The ledger’s id").fill("0".repeat(64));
  await again.click();
  await page.waitForFunction(() => document.querySelector("#check-ledger .tag.failed"));
  const id = await page.locator(".facts dd").nth(1).textContent();
  await page.getByLabel("The ledger’s id").fill(id.split(", ").at(-1));
  await again.press("Enter");
  await verdict(page, PARTLY);
  walk.expect(!(await page.textContent("#report .notice")).includes("which ledger"), "a named ledger is still unknown");
  await page.getByLabel("The ledger’s id").fill("");
}

async function falsify(walk, page) {
  const kinds = page.getByLabel("What to falsify");
  const ids = await kinds.locator("option").evaluateAll((options) => options.map((option) => option.value));
  let noticed = 0;
  for (const id of ids) {
    await kinds.selectOption(id);
    await page.getByRole("button", { name: "Falsify and verify" }).click();
    await page.waitForFunction(() => document.getElementById("progress").hidden);
    if ((await page.textContent("#status")).includes("nothing to falsify")) continue;
    const said = await page.textContent("#report .notice");
    walk.expect(said.includes("failed, as it must"), `falsified (${id}), and it says ${said}`);
    noticed += 1;
  }
  walk.expect(ids.includes("query-text") && noticed >= 6, `only ${noticed} falsifications were possible`);
  await walk.look("verify-tampered");
}

async function compare(walk, page) {
  const said = (kind) => page.waitForFunction((expected) => document.getElementById("comparison").className.includes(expected), kind);
  await page.getByRole("button", { name: "Take this node’s checkpoint" }).click();
  await said("warn");
  const checkpoint = await page.getByLabel("The other").inputValue();
  await page.getByLabel("One checkpoint").fill(checkpoint.trim());
  await page.getByRole("button", { name: "Compare" }).click();
  await said("good");
  await page.getByLabel("One checkpoint").fill(checkpoint.replace(/\n\d+\n/, "\n1\n"));
  await page.getByRole("button", { name: "Compare" }).click();
  await said("bad");
  await walk.look("verify-checkpoints");
}

/** A bundle that is opened when the network is gone, and then something that is no bundle. */
async function offline(walk, page) {
  const path = await page.locator("#tool").getAttribute("data-bundle");
  const answer = await page.request.get(path);
  const file = (buffer) => ({ name: "answers.bundle", mimeType: "application/json", buffer });
  await page.goto("/verify");
  await page.waitForFunction(() => document.getElementById("status").textContent.startsWith("Ready"));
  await page.context().setOffline(true);
  const chooser = page.getByLabel(/An audit bundle/);
  await chooser.setInputFiles(file(await answer.body()));
  await verdict(page, PARTLY);
  await chooser.setInputFiles(file(Buffer.from("no bundle")));
  await verdict(page, BAD);
  await page.context().setOffline(false);
}
