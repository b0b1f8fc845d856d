//! Who can prove that they belong to a cohort, against an independent evaluation of the raw FHIR,
//! patient by patient: ten queries over both shipped profiles, at ten index days.
//!
//! On one side the whole chain: import, derivation, query compiler, record and consent commitments,
//! registry, relation and circuit. On the other, plain Rust over JSON lines: `export` and `chart` read
//! resources, `cohorts` says each query by hand, `standing` says who consents. The sides share the
//! profiles' lists of codes and units, as data, and no code.
//!
//! The same cohorts are counted by a custodian: what is proven, and released, is the count by hand.
//!
//! The native relation decides of every patient. The circuit decides of everyone whose row matches,
//! consent or not, and of every fifth of the others; the two must agree.
#![allow(clippy::unwrap_used)]

mod chart;
mod cohorts;
mod count;
mod export;
mod lists;
mod standing;
mod study;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use salus_datasets::derivation::derive;
use salus_datasets::fhir::{self, Import, Limits};
use salus_datasets::generator::{GeneratorOptions, write_folder};
use salus_datasets::profiles;
use salus_protocol::profile::Edition;
use salus_protocol::query::Query;

use chart::Chart;
use cohorts::Cohort;
use export::Person;
use lists::Lists;
use standing::Standing;
use study::Study;

/// An export, read in both ways.
struct Patients {
    import: Import,
    raw: BTreeMap<String, Person>,
}

/// Sizes of a cohort: whose row matches, and who can prove it.
struct Sizes {
    matching: usize,
    proving: usize,
}

impl Patients {
    fn of(folder: &Path) -> Self {
        Self {
            import: fhir::import(folder, &Limits::default()).unwrap(),
            raw: export::read(folder),
        }
    }

    /// In the order of their ids, patients consent, and do not, in turn.
    fn standing(&self, id: &str) -> Standing {
        Standing::of(self.raw.keys().position(|other| other == id).unwrap())
    }

    /// Who belongs to the cohort by hand, and of them, who consents.
    fn by_hand(&self, cohort: &Cohort) -> [BTreeSet<&str>; 2] {
        let lists = Lists::of(profiles::named(cohort.profile).unwrap().text);
        let index = cohort.index.parse().unwrap();
        let belongs = |person: &&Person| {
            let chart = Chart {
                person,
                lists: &lists,
                index,
            };
            chart.is_alive() && (cohort.has)(&chart)
        };
        let all = self.raw.iter().filter(|(_, person)| belongs(person));
        let all: BTreeSet<&str> = all.map(|(id, _)| id.as_str()).collect();
        let consenting = all.iter().copied().filter(|id| self.standing(id).covers());
        [consenting.collect(), all]
    }

    /// How many belong to the cohort by hand and may be counted.
    fn counted_by_hand(&self, cohort: &Cohort) -> usize {
        let [_, all] = self.by_hand(cohort);
        let counted = all.iter().filter(|id| self.standing(id).may_be_counted());
        counted.count()
    }

    /// The study with everyone who has a row.
    fn study(&self, cohort: &Cohort) -> Study {
        let profile = &profiles::named(cohort.profile).unwrap().profile;
        let query = Query::parse(cohort.text).unwrap_or_else(|e| panic!("{e}\n{}", cohort.text));
        assert_eq!(query.index().to_string(), cohort.index);
        let compiled = query
            .compile(profile)
            .unwrap_or_else(|e| panic!("{e}\n{}", cohort.text));
        let rows = derive(profile, &self.import, query.index()).unwrap().rows;
        let edition = Edition::of(&profile.hash(), query.index());
        Study::of(compiled.query, edition, rows, |id| self.standing(id))
    }

    /// Demands that those who can prove are those who belong by hand and consent.
    fn compare(&self, cohort: &Cohort) -> Sizes {
        let study = self.study(cohort);
        let (mut matching, mut proving) = (BTreeSet::new(), BTreeSet::new());
        for (place, id) in self.raw.keys().enumerate() {
            let Some(attempt) = study.attempt(id) else {
                continue;
            };
            let (matches, holds) = (attempt.matches(), attempt.holds());
            if matches || holds || place % 5 == 0 {
                assert_eq!(attempt.satisfies_circuit(), holds, "{id}{}", cohort.text);
            }
            if matches {
                matching.insert(id.as_str());
            }
            if holds {
                proving.insert(id.as_str());
            }
        }
        let [consenting, all] = self.by_hand(cohort);
        let differ = |a: &BTreeSet<_>, b: &BTreeSet<_>| -> Vec<String> {
            a.symmetric_difference(b).map(ToString::to_string).collect()
        };
        assert_eq!(differ(&matching, &all), [""; 0], "match{}", cohort.text);
        let counted = self.counted_by_hand(cohort);
        let profile = &profiles::named(cohort.profile).unwrap().profile;
        let count = count::count(profile, study.query(), &study.subjects());
        assert_eq!(count.exact, counted as u64, "count{}", cohort.text);
        assert_eq!(count.released, count::shown(counted), "{}", cohort.text);
        assert_eq!(
            differ(&proving, &consenting),
            [""; 0],
            "prove{}",
            cohort.text
        );
        Sizes {
            matching: matching.len(),
            proving: proving.len(),
        }
    }

    /// Compares all ten cohorts, and prints and returns their sizes.
    fn compare_all(&self) -> Vec<Sizes> {
        let mut sizes = Vec::new();
        for cohort in &cohorts::ALL {
            let found = self.compare(cohort);
            let title = cohort.text.lines().nth(1).unwrap();
            let (matching, proving, all) = (found.matching, found.proving, self.raw.len());
            println!("{title}: of {all} patients {matching} match, {proving} can prove");
            sizes.push(found);
        }
        sizes
    }
}

/// A folder of the shared data, or a message that it is not there.
fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SALUS_SHARED_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!(
        "SKIPPED: {} is absent; set SALUS_SHARED_DATA to the folder that has {folder}",
        path.display()
    );
    None
}

#[test]
fn the_615_synthea_patients() {
    let Some(folder) = shared("synthea-fhir-r4") else {
        return;
    };
    let patients = Patients::of(&folder);
    assert_eq!(patients.raw.len(), 615);
    for (cohort, sizes) in cohorts::ALL.iter().zip(patients.compare_all()) {
        assert!((5..=400).contains(&sizes.matching), "{}", cohort.text);
        assert!(sizes.proving > 0, "{}", cohort.text);
        assert!(sizes.proving < sizes.matching, "{}", cohort.text);
    }
}

#[test]
fn generated_patients() {
    let folder = tempfile::tempdir().unwrap();
    let options = GeneratorOptions {
        patients: 300,
        seed: 7,
        at: jiff::civil::date(2021, 1, 1),
    };
    write_folder(&options, folder.path(), false).unwrap();
    for sizes in Patients::of(folder.path()).compare_all() {
        assert!(sizes.proving > 0);
    }
}
