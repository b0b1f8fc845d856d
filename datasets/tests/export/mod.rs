//! An export made up for a test, and its import.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use salus_datasets::fhir::systems::SNOMED;
use salus_datasets::fhir::{self, Import, Limits, Reason};
use tempfile::TempDir;

/// A patient that the other resources refer to.
pub const PATIENT: &str =
    r#"{"resourceType":"Patient","id":"p1","gender":"female","birthDate":"1950-02"}"#;

/// A folder of files, imported.
pub struct Export(TempDir);

impl Export {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn import(&self) -> Import {
        self.import_with(&Limits::default())
    }

    pub fn import_with(&self, limits: &Limits) -> Import {
        fhir::import(self.0.path(), limits).unwrap()
    }
}

/// The bytes, gzipped.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A diagnosis of the patient, with more members.
pub fn condition(id: &str, more: &str) -> String {
    format!(
        r#"{{"resourceType":"Condition","id":"{id}","code":{{"coding":[{{"system":"{SNOMED}","code":"44054006"}}]}},"subject":{{"reference":"Patient/p1"}}{more}}}"#
    )
}

/// The import of one patient and these lines.
pub fn import_lines(lines: &[&str]) -> Import {
    Export::new()
        .file("Patient.ndjson", PATIENT)
        .file("Rest.ndjson", lines.join("\n"))
        .import()
}

/// The one example of a reason, where nothing else was imported.
pub fn only_reason(import: &Import, reason: Reason) -> String {
    assert_eq!(import.report.left_out(reason), 1, "{}", import.report);
    assert!(import.events.is_empty());
    let of_types = import.report.types.values();
    let tally = of_types
        .filter_map(|of_type| of_type.left_out.get(&reason))
        .next()
        .unwrap();
    tally.examples[0].to_string()
}
