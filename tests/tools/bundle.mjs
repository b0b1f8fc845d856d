// Makes node/assets/vendor/NAME.js: one ES module of what the pages' scripts use of a library.
//
//     npm ci --prefix tests/tools && node tests/tools/bundle.mjs noble node/assets/vendor/noble.js
//
// A test of the ledger's makes each again and compares bytes, so versions are pinned in package.json.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The packages that go into each; NAME.entry.mjs says what of them. */
const LIBRARIES = {
  noble: ["@noble/curves", "@noble/hashes"],
  toml: ["smol-toml"],
};

const [name, out] = process.argv.slice(2);
const packages = LIBRARIES[name];
if (!packages || !out) throw new Error("usage: node bundle.mjs noble|toml OUTPUT");
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const manifests = packages.map((name) =>
  JSON.parse(readFileSync(here(`node_modules/${name}/package.json`), "utf8")),
);
const licences = packages.map((name) =>
  readFileSync(here(`node_modules/${name}/LICENSE`), "utf8").trim(),
);
const head = [
  `${manifests.map((m) => `${m.name} ${m.version}`).join(", ")}: bundled, unchanged otherwise,`,
  "by tests/tools/bundle.mjs. Do not edit.",
  "",
  ...new Set(licences),
].join("\n");

const result = await build({
  entryPoints: [here(`${name}.entry.mjs`)],
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
