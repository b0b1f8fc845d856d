// Answers the Rust tests' questions to the verification script: a line of JSON each.
import { createInterface } from "node:readline";
import { audit } from "../../../node/assets/verify/audit.js";
import { Malformed, fromHex, toHex } from "../../../node/assets/verify/bytes.js";
import { readEntry } from "../../../node/assets/verify/entry.js";
import { verifies } from "../../../node/assets/verify/key.js";
import { isConsistent, isIncluded, leafHash } from "../../../node/assets/verify/log.js";
import { expectedOf, termProblems } from "../../../node/assets/verify/study.js";
import { readProfile } from "../../../node/assets/verify/profile.js";
import { compiledText } from "../../../node/assets/verify/query-text.js";
import { queryDigest } from "../../../node/assets/verify/query.js";
import { mostReleased } from "../../../node/assets/verify/table.js";
import { compareCheckpoints } from "../../../node/assets/verify/two-checkpoints.js";
import { tamper, tamperings } from "../../../node/assets/verify/tamper.js";
import { readProof, readVerifyingKey } from "../../../node/assets/verify/verifying-key.js";
import { ed25519, sha512 } from "../../../node/assets/vendor/noble.js";

/** Whether each of the texts is read without complaint. */
const reads =
  (read) =>
  ({ many }) =>
    many.map((hex) => {
      try {
        read(fromHex(hex));
        return true;
      } catch {
        return false;
      }
    });

/** Key (32), signature (64) and message in one. */
const isSignature = ({ many }) =>
  many.map((hex) =>
    verifies(hex.slice(0, 64), fromHex(hex.slice(192)), fromHex(hex.slice(64, 192))),
  );

/** A signature that holds only if what is of small order is cleared away first: key, signature, message. */
function torsioned() {
  const { Point } = ed25519;
  const order = Point.Fn.ORDER;
  const small = Point.fromHex(
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    true,
  );
  const key = Point.BASE.multiply(12345n);
  const nonce = Point.BASE.multiply(6789n).add(small);
  const message = new TextEncoder().encode("message");
  const [r, k] = [nonce.toBytes(), key.toBytes()];
  const digest = sha512(Uint8Array.from([...r, ...k, ...message]));
  const challenge = BigInt(`0x${toHex(digest.slice().reverse())}`) % order;
  const scalar = (6789n + challenge * 12345n) % order;
  const s = fromHex(scalar.toString(16).padStart(64, "0")).reverse();
  return toHex(Uint8Array.from([...k, ...r, ...s, ...message]));
}

/** What the answers to each of these studies must say, as numbers in hexadecimal. */
function statements({ many, study, ledger }) {
  return many.map((hex) => {
    const { transaction } = readEntry(fromHex(hex));
    const { query, scope, purpose, institution, contact } = expectedOf(transaction, study, ledger);
    const numbers = [query, scope, purpose, institution];
    const well = termProblems(transaction).length === 0;
    return [...numbers.map((n) => n.toString(16).padStart(64, "0")), contact, well];
  });
}

/** What comes of each of these, or nothing where it is refused for what it holds. */
const attempts = (many, read) =>
  many.map((one) => {
    try {
      return read(one);
    } catch (error) {
      if (error instanceof Malformed) return null;
      throw error;
    }
  });

/** The hashes of these profile documents. */
const profiles = ({ many }) => attempts(many, (text) => toHex(readProfile(text).hash));

/** What each of these query texts compiles to with a profile: edition and criteria, perhaps a digest. */
function queries({ many, profile, digests }) {
  const document = readProfile(profile);
  return attempts(many, (text) => {
    const query = compiledText(text, document);
    const criteria = query.criteria.map((c) => [
      c.field,
      c.minusPrevious,
      c.start,
      c.length,
      c.ifNone,
      c.opensGroup,
      c.atLeast,
    ]);
    const numbers = digests ? [queryDigest(query), query.edition] : [query.edition];
    return [criteria, query.index, ...numbers.map((n) => n.toString(16).padStart(64, "0"))];
  });
}

const answers = {
  profiles,
  queries,
  statements,
  audit: ({ bundle, expected }) => audit(fromHex(bundle), expected),
  entries: reads(readEntry),
  proofs: reads(readProof),
  keys: reads(readVerifyingKey),
  signatures: isSignature,
  torsioned,
  tamperings: () => tamperings(),
  tamper: ({ bundle, id }) => {
    const changed = tamper(fromHex(bundle), id);
    return changed && toHex(changed);
  },
  most: ({ many, policy }) => many.map((records) => mostReleased(records, policy)),
  consistent: ({ from, to, path }) =>
    isConsistent(
      { size: from.size, root: fromHex(from.root) },
      { size: to.size, root: fromHex(to.root) },
      path.map(fromHex),
    ),
  included: ({ entry, root, proofs }) =>
    proofs.map(({ index, size, path }) =>
      isIncluded(leafHash(fromHex(entry)), index, size, path.map(fromHex), fromHex(root)),
    ),
  checkpoints: ({ texts, key, path }) => compareCheckpoints(texts[0], texts[1], key, path),
};

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(answers[question.ask](question) ?? null)}\n`);
}
