//! Generated patients, published: what is asked of them, and the openings that answers need.

use std::time::{Duration, Instant};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use salus_protocol::cohort::{Layout, PAGE, Question, Table};
use salus_protocol::consent::{Grant, Permission, Terms};
use salus_protocol::day::Day;
use salus_protocol::field::Fr;
use salus_protocol::profile::Edition;
use salus_protocol::purpose::Masks;
use salus_protocol::query::{CompiledQuery, Criterion, DIFFERENCE_OFFSET};
use salus_protocol::row::{FIELDS, Row};
use salus_protocol::row_commitment::{RowCommitment, RowSalt};
use salus_prover::cohort::{PublishedPage, Subject, publish};
use salus_verifier::cohort::publication::{Page, Slot};

use crate::commands::bench::broken;
use crate::failure::Failure;

/// The day of the questions, on which every consent is in force.
pub(super) const TODAY: u16 = 40_000;

/// What is known of a generated patient.
pub(super) struct Patient {
    pub(super) values: [u16; FIELDS],
    /// To general research, and to be counted; nine in ten do.
    pub(super) consents: bool,
}

/// Numbers that a criterion asks for, both ends included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interval {
    pub(super) low: u16,
    pub(super) high: u16,
}

/// How wide a field's numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Width {
    /// 8 or 16.
    pub(super) bits: u8,
}

impl Width {
    /// The highest number that a field holds.
    pub(super) const fn highest(self) -> u16 {
        if self.bits <= 8 { 250 } else { 65_000 }
    }

    /// Nine tenths of the numbers: few patients would be left by 16 narrow criteria.
    pub(super) const fn interval(self) -> Interval {
        let highest = self.highest();
        Interval {
            low: highest / 20,
            high: highest - highest / 20,
        }
    }
}

/// A published page with what is behind it.
pub(super) struct DatasetPage {
    pub(super) page: Page,
    pub(super) subjects: Vec<Subject>,
    pub(super) published: PublishedPage,
    /// What publishing it took.
    pub(super) took: Duration,
}

/// Patients, and their pages as published.
pub(super) struct Dataset {
    pub(super) layout: Layout,
    pub(super) patients: Vec<Patient>,
    pub(super) pages: Vec<DatasetPage>,
}

impl Dataset {
    /// Draws patients and publishes them, page by page.
    pub(super) fn publish(
        patients: u32,
        fields: usize,
        width: Width,
        done: impl Fn(),
    ) -> Result<Self, Failure> {
        let mut highest = [0; FIELDS];
        highest[..fields].fill(width.highest());
        let layout = Layout::new(highest);
        let patients: Vec<Patient> = (0..patients)
            .into_par_iter()
            .map(|seed| patient(seed, fields, width))
            .collect();
        let pages = patients
            .chunks(PAGE)
            .map(|patients| {
                let page = publish_page(patients, &layout);
                done();
                page
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            layout,
            patients,
            pages,
        })
    }
}

fn patient(seed: u32, fields: usize, width: Width) -> Patient {
    let mut random = ChaCha20Rng::seed_from_u64(u64::from(seed));
    let mut values = [0; FIELDS];
    for value in &mut values[..fields] {
        *value = (random.next_u32() % (u32::from(width.highest()) + 1)) as u16;
    }
    Patient {
        values,
        consents: random.next_u32() % 10 != 0,
    }
}

fn publish_page(patients: &[Patient], layout: &Layout) -> Result<DatasetPage, Failure> {
    let subjects = patients
        .par_iter()
        .map(subject)
        .collect::<Result<Vec<_>, _>>()
        .map_err(broken)?;
    let page = Page {
        context: [0; 32],
        slots: subjects.par_iter().map(slot).collect(),
    };
    let started = Instant::now();
    let published = publish(&page, &subjects, layout).map_err(broken)?;
    Ok(DatasetPage {
        page,
        subjects,
        published,
        took: started.elapsed(),
    })
}

fn subject(patient: &Patient) -> Result<Subject, getrandom::Error> {
    let terms = Terms::none()
        .permit(Permission::GeneralResearch)
        .grant(Grant::Counted);
    let mut consent = [0; FIELDS];
    for (i, value) in consent[..4].iter_mut().enumerate() {
        *value = (terms.bits() >> (16 * i)) as u16;
    }
    consent[5] = u16::MAX;
    let consent = if patient.consents {
        Some((Row::new(consent), RowSalt::random()?))
    } else {
        None
    };
    Ok(Subject {
        record: Some((Row::new(patient.values), RowSalt::random()?)),
        consent,
    })
}

/// What the ledger keeps of a subject.
fn slot(subject: &Subject) -> Slot {
    Slot {
        record: (subject.record.as_ref()).map(|(r, salt)| RowCommitment::of_record(r, salt)),
        consent: (subject.consent.as_ref()).map(|(r, salt)| RowCommitment::of_consent(r, salt)),
    }
}

/// So many criteria, one a field, all of which must hold.
pub(super) fn question(criteria: u8, width: Width) -> Result<Question, Failure> {
    let Interval { low, high } = width.interval();
    let criteria: Vec<Criterion> = (0..criteria)
        .map(|field| Criterion {
            field,
            minus_previous: false,
            start: DIFFERENCE_OFFSET + u32::from(low),
            length: u32::from(high - low),
            if_none: false,
            opens_group: true,
            at_least: 1,
        })
        .collect();
    Ok(Question {
        query: CompiledQuery::new(Edition::new(Fr::from(1u64)), &criteria).map_err(broken)?,
        masks: Masks {
            covering: 1,
            denying: 0,
            required: 0,
        },
        day: Day::from_number(TODAY).ok_or_else(|| broken("no day"))?,
        table: Table::Count,
    })
}
