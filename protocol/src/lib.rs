//! The nouns of Salus, natively: what a record, a consent, a query and a statement *are*.
//!
//! No input or output, no clock, no proofs: `salus-circuits` writes the same nouns as
//! constraints, file for file, and `docs/spec/` says them in words.

pub mod cohort;
pub mod consent;
pub mod contact;
pub mod day;
pub mod eligibility;
pub mod field;
pub mod noise;
pub mod nullifier;
pub mod poseidon;
pub mod profile;
pub mod purpose;
pub mod query;
pub mod record;
pub mod registry;
pub mod release;
pub mod row;
pub mod row_commitment;
pub mod statement;

/// Whether a character could make a terminal or a page show another text than the one stored:
/// control characters, those that break a line, and those that turn the direction of writing.
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    let turns = matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns
}
