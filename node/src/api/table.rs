//! Tables of cohort answers: their shape, for readers.

use salus_protocol::cohort::{Stratifier, Table};
use serde::Serialize;
use utoipa::ToSchema;

/// The shape of a cohort answer. Its first cell is always the total.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum TableView {
    /// The total alone.
    Count,
    /// Also everyone whose consent covers the study, then group by group of the query.
    Attrition,
    /// Also the total, divided by bands of one field or of two; what lies in none is the last.
    Strata {
        /// The fields and their bands. Of two fields the first varies slowest.
        by: Vec<Bands>,
    },
}

/// A field and the bands of its encoded numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bands {
    /// The field's position in the row, 0 to 63; the study's profile names it.
    field: u8,
    /// Lowest and highest number of each band. 0 is none recorded.
    bands: Vec<[u16; 2]>,
}

/// The shape of a table.
pub(super) fn of(table: &Table) -> TableView {
    let bands = |stratifier: &Stratifier| Bands {
        field: stratifier.field,
        bands: stratifier.bands.iter().map(|b| [b.low, b.high]).collect(),
    };
    match table {
        Table::Count => TableView::Count,
        Table::Attrition => TableView::Attrition,
        Table::Strata(by) => TableView::Strata {
            by: by.iter().map(bands).collect(),
        },
    }
}
