//! That the cohorts between them use every form of the query language, and of columns.
//!
//! What is parsed serves for nothing else: who belongs to a cohort is never decided here.

use std::collections::BTreeSet;

use salus_datasets::profiles;
use salus_protocol::cohort::{Layout, Place};
use salus_protocol::query::{Criterion, Query};
use serde_json::Value;

use crate::cohorts;
use crate::tables::Table;

/// The ways to bound a number, a day, a time before the index day or a difference.
const BOUNDS: [&str; 6] = ["between", "at-least", "at-most", "above", "below", "equal"];

#[test]
fn every_form_is_asked() {
    let mut found = BTreeSet::new();
    for cohort in &cohorts::ALL {
        let query = Query::parse(cohort.text).unwrap();
        let query: Value = query.to_json().parse().unwrap();
        for group in query["groups"].as_array().unwrap() {
            let (sense, need) = (group["sense"].as_str().unwrap(), name(&group["need"]));
            found.insert(format!("{sense} {need}"));
            for criterion in group["criteria"].as_array().unwrap() {
                note(&criterion["test"], &mut found);
            }
        }
        found.insert(match cohort.table {
            Table::Count => "a count".to_owned(),
            Table::Attrition(_) => "attrition".to_owned(),
            Table::By(fields) => format!("strata by {}", fields.len()),
        });
    }
    let missing: Vec<String> = every_form()
        .into_iter()
        .filter(|form| !found.contains(form))
        .collect();
    assert_eq!(missing, [""; 0], "found: {found:?}");
}

#[test]
fn fields_of_one_and_of_two_digits_are_asked_and_divide() {
    let mut found = BTreeSet::new();
    for cohort in &cohorts::ALL {
        let profile = &profiles::named(cohort.profile).unwrap().profile;
        let layout = Layout::of_profile(profile);
        let mut note = |what: &str, field: u8| {
            found.insert(match layout.records()[usize::from(field)] {
                Place::One(_) => format!("{what} one digit"),
                Place::Two { .. } => format!("{what} two digits"),
                _ => panic!("field {field} has no columns"),
            });
        };
        let query = Query::parse(cohort.text).unwrap();
        let compiled = query.compile(profile).unwrap().query;
        let unused = Criterion::unused();
        for criterion in compiled.criteria().iter().filter(|c| **c != unused) {
            note("asked of", criterion.field);
        }
        if let Table::By(fields) = &cohort.table {
            for by in *fields {
                note("divided by", profile.field(by.field).unwrap().0);
            }
        }
    }
    assert_eq!(found.len(), 4, "{found:?}");
}

/// Notes a criterion's form, the ways to bound included.
fn note(test: &Value, found: &mut BTreeSet<String>) {
    let form = name(test);
    let inner = &test[form];
    match form {
        "value" | "before-index" | "difference" => {
            found.insert(format!("{form} {}", name(&inner["is"])));
        }
        "date" => {
            found.insert(format!("{form} {}", name(inner)));
        }
        _ => {
            found.insert(form.to_owned());
        }
    }
    if form == "before-index" {
        found.insert(format!("{form} in {}", inner["unit"].as_str().unwrap()));
    }
    if form == "difference" {
        let direction = inner["direction"].as_str().unwrap();
        found.insert(format!("{form} {direction}"));
    }
}

/// A variant's name: the only key, or the text itself.
fn name(variant: &Value) -> &str {
    match variant {
        Value::Object(parts) => parts.keys().next().unwrap(),
        _ => variant.as_str().unwrap(),
    }
}

fn every_form() -> Vec<String> {
    let mut forms: Vec<String> = ["recorded", "none-recorded", "one-of", "not-one-of"]
        .into_iter()
        .chain(["a count", "attrition", "strata by 1", "strata by 2"])
        .map(str::to_owned)
        .collect();
    for form in ["value", "date", "before-index", "difference"] {
        forms.extend(BOUNDS.map(|bound| format!("{form} {bound}")));
    }
    for sense in ["include", "exclude"] {
        forms.extend(["all", "any", "at-least"].map(|need| format!("{sense} {need}")));
    }
    let units = ["days", "weeks", "months", "years"];
    forms.extend(units.map(|unit| format!("before-index in {unit}")));
    let directions = ["before", "after", "above", "below", "of"];
    forms.extend(directions.map(|direction| format!("difference {direction}")));
    forms
}
