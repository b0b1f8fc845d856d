// The audit in a thread of its own, so that the page stays alive. Its policy lets it load these
// scripts and nothing else: it can't ask any network.
import { audit } from "./audit.js";
import { tamper } from "./tamper.js";

/** How often progress is told, in milliseconds. */
const PAUSE = 100;

// All scripts are here: from now on no network is needed.
self.postMessage({ run: 0, ready: true });

self.addEventListener("message", ({ data }) => {
  const { file, expected, tampering, run } = data;
  const bytes = tampering === null ? file : tamper(file, tampering);
  if (bytes === null) {
    self.postMessage({ run, nothing: true });
    return;
  }
  let told = 0;
  const report = audit(bytes, expected, (progress) => {
    const now = Date.now();
    if (now - told < PAUSE && progress.done < progress.of) return;
    told = now;
    self.postMessage({ run, progress });
  });
  self.postMessage({ run, report });
});
