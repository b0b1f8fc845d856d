//! Reading FHIR R4 into flat, typed events, one list per patient.
//!
//! [`import`] takes a Bulk Data folder, an NDJSON file (plain or gzipped), a Bundle or a folder of
//! Bundles and gives an [`Import`]: patients, events, consents, and a report of everything that was
//! left out and why. What an event means for a row is not decided here: that is derivation's work.
//!
//! Two rules hold throughout.
//!
//! - **Dates.** A dateTime with a zone falls on the calendar day as written, in its own offset.
//!   See [`PartialDate`].
//! - **Only statements of fact become events.** What a resource's status takes back (entered in
//!   error, not done, cancelled, refuted, not confirmed, only planned) is left out and counted. See
//!   [`Reason`].

mod assembly;
mod bundle;
mod coding;
pub mod consent;
mod element;
mod event;
mod fact;
mod import;
mod input;
mod partial_date;
mod patient;
mod read;
mod reference;
mod report;
mod resource;
mod status;
pub mod systems;

pub use coding::{Coding, Concept};
pub use consent::ConsentResource;
pub use event::{Comparator, Event, EventKind, Quantity, Value};
pub use import::Import;
pub use input::{ImportError, Limits, Measure};
pub use partial_date::{PartialDate, PartialDateError, Precision};
pub use patient::{Patient, Sex};
pub use read::{import, import_in_steps};
pub use report::{
    Example, FileOutcome, FileReport, ImportReport, Reason, Source, Tally, TypeReport,
};
