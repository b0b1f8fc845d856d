//! Cohort answers, natively: which columns a dataset is published as, which polynomials over them
//! a query becomes, and which counts they must come to.
//!
//! Lives here: [`Layout`] (columns and digits of a page), [`Question`] (what is asked, in which
//! [`Table`]), [`Plan`] (the question as polynomials over columns) and the [`relation`] that a
//! tally proves. Never here: commitments, transcripts and proofs. Spec: docs/spec/cohort.md.

mod assignment;
mod draft;
mod form;
mod label;
mod layout;
mod numbers;
mod plan;
mod question;
pub mod relation;

pub use assignment::{Assignment, AuxiliaryValue};
pub use form::{Form, Term};
pub use layout::{CONSENT_FIELDS, Digit, Layout, LayoutError, NumberForm, Place, Weight};
pub use plan::{Auxiliary, AuxiliaryKind, Cell, Constraint, Factor, Monomial, Plan, PlanError};
pub use question::{Band, CELLS, Question, QuestionError, Stratifier, Table};

/// Slots in a page of a dataset.
pub const PAGE: usize = 4096;
