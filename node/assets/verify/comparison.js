// The page's second part: two checkpoints, compared with a proof that this node gives.
import { compareCheckpoints } from "./two-checkpoints.js";

/** @param {string} id @returns {any} an element of the page */
const by = (id) => document.getElementById(id);

/** Two checkpoints on the page. */
export class Comparison {
  start() {
    by("compare").addEventListener("submit", (event) => {
      event.preventDefault();
      this.compare();
    });
    by("node-checkpoint").addEventListener("click", () => this.takeNodes());
  }

  /** This node's latest checkpoint, and the key that signs its checkpoints. */
  async takeNodes() {
    const ledger = await this.get("/api/v1/ledger");
    if (ledger === null) return;
    by("newer").value = ledger.checkpoint ?? "";
    by("key").value ||= ledger.checkpoint_key;
    this.say(
      "not-checked",
      "This is what the node shows now. Put one that you kept into the other field.",
    );
  }

  async compare() {
    const text = (id) => {
      // Who copies a checkpoint seldom copies its last line's end.
      const given = by(id).value.replace(/\r\n/g, "\n").replace(/\s+$/, "");
      return `${given}\n`;
    };
    const [older, newer, key] = [text("older"), text("newer"), by("key").value];
    let said = compareCheckpoints(older, newer, key, null);
    if (said.outcome === "not-checked") {
      const proof = await this.get(
        `/api/v1/ledger/proofs/consistency?from=${said.from}&to=${said.to}`,
      );
      if (proof === null) return;
      const path = Array.isArray(proof.path) ? proof.path.map(String) : [];
      said = compareCheckpoints(older, newer, key, path);
    }
    this.say(said.outcome, said.sentence);
  }

  /** What this node answers. @param {string} path */
  async get(path) {
    try {
      const answer = await fetch(path, { headers: { accept: "application/json" } });
      const value = await answer.json();
      if (answer.ok) return value;
      this.say("failed", `The node gives no proof: ${value.detail ?? answer.status}`);
    } catch {
      this.say("failed", "The node does not answer.");
    }
    return null;
  }

  say(outcome, sentence) {
    const place = by("comparison");
    const style = { passed: "good", failed: "bad", "not-checked": "warn" }[outcome];
    const word = { passed: "✓ Consistent. ", failed: "✗ Not shown. ", "not-checked": "" }[outcome];
    place.className = `notice ${style}`;
    place.textContent = `${word}${sentence}`;
  }
}
