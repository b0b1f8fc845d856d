//! Queries: text a clinician can read, compiled to at most 16 criteria over one edition.
//!
//! [`CompiledQuery`] is what circuits and ledgers see; its [`QueryDigest`] is the query's
//! identity. Spec: docs/spec/query.md.

mod compiled;

pub use compiled::{
    CRITERIA, CYCLE, CompiledError, CompiledQuery, Criterion, DIFFERENCE_OFFSET, QueryDigest,
    WORD_BITS, WORDS,
};
