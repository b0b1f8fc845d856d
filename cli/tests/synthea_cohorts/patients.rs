//! Patients read in both ways: imported, and as plain JSON.
//!
//! Lives here: who they are, how they stand to the study, and what is said of them by hand. Never
//! here: proofs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::Path;

use salus_datasets::derivation::{PatientRow, derive};
use salus_datasets::fhir::{self, Import, Limits};
use salus_datasets::generator::{FILES, GeneratorOptions, patient};
use salus_datasets::profiles;
use salus_protocol::day::Day;

use crate::chart::Chart;
use crate::export::{self, Person};
use crate::lists::Lists;
use crate::standing::Standing;

/// An export, read in both ways.
pub(crate) struct Patients {
    import: Import,
    raw: BTreeMap<String, Person>,
    /// The place among everyone of the first patient here.
    first: usize,
}

impl Patients {
    /// Those of an export.
    pub(crate) fn of(folder: &Path) -> Self {
        Self {
            import: fhir::import(folder, &Limits::default()).unwrap(),
            raw: export::read(folder),
            first: 0,
        }
    }

    /// The generator's patients of these numbers, as an export of their own.
    pub(crate) fn generated(options: &GeneratorOptions, numbers: Range<u32>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut files =
            FILES.map(|name| File::create(folder.path().join(format!("{name}.ndjson"))).unwrap());
        let first = numbers.start as usize;
        for number in numbers {
            for (file, lines) in files.iter_mut().zip(patient(options, number).lines) {
                file.write_all(lines.as_bytes()).unwrap();
            }
        }
        drop(files);
        Self {
            first,
            ..Self::of(folder.path())
        }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.raw.len()
    }

    /// In the order of their ids, with what they consent to.
    pub(crate) fn standings(&self) -> impl Iterator<Item = (&str, Standing)> {
        let places = self.first..;
        let all = self.raw.keys().zip(places);
        all.map(|(id, place)| (id.as_str(), Standing::of(place)))
    }

    /// The rows of everyone who has one.
    pub(crate) fn rows(&self, profile: &str, index: Day) -> Vec<PatientRow> {
        let profile = &profiles::named(profile).unwrap().profile;
        derive(profile, &self.import, index).unwrap().rows
    }

    /// Reads everyone's chart with a profile's lists, in the order of their ids; at which index
    /// day, `read` decides.
    pub(crate) fn charts(&self, profile: &str, mut read: impl FnMut(&str, &mut Chart<'_>)) {
        let lists = Lists::of(profiles::named(profile).unwrap().text);
        for (id, person) in &self.raw {
            read(id, &mut Chart::new(person, &lists));
        }
    }
}
