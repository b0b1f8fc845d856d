// Uses the verification page in a browser, as a reader would: node verify.mjs CHROMIUM ADDRESS STUDY
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import assert from "node:assert/strict";

const require = createRequire(new URL("../../../tests/tools/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [executablePath, base, study] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const path = `/studies/${study}/verify`;

/** A page that fails the test when the browser complains, also about the content policy. */
async function open(options, where) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(base + where);
  return page;
}
const complaints = [];

const verdict = (page, words) =>
  page.waitForFunction(
    (expected) => document.getElementById("verdict")?.textContent === expected,
    words,
  );

async function verifies() {
  const page = await open({}, path);
  // A development key is refused until the reader takes such keys.
  await verdict(page, "It does not verify");
  assert.equal(await page.textContent("#check-keys .tag"), "✗ failed");
  await page.check("#insecure");
  await page.click("#again");
  await verdict(page, "It verifies");
  assert.equal(await page.evaluate(() => document.activeElement.id), "verdict");
  assert.match(await page.textContent("#status"), /^Everything that was checked here holds/);
  await page.fill("#ledger", "0".repeat(64));
  await page.click("#again");
  await verdict(page, "It does not verify");
  await page.fill("#ledger", "");
  await page.click("#again");
  await verdict(page, "It verifies");
  await falsify(page);
  await compare(page);
  await page.context().close();
}

async function falsify(page) {
  const ids = await page.$$eval("#tampering option", (options) => options.map((o) => o.value));
  let noticed = 0;
  for (const id of ids) {
    await page.selectOption("#tampering", id);
    await page.click("#tamper");
    await page.waitForFunction(() => document.getElementById("progress").hidden);
    if (/nothing to falsify/.test(await page.textContent("#status"))) continue;
    assert.match(await page.textContent("#report .notice"), /failed, as it must/, id);
    noticed += 1;
  }
  assert.ok(noticed >= 5, `${noticed} falsifications noticed`);
}

async function compare(page) {
  await page.click("#node-checkpoint");
  await page.waitForFunction(() => document.getElementById("newer").value !== "");
  const checkpoint = await page.inputValue("#newer");
  await page.fill("#older", checkpoint.trim());
  await page.click("#compare button:has-text('Compare')");
  await page.waitForFunction(() =>
    document.getElementById("comparison").className.includes("good"),
  );
  await page.fill("#older", checkpoint.replace(/\n\d+\n/, "\n1\n"));
  await page.click("#compare button:has-text('Compare')");
  await page.waitForFunction(() => document.getElementById("comparison").className.includes("bad"));
}

/** With the network gone after the page has come. */
async function verifiesOffline() {
  const answer = await fetch(`${base}/api/v1/studies/${study}/bundle?log=true`);
  const file = { name: "a.bundle", mimeType: "", buffer: Buffer.from(await answer.arrayBuffer()) };
  const page = await open({}, "/verify");
  await page.waitForFunction(() => /^Ready/.test(document.getElementById("status").textContent));
  await page.context().setOffline(true);
  await page.check("#insecure");
  await page.setInputFiles("#file", file);
  await verdict(page, "It verifies");
  // What is no bundle at all.
  await page.setInputFiles("#file", { name: "no", mimeType: "", buffer: Buffer.from("no bundle") });
  await verdict(page, "It does not verify");
  await page.context().close();
}

async function isAccessible(colorScheme, width) {
  const viewport = { width, height: 800 };
  // axe is put into the page, which the page's own policy would not let in.
  const page = await open({ colorScheme, viewport, bypassCSP: true }, path);
  await verdict(page, "It does not verify");
  await page.addScriptTag({ content: axe });
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
  assert.deepEqual(told, [], `${colorScheme} at ${width}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.ok(!wide, `${width} wide, and the page is wider`);
  await page.context().close();
}

try {
  await verifies();
  await verifiesOffline();
  await isAccessible("light", 1280);
  await isAccessible("dark", 1280);
  await isAccessible("light", 360);
  assert.deepEqual(complaints, []);
} finally {
  await browser.close();
}
