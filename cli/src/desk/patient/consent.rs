//! Consent at a patient's desk: granted by a form, taken back in one step.

use axum::response::Redirect;
use salus_datasets::fhir::consent::Wish;
use salus_node::Problem;
use salus_node::request::Form;
use salus_protocol::consent::{Grant, Modifier, Permission, Region, Terms};
use salus_protocol::day::Day;

use crate::desk::note::Done;
use crate::desk::seat::{Patient, Seat};
use crate::failure::Failure;
use crate::path::consent::{self, Granting};

/// The fields of the form, as often as each was sent.
pub(in crate::desk) type Fields = Vec<(String, String)>;

pub(in crate::desk) async fn grant(
    seat: Seat<Patient>,
    Form(fields): Form<Fields>,
) -> Result<Redirect, Problem> {
    seat.act(Done::Granted, move |home, ledger, name| {
        let wish = wish(&fields)?;
        let wallet = home.wallet(name)?;
        match consent::grant(home, ledger, vec![Granting { wallet, wish }], || ())? {
            0 => Err(Failure::usage(
                "there is no record in the registry to consent for",
                "ask your custodian to commit one",
            )),
            _ => Ok(()),
        }
    })
    .await
}

pub(in crate::desk) async fn revoke(seat: Seat<Patient>) -> Result<Redirect, Problem> {
    seat.act(Done::Revoked, |home, ledger, name| {
        match consent::revoke(ledger, &[home.wallet(name)?])? {
            0 => Err(Failure::usage(
                "there is no consent to take back",
                "none of your records has one",
            )),
            _ => Ok(()),
        }
    })
    .await
}

/// What the form says.
fn wish(fields: &Fields) -> Result<Wish, Failure> {
    let (mut terms, mut from, mut until) = (Terms::none(), None, None);
    let mut regions = Vec::new();
    for (name, value) in fields {
        match (name.as_str(), value.as_str()) {
            ("grant", value) => terms = terms.grant(read::<Grant>("grant", value)?),
            ("research", "general") => terms = terms.permit(Permission::GeneralResearch),
            ("research", "health") => terms = terms.permit(Permission::HealthResearch),
            ("disease", area) => terms = terms.permit(Permission::Disease(read("disease", area)?)),
            ("condition", "not-for-profit") => {
                terms = terms.modify(Modifier::NonProfitOrganisation);
            }
            ("condition", "non-commercial") => terms = terms.modify(Modifier::NonCommercialUse),
            ("region", region) => regions.push(read::<Region>("region", region)?),
            ("from", day) => from = Some(read::<Day>("first day", day)?),
            ("until", day) => until = Some(read::<Day>("last day", day)?),
            (other, _) => {
                return Err(Failure::usage(
                    format!("the form has no field {other:?} with this value"),
                    "open the page again",
                ));
            }
        }
    }
    if !regions.is_empty() {
        terms = terms.only_in(&regions);
    }
    let (Some(from), Some(until)) = (from, until) else {
        return Err(Failure::usage(
            "a consent has a first and a last day",
            "fill in both",
        ));
    };
    check(terms, from, until)?;
    Ok(Wish {
        terms,
        from,
        until,
        institution: None,
        project: None,
    })
}

/// A consent that permits or grants nothing would read as one all the same.
fn check(terms: Terms, from: Day, until: Day) -> Result<(), Failure> {
    if !Grant::ALL.iter().any(|grant| terms.grants(*grant)) {
        return Err(Failure::usage(
            "nothing is granted",
            "tick what you agree to: to be counted, to be contacted, to share data",
        ));
    }
    if terms.permissions().is_empty() {
        return Err(Failure::usage(
            "no research is permitted",
            "tick at least one kind",
        ));
    }
    if from > until {
        return Err(Failure::usage(
            format!("the last day, {until}, is before the first, {from}"),
            "choose a later last day",
        ));
    }
    Ok(())
}

fn read<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, Failure>
where
    T::Err: std::fmt::Display,
{
    let malformed =
        |error: T::Err| Failure::usage(format!("the {what}: {error}"), "mend it in the form");
    text.parse().map_err(malformed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use salus_protocol::consent::DiseaseArea;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn the_form_says_each_grant_apart() {
        let wish = wish(&fields(&[
            ("grant", "be-counted"),
            ("research", "health"),
            ("disease", "diabetes"),
            ("condition", "non-commercial"),
            ("from", "2025-01-01"),
            ("until", "2026-01-01"),
        ]))
        .unwrap();
        let terms = Terms::none()
            .grant(Grant::Counted)
            .permit(Permission::HealthResearch)
            .permit(Permission::Disease(DiseaseArea::Diabetes))
            .modify(Modifier::NonCommercialUse);
        assert_eq!(wish.terms, terms);
    }

    #[test]
    fn what_would_grant_nothing_is_refused() {
        let good = [
            ("grant", "be-counted"),
            ("research", "health"),
            ("from", "2025-01-01"),
            ("until", "2026-01-01"),
        ];
        assert!(wish(&fields(&good)).is_ok());
        for missing in 0..good.len() {
            let mut less = good.to_vec();
            less.remove(missing);
            assert!(wish(&fields(&less)).is_err(), "{less:?}");
        }
        for wrong in [
            ("until", "2024-12-31"),
            ("grant", "everything"),
            ("disease", "luck"),
            ("x", "y"),
        ] {
            let more: Vec<_> = good.iter().copied().chain([wrong]).collect();
            assert!(wish(&fields(&more)).is_err(), "{wrong:?}");
        }
    }
}
