// What the pages' scripts use of smol-toml: nothing else goes into node/assets/vendor/toml.js.
export { parse } from "smol-toml";
