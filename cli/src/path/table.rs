//! Tables: in which shape a study is counted, and what a table divides by, as commands, forms and
//! services ask for it.

use jiff::Span;
use rust_decimal::Decimal;
use salus_ledger::engine::Ledger;
use salus_ledger::state::StudyState;
use salus_protocol::cohort::{Band, Question, Stratifier, Table};
use salus_protocol::day::Day;
use salus_protocol::profile::{Encoding, Profile};

use crate::failure::Failure;
use crate::home::CountedTable;

/// The profile that a study asks about.
pub(crate) fn profile(ledger: &Ledger, study: &StudyState) -> Result<Profile, Failure> {
    let document = ledger.profile_document(study.opened.profile)?;
    Ok(Profile::from_toml(&document)?)
}

/// The table that is asked for of a study.
pub(crate) fn table(
    study: &StudyState,
    profile: &Profile,
    asked: &CountedTable,
) -> Result<Table, Failure> {
    let table = match asked {
        CountedTable::Count => Table::Count,
        CountedTable::Attrition => Table::Attrition,
        CountedTable::Strata(by) => strata(by, profile, study.opened.index_day)?,
    };
    let question = Question {
        query: study.opened.query.clone(),
        masks: study.opened.purpose.masks(),
        day: study.opened.index_day,
        table,
    };
    let cells = question.cells();
    cells.map_err(|error| {
        Failure::usage(
            error.to_string(),
            "divide by one field or two, in fewer bands",
        )
    })?;
    Ok(question.table)
}

/// A table divided by fields with their bands, each written as `FIELD` or `FIELD=CUT,CUT,...`. A code
/// or a flag has a band for each value; a number one below the first cut, one from each cut up to the
/// next, and one from the last; a date, cut by completed years at the index day, likewise.
fn strata(by: &[String], profile: &Profile, index: Day) -> Result<Table, Failure> {
    let stratifiers = by.iter().map(|text| stratifier(text, profile, index));
    Ok(Table::Strata(stratifiers.collect::<Result<_, _>>()?))
}

/// In what the cuts of a field are written; none where it has values of its own.
pub(crate) fn cuts_in(encoding: &Encoding) -> Option<&str> {
    match encoding {
        Encoding::Code(_) | Encoding::Flag => None,
        Encoding::Date => Some("completed years"),
        Encoding::Count => Some("whole numbers"),
        Encoding::Quantity { unit, .. } => Some(unit),
    }
}

fn stratifier(text: &str, profile: &Profile, index: Day) -> Result<Stratifier, Failure> {
    let (name, cuts) = match text.split_once('=') {
        Some((name, cuts)) => (name.trim(), Some(cuts)),
        None => (text.trim(), None),
    };
    let Some((field, known)) = profile.field(name) else {
        return Err(Failure::Unknown {
            what: "field",
            name: name.to_owned(),
            help: format!("`salus profile show {}` lists the fields", profile.name()),
        });
    };
    let bands = match (&known.encoding, cuts) {
        (Encoding::Code(values), None) => (1u16..)
            .zip(values)
            .map(|(number, _)| Band {
                low: number,
                high: number,
            })
            .collect(),
        (Encoding::Flag, None) => vec![Band { low: 1, high: 1 }],
        (Encoding::Code(_) | Encoding::Flag, Some(_)) => {
            return Err(refused(
                text,
                "this field has values of its own: leave the cuts out",
            ));
        }
        (_, None) => {
            return Err(refused(text, "give cuts, such as `bmi.latest=25,30`"));
        }
        (Encoding::Date, Some(cuts)) => by_years(text, cuts, index)?,
        (encoding, Some(cuts)) => by_value(text, cuts, encoding)?,
    };
    Ok(Stratifier { field, bands })
}

fn refused(text: &str, help: &str) -> Failure {
    Failure::usage(
        format!("divided by {text}: no bands follow from this"),
        help,
    )
}

/// The bands between ascending starts.
fn between(mut starts: Vec<u16>, text: &str) -> Result<Vec<Band>, Failure> {
    starts.insert(0, 1);
    if starts.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(refused(
            text,
            "cuts ascend, and each lies within the field's range",
        ));
    }
    let ends = starts.iter().skip(1).map(|start| start - 1);
    Ok(starts
        .iter()
        .zip(ends.chain([u16::MAX]))
        .map(|(low, high)| Band { low: *low, high })
        .collect())
}

fn by_value(text: &str, cuts: &str, encoding: &Encoding) -> Result<Vec<Band>, Failure> {
    let start = |cut: &str| {
        let cut: Decimal = cut
            .trim()
            .parse()
            .map_err(|_| refused(text, "cuts are numbers, in the field's unit"))?;
        encoding
            .encode_number(cut)
            .map_err(|error| refused(text, &error.to_string()))
    };
    between(cuts.split(',').map(start).collect::<Result<_, _>>()?, text)
}

/// Who has completed n years was born on the index day n years earlier, or before.
fn by_years(text: &str, cuts: &str, index: Day) -> Result<Vec<Band>, Failure> {
    let after = |cut: &str| {
        let years: i64 = cut
            .trim()
            .parse()
            .ok()
            .filter(|years| (1..200).contains(years))
            .ok_or_else(|| refused(text, "cuts of a date are whole years, 1 to 199"))?;
        let date = index.date().saturating_sub(Span::new().years(years));
        let day = Day::from_date(date).map_err(|error| refused(text, &error.to_string()))?;
        Ok(day.number().saturating_add(1))
    };
    let mut starts: Vec<u16> = cuts.split(',').map(after).collect::<Result<_, Failure>>()?;
    starts.reverse();
    between(starts, text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::path::profile::find;

    fn bands(text: &str) -> Vec<(u16, u16)> {
        let profile = find("cardiometabolic").unwrap().profile;
        let index = "2025-03-01".parse().unwrap();
        let by = stratifier(text, &profile, index).unwrap();
        by.bands.iter().map(|band| (band.low, band.high)).collect()
    }

    #[test]
    fn codes_numbers_and_years_have_bands() {
        assert_eq!(bands("sex"), [(1, 1), (2, 2), (3, 3)]);
        assert_eq!(
            bands("bmi.latest=25,30"),
            [(1, 250), (251, 300), (301, u16::MAX)]
        );
        let day = |text: &str| text.parse::<Day>().unwrap().number();
        assert_eq!(
            bands("birth=40,65"),
            [
                (1, day("1960-03-01")),
                (day("1960-03-02"), day("1985-03-01")),
                (day("1985-03-02"), u16::MAX)
            ]
        );
    }

    #[test]
    fn what_gives_no_bands_is_refused_with_a_reason() {
        let profile = find("cardiometabolic").unwrap().profile;
        let index = "2025-03-01".parse().unwrap();
        for text in [
            "shoe_size",
            "sex=1",
            "bmi.latest",
            "bmi.latest=30,25",
            "bmi.latest=x",
            "birth=0",
        ] {
            assert!(stratifier(text, &profile, index).is_err(), "{text}");
        }
    }
}
