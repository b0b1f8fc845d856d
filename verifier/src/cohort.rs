//! Cohort answers: checks that published bitmaps are the committed rows, and that hidden counts
//! are counts of them.
//!
//! Lives here: generators, transcript, the three building blocks (linear proof, opening, masked
//! sumcheck), publication, tally and the parts of one, each with its canonical bytes. Never here: a row, a blinding,
//! anything that proves. Spec: docs/spec/cohort.md.

pub mod encoding;
pub mod generators;
pub mod linear;
pub mod opening;
pub mod parts;
pub mod polynomial;
pub mod program;
pub mod publication;
pub mod sumcheck;
pub mod tally;
pub mod transcript;

pub use encoding::EncodingError;
pub use transcript::Transcript;
