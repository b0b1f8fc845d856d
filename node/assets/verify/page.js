// The verification page: opens a bundle, has it audited in a thread of its own, shows the report.
import { Comparison } from "./comparison.js";
import { showReport } from "./report.js";
import { tamperings } from "./tamper.js";

/** @param {string} id @returns {any} an element of the page */
const by = (id) => document.getElementById(id);

/** The page's state: the file that was opened, and the thread that looks at it. */
class Page {
  constructor() {
    this.file = null;
    /** The latest audit's number: what is heard of those before is out of date. */
    this.run = 0;
    this.tampering = null;
    // Started with the page, so that a bundle can be opened after the network is gone.
    this.worker = new Worker("/assets/verify/worker.js", { type: "module" });
    this.status = by("status");
    this.progress = by("progress");
  }

  start() {
    this.worker.addEventListener("message", ({ data }) => this.hear(data));
    this.worker.addEventListener("error", () => {
      this.done("The script could not run in this browser. Use the command salus audit verify.");
    });
    // So that the same file, changed in the meantime, can be chosen again.
    by("file").addEventListener("click", () => (by("file").value = ""));
    by("file").addEventListener("change", () => this.open(by("file").files[0]));
    const drop = by("drop");
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      this.open(event.dataTransfer.files[0]);
    });
    by("again").addEventListener("click", () => this.audit(null));
    this.offerTamperings();
    by("tool").hidden = false;
    const { bundle } = by("tool").dataset;
    if (bundle) this.fetch(bundle);
  }

  offerTamperings() {
    const select = by("tampering");
    for (const { id, title } of tamperings()) select.add(new Option(title, id));
    by("tamper").addEventListener("click", () => this.audit(select.value));
  }

  /** @param {string} path a bundle of this node's */
  async fetch(path) {
    this.say("Fetching the study’s bundle from this node…");
    try {
      const answer = await fetch(path);
      if (!answer.ok) throw new Error(`the node answered ${answer.status}`);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      // The reader may have opened another one in the meantime.
      if (this.file !== null) return;
      this.file = bytes;
    } catch (error) {
      this.say(`The bundle could not be fetched: ${error.message}.`);
      return;
    }
    this.audit(null);
  }

  /** @param {File | undefined} file */
  async open(file) {
    if (file === undefined) return;
    try {
      this.file = new Uint8Array(await file.arrayBuffer());
    } catch {
      this.say("The file could not be read.");
      return;
    }
    this.audit(null);
  }

  /** @param {string | null} tampering what to falsify before */
  audit(tampering) {
    if (this.file === null) {
      this.say("Open a bundle first.");
      return;
    }
    this.run += 1;
    this.tampering = tampering;
    this.say(tampering === null ? "Verifying…" : "Verifying a tampered copy…");
    this.progress.hidden = false;
    this.progress.removeAttribute("value");
    const expected = {
      ledger: by("ledger").value,
      checkpointKey: by("checkpoint-key").value,
      allowInsecureKeys: by("insecure").checked,
    };
    this.worker.postMessage({ file: this.file, expected, tampering, run: this.run });
  }

  hear({ run, ready, progress, nothing, report }) {
    if (run !== this.run) return;
    if (ready) {
      if (this.status.textContent === "") this.say("Ready. The network can be off from here on.");
      return;
    }
    if (progress !== undefined) {
      this.progress.max = progress.of;
      this.progress.value = progress.done;
      return;
    }
    if (nothing) {
      this.done("This bundle has nothing to falsify in this way.");
      return;
    }
    this.done(report.sentence);
    const known = tamperings().find(({ id }) => id === this.tampering) ?? null;
    showReport(by("report"), report, known);
    by("more").hidden = false;
    if (this.tampering === null && report.about !== null)
      by("key").value ||= report.about.checkpointKey;
  }

  done(sentence) {
    this.progress.hidden = true;
    this.say(sentence);
  }

  say(sentence) {
    this.status.textContent = sentence;
  }
}

new Page().start();
new Comparison().start();
