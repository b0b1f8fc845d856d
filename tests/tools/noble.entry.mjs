// What the pages' scripts use of noble: nothing else goes into node/assets/vendor/noble.js.
export { bn254 } from "@noble/curves/bn254.js";
export { ed25519 } from "@noble/curves/ed25519.js";
export { Field } from "@noble/curves/abstract/modular.js";
export { grainGenConstants, poseidon } from "@noble/curves/abstract/poseidon.js";
export { sha256, sha512 } from "@noble/hashes/sha2.js";
