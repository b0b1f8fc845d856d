// Makes node/assets/vendor/noble.js: one ES module of what the pages' scripts use of noble.
//
//     npm ci --prefix tests/tools && node tests/tools/bundle-noble.mjs node/assets/vendor/noble.js
//
// A test of the ledger's makes it again and compares bytes, so versions are pinned in package.json.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const packages = ["@noble/curves", "@noble/hashes"];
const manifests = packages.map((name) =>
  JSON.parse(readFileSync(here(`node_modules/${name}/package.json`), "utf8")),
);
const licences = packages.map((name) =>
  readFileSync(here(`node_modules/${name}/LICENSE`), "utf8").trim(),
);
const head = [
  `${manifests.map((m) => `${m.name} ${m.version}`).join(", ")}: bundled, unchanged otherwise,`,
  "by tests/tools/bundle-noble.mjs. Do not edit.",
  "",
  ...new Set(licences),
].join("\n");

const [out] = process.argv.slice(2);
if (!out) throw new Error("usage: node bundle-noble.mjs OUTPUT");
const result = await build({
  entryPoints: [here("noble.entry.mjs")],
  absWorkingDir: here("."),
  bundle: true,
  minify: true,
  charset: "ascii",
  format: "esm",
  target: "es2022",
  legalComments: "none",
  write: false,
  banner: { js: `/*!\n${head}\n*/` },
});
writeFileSync(out, result.outputFiles[0].contents);
