//! Labels: what each cell of a table counts, for people.

use super::{Band, Stratifier, Table};
use crate::profile::Profile;
use crate::query::CompiledQuery;

impl Table {
    /// What each cell counts, in order: one label a cell.
    #[must_use]
    pub fn labels(&self, query: &CompiledQuery, profile: &Profile) -> Vec<String> {
        let mut labels = vec!["all who match and consent".to_owned()];
        match self {
            Self::Count => {}
            Self::Attrition => {
                labels.push("consent covers the study".to_owned());
                let groups = query.criteria().iter().filter(|c| c.at_least != 0).count();
                labels.extend((1..=groups).map(|group| match group {
                    1 => "and meet group 1 of the query".to_owned(),
                    _ => format!("and groups 1 to {group}"),
                }));
            }
            Self::Strata(stratifiers) => labels.extend(pairs(stratifiers, profile)),
        }
        labels
    }
}

/// The bands of each field, those of the first varying slowest.
fn pairs(stratifiers: &[Stratifier], profile: &Profile) -> Vec<String> {
    stratifiers.iter().fold(vec![String::new()], |before, by| {
        let bands = band_labels(by, profile);
        let pair = |before: &String, band: &String| match before.as_str() {
            "" => band.clone(),
            before => format!("{before}; {band}"),
        };
        before
            .iter()
            .flat_map(|before| {
                bands
                    .iter()
                    .map(|band| pair(before, band))
                    .collect::<Vec<_>>()
            })
            .collect()
    })
}

fn band_labels(by: &Stratifier, profile: &Profile) -> Vec<String> {
    let known = profile.fields().get(usize::from(by.field));
    let name = known.map_or("field", |field| field.name.as_str());
    let value = |number: u16| {
        let shown = known.and_then(|field| field.encoding.display(number));
        shown.unwrap_or_else(|| number.to_string())
    };
    let label = |band: &Band| match (band.low, band.high) {
        (0, 0) => format!("{name} not recorded"),
        (low, high) if low == high => format!("{name} {}", value(low)),
        (0 | 1, high) => format!("{name} up to {}", value(high)),
        (low, u16::MAX) => format!("{name} from {}", value(low)),
        (low, high) => format!("{name} {} to {}", value(low), value(high)),
    };
    let bands = by.bands.iter().map(label);
    bands.chain([format!("{name} otherwise")]).collect()
}
