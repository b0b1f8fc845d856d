// A browser that looks at pages as a person would, and has each one checked for accessibility.

import AxeBuilder from "@axe-core/playwright";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 800 };
/** Each page is looked at in each of these ways. */
const WAYS = [
  ["-phone", "light", PHONE],
  ["-phone-dark", "dark", PHONE],
  ["", "light", WIDE],
];

/** What a walk needs: a page, where screenshots go, and what went wrong so far. */
export class Walk {
  static async begin({ program, address, folder }) {
    const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
    const walk = new Walk(browser, address, folder);
    mkdirSync(folder, { recursive: true });
    await walk.open();
    return walk;
  }

  constructor(browser, address, folder) {
    this.browser = browser;
    this.address = address;
    this.folder = folder;
    this.problems = [];
    this.looked = 0;
  }

  /** Another visitor, with script or without. */
  async open({ script = true } = {}) {
    await this.context?.close();
    const viewport = WIDE;
    this.context = await this.browser.newContext({ baseURL: this.address, colorScheme: "light", viewport, reducedMotion: "reduce", javaScriptEnabled: script });
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

  /** Takes pictures of the page, wide and on a phone by day and by night, and checks it in each way. */
  async look(name) {
    for (const [way, colorScheme, viewport] of WAYS) {
      await this.page.setViewportSize(viewport);
      await this.page.emulateMedia({ colorScheme });
      await this.check(name + way);
    }
  }

  async check(name) {
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

  async end() {
    await this.browser.close();
    for (const problem of this.problems) console.error(problem);
    console.log(`${this.looked} pages looked at, ${this.problems.length} problems`);
    process.exitCode = this.problems.length > 0 ? 1 : 0;
  }
}
