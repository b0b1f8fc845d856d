// A browser that looks at pages as a person would, and has each one checked for accessibility.

import AxeBuilder from "@axe-core/playwright";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

/** What a walk needs: a page, where screenshots go, and what went wrong so far. */
export class Walk {
  static async begin({ program, address, folder }) {
    const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
    const walk = new Walk(browser, address, folder);
    mkdirSync(folder, { recursive: true });
    await walk.open("light", WIDE);
    return walk;
  }

  constructor(browser, address, folder) {
    this.browser = browser;
    this.address = address;
    this.folder = folder;
    this.problems = [];
    this.looked = 0;
  }

  /** Another visitor: with this colour scheme and window. */
  async open(colorScheme, viewport) {
    await this.context?.close();
    this.context = await this.browser.newContext({ baseURL: this.address, colorScheme, viewport, reducedMotion: "reduce" });
    this.page = await this.context.newPage();
    this.page.on("pageerror", (error) => this.problems.push(`${this.page.url()}: script: ${error.message}`));
    this.page.on("console", (message) => {
      if (message.type() === "error") this.problems.push(`${this.page.url()}: console: ${message.text()}`);
    });
    this.page.on("request", (request) => {
      const from = new URL(request.url());
      const own = from.origin === new URL(this.address).origin || ["blob:", "data:"].includes(from.protocol);
      if (!own) this.problems.push(`${this.page.url()}: asks ${from.origin}`);
    });
  }

  /** Notes what must hold and does not. */
  expect(holds, what) {
    if (!holds) this.problems.push(`${this.page.url()}: ${what}`);
  }

  /** Whether the page says this. */
  async says(text) {
    const said = await this.page.locator("main").innerText();
    this.expect(said.includes(text), `does not say ${JSON.stringify(text)}`);
  }

  /** Takes a picture of the page, and checks it for accessibility. */
  async look(name) {
    this.looked += 1;
    await this.page.screenshot({ path: join(this.folder, `${name}.png`), fullPage: true });
    const found = await new AxeBuilder({ page: this.page }).analyze();
    for (const violation of found.violations) {
      const where = violation.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ");
      this.problems.push(`${name}: axe ${violation.id}: ${violation.help} (${where})`);
    }
    const wider = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    this.expect(wider <= 0, `${name}: is ${wider} px wider than its window`);
  }

  /** The same page again in the dark, and on a phone. */
  async everyWay(name, path) {
    for (const [way, scheme, viewport] of [["dark", "dark", WIDE], ["phone", "light", PHONE]]) {
      await this.open(scheme, viewport);
      await this.page.goto(path);
      await this.look(`${name}-${way}`);
    }
    await this.open("light", WIDE);
  }

  async end() {
    await this.browser.close();
    for (const problem of this.problems) console.error(problem);
    console.log(`${this.looked} pages looked at, ${this.problems.length} problems`);
    process.exitCode = this.problems.length > 0 ? 1 : 0;
  }
}
