//! A custodian that answers all cohorts, against what is counted by hand.
//!
//! A dataset has one edition, so the cohorts of a profile are asked at one index day.

use salus_datasets::profiles;
use salus_protocol::cohort::Question;
use salus_protocol::nullifier::{LedgerId, Scope, StudyId};
use salus_protocol::query::{CompiledQuery, Query};
use salus_protocol::release::{DisclosurePolicy, Released, release};
use salus_protocol::row::Row;
use salus_protocol::row_commitment::RowSalt;
use salus_prover::cohort::Subject;

use crate::cohorts::{self, Cohort};
use crate::count::{Answer, Dataset};
use crate::patients::Patients;
use crate::policy;
use crate::standing::{Standing, purpose};
use crate::tables::Table;

/// The datasets' profiles and index days: a leap day, and a last of August, six months before
/// which is the last of February.
const EDITIONS: [(&str, &str); 2] = [("cardiometabolic", "2020-02-29"), ("general", "2018-08-31")];

/// What a custodian holds of each edition, and the counts by hand of each cohort's cells.
pub(crate) struct Custodian {
    subjects: [Vec<Subject>; EDITIONS.len()],
    by_hand: Vec<Vec<u64>>,
}

impl Custodian {
    /// Of nobody.
    pub(crate) fn new() -> Self {
        let cells = cohorts::ALL.iter().map(|c| vec![0; c.table.cells()]);
        Self {
            subjects: EDITIONS.map(|_| Vec::new()),
            by_hand: cells.collect(),
        }
    }

    /// Takes up more patients.
    pub(crate) fn take(&mut self, mut other: Self) {
        for (subjects, more) in self.subjects.iter_mut().zip(&mut other.subjects) {
            subjects.append(more);
        }
        let counts = self.by_hand.iter_mut().flatten();
        for (count, more) in counts.zip(other.by_hand.into_iter().flatten()) {
            *count += more;
        }
    }

    /// Of these patients.
    pub(crate) fn of(patients: &Patients) -> Self {
        let mut custodian = Self::new();
        let standings: Vec<(&str, Standing)> = patients.standings().collect();
        for (edition, (profile, index)) in EDITIONS.into_iter().enumerate() {
            let mut rows = patients.rows(profile, index.parse().unwrap()).into_iter();
            let mut row = rows.next();
            for (id, standing) in &standings {
                if let Some(found) = row.take_if(|row| row.patient == *id) {
                    let record = (found.row, RowSalt::random().unwrap());
                    let subject = subject(record, *standing);
                    custodian.subjects[edition].push(subject);
                    row = rows.next();
                }
            }
            assert!(row.is_none(), "rows are in the order of ids");
            custodian.count_by_hand(patients, profile, index);
        }
        custodian
    }

    fn count_by_hand(&mut self, patients: &Patients, profile: &str, index: &str) {
        let index = index.parse().unwrap();
        let mut standings = patients.standings();
        patients.charts(profile, |_, chart| {
            let (_, standing) = standings.next().unwrap();
            chart.index = index;
            if !chart.is_alive() || !standing.may_be_counted() {
                return;
            }
            for (cohort, counts) in cohorts::ALL.iter().zip(&mut self.by_hand) {
                if cohort.profile == profile {
                    for cell in cohort.table.cells_of(chart, (cohort.has)(chart)) {
                        counts[cell] += 1;
                    }
                }
            }
        });
    }

    /// Publishes, answers every cohort, and demands of each answer that it is the policy applied to
    /// the counts by hand. Returns these.
    pub(crate) fn compare(self) -> Vec<Vec<u64>> {
        for ((profile, index), subjects) in EDITIONS.into_iter().zip(self.subjects) {
            let known = &profiles::named(profile).unwrap().profile;
            let dataset = Dataset::publish(known, subjects);
            for (cohort, by_hand) in cohorts::ALL.iter().zip(&self.by_hand) {
                if cohort.profile == profile {
                    let question = question(cohort, index);
                    let policy = DisclosurePolicy::STANDARD;
                    let answer = dataset.answer(&question, policy);
                    let expected = release(policy, question.table.shape(), by_hand).unwrap();
                    let text = cohort.text;
                    assert_eq!(expected, shown(cohort, by_hand), "the policy{text}");
                    assert_eq!(answer.exact, *by_hand, "counted{text}");
                    assert_eq!(answer.released, expected, "released{text}");
                    assert!(answer.parts > 1 || dataset.pages() == 1, "in parts");
                    report(cohort, &answer, dataset.pages());
                }
            }
        }
        self.by_hand
    }
}

/// Somebody's record, and the consent that their standing comes to.
fn subject(record: (Row, RowSalt), standing: Standing) -> Subject {
    let ledger = LedgerId::new([1; 32]);
    let [this, other] = [2, 3].map(|n| Scope::of(&ledger, &StudyId::new([n; 32])));
    let row = || standing.consent(this, other).row();
    Subject {
        record: Some(record),
        consent: (standing != Standing::None).then(|| (row(), RowSalt::random().unwrap())),
    }
}

/// A cohort's question as of an index day.
fn question(cohort: &Cohort, index: &str) -> Question {
    let profile = &profiles::named(cohort.profile).unwrap().profile;
    let text = cohort.text_at(index);
    let query = Query::parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let query: CompiledQuery = query
        .compile(profile)
        .unwrap_or_else(|e| panic!("{e}\n{text}"))
        .query;
    Question {
        query,
        masks: purpose().masks(),
        day: "2026-11-20".parse().unwrap(),
        table: cohort.table.asked(profile, index.parse().unwrap()),
    }
}

/// What the policy shows of counts, by hand.
fn shown(cohort: &Cohort, counts: &[u64]) -> Vec<Released> {
    match cohort.table {
        Table::Count | Table::Attrition(_) => policy::each(counts),
        Table::By(_) => policy::divided(counts),
    }
}

fn report(cohort: &Cohort, answer: &Answer, pages: usize) {
    println!(
        "{}: {:?} of {pages} pages in {} parts, released as {:?}",
        cohort.title(),
        answer.exact,
        answer.parts,
        answer.released
    );
}
