//! The plain count: the same question over the same patients, as columns in polars, without a proof.

use polars::datatypes::{BooleanChunked, UInt32Chunked};
use polars::prelude::{ChunkCompareIneq, NewChunkedArray};
use rayon::prelude::*;

use super::dataset::{Interval, Patient, TODAY};

/// What a hospital would count over: a column of numbers for each field, and the consents'.
pub(super) struct Columns {
    fields: Vec<UInt32Chunked>,
    /// Consent to general research, and to be counted.
    granted: [BooleanChunked; 2],
    /// Consent for one institution or one study only.
    limited: [BooleanChunked; 2],
    first_day: UInt32Chunked,
    last_day: UInt32Chunked,
}

impl Columns {
    /// The columns of the first `fields` fields.
    pub(super) fn of(patients: &[Patient], fields: usize) -> Self {
        let numbers = |name: &str, of: &dyn Fn(&Patient) -> u16| {
            UInt32Chunked::from_iter_values(
                name.into(),
                patients.iter().map(|patient| u32::from(of(patient))),
            )
        };
        let bits = |name: &str, of: fn(&Patient) -> bool| {
            BooleanChunked::from_iter_values(name.into(), patients.iter().map(of))
        };
        Self {
            fields: (0..fields)
                .map(|field| numbers(&format!("field {field}"), &|p| p.values[field]))
                .collect(),
            granted: [
                bits("general research", |p| p.consents),
                bits("be counted", |p| p.consents),
            ],
            limited: [bits("institution", |_| false), bits("study", |_| false)],
            first_day: numbers("first day", &|_| 0),
            last_day: numbers("last day", &|p| if p.consents { u16::MAX } else { 0 }),
        }
    }

    /// How many are in all intervals, field by field, and consent. Each column is filtered by
    /// itself, on all cores.
    pub(super) fn count(&self, intervals: &[Interval]) -> u64 {
        let today = u32::from(TODAY);
        let fields = self
            .fields
            .par_iter()
            .zip(intervals)
            .map(|(field, interval)| {
                field.gt_eq(u32::from(interval.low)) & field.lt_eq(u32::from(interval.high))
            });
        let all = fields.reduce_with(|a, b| a & b);
        let consent =
            &(&self.granted[0] & &self.granted[1]) & &(!&self.limited[0] & !&self.limited[1]);
        let days = self.first_day.lt_eq(today) & self.last_day.gt_eq(today);
        let consent = consent & days;
        let matching = all.map_or_else(|| consent.clone(), |all| all & consent.clone());
        u64::from(matching.sum().unwrap_or(0))
    }
}
