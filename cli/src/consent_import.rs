//! From a FHIR Consent to a consent of Salus: DUO codes to permissions and modifiers, actions to
//! grants.
//!
//! What can't be decided is no consent: an unknown code, a restriction that Salus can't express, a
//! rule narrowed by what isn't read. Spec: docs/spec/consent.md, section "FHIR".

mod duo;

use std::collections::BTreeMap;

use salus_datasets::fhir::consent::{ACTION_SYSTEM, Decision, Provision};
use salus_datasets::fhir::{ConsentResource, Import, PartialDate};
use salus_protocol::consent::{Consent, Grant, Terms};
use salus_protocol::day::Day;
use salus_protocol::nullifier::Scope;
use salus_protocol::purpose::Institution;
use salus_protocol::record::Salt;
use salus_protocol::row_commitment::RowSalt;
use thiserror::Error;

/// What a subject wants, before salts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) terms: Terms,
    pub(crate) from: Day,
    pub(crate) until: Day,
    pub(crate) institution: Option<Institution>,
    pub(crate) project: Option<Scope>,
}

impl Wish {
    /// The consent with fresh salts.
    pub(crate) fn consent(&self) -> Result<Consent, getrandom::Error> {
        Ok(Consent {
            terms: self.terms,
            from: self.from,
            until: self.until,
            institution: self.institution.clone(),
            project: self.project,
            salt: Salt::random()?,
            row_salt: RowSalt::random()?,
        })
    }
}

/// Why a resource gives no consent.
#[derive(Debug, Error, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NoConsent {
    #[error("none on record")]
    None,
    #[error("refused")]
    Refused,
    #[error("its status is {0:?}, not \"active\"")]
    Status(String),
    #[error("it is not about research")]
    OtherScope,
    #[error("it neither permits nor denies")]
    Undecided,
    #[error("it has exceptions that Salus can't express")]
    Exceptions,
    #[error("it is narrowed to certain data or actors, which Salus does not read")]
    Narrowed,
    #[error("its purpose {0} is not one that Salus can decide")]
    Purpose(String),
    #[error("it names no research that is permitted")]
    NoPermission,
    #[error("its action {0} is not one that Salus can decide")]
    Action(String),
    #[error("it grants nothing: being counted, being contacted, sharing data")]
    NoGrant,
    #[error("its window is empty or outside the calendar of Salus")]
    Window,
}

/// What the consents of an import come to, patient by patient (by place in the import).
pub(crate) fn wishes(import: &Import) -> Vec<Result<Wish, NoConsent>> {
    let mut of_patient: BTreeMap<usize, Vec<&ConsentResource>> = BTreeMap::new();
    for consent in &import.consents {
        of_patient.entry(consent.patient).or_default().push(consent);
    }
    (0..import.patients.len())
        .map(|patient| decide(of_patient.get(&patient).map_or(&[][..], Vec::as_slice)))
        .collect()
}

/// What several consents of one person come to: a refusal wins over any permission; else the latest
/// that is active counts, and no earlier one stands in for it.
pub(crate) fn decide(consents: &[&ConsentResource]) -> Result<Wish, NoConsent> {
    let about_research = |consent: &&&ConsentResource| is_research(consent);
    let mut last = Err(NoConsent::None);
    let mut latest: Option<Day> = None;
    for consent in consents.iter().filter(about_research) {
        let wish = wish(consent);
        match &wish {
            Err(NoConsent::Refused) => return wish,
            Err(NoConsent::Status(_)) if last != Err(NoConsent::None) => continue,
            _ => {}
        }
        let given = consent.date.as_ref().and_then(|date| day(date.latest()));
        let superseded = !matches!(last, Err(NoConsent::None | NoConsent::Status(_)));
        if !superseded || given >= latest {
            latest = given;
            last = wish;
        }
    }
    match last {
        Err(NoConsent::None) if !consents.is_empty() => Err(NoConsent::OtherScope),
        other => other,
    }
}

/// R5 has no scope, so its absence says nothing; the purposes must then be DUO's.
fn is_research(consent: &ConsentResource) -> bool {
    consent.scope.is_empty()
        || consent
            .scope
            .iter()
            .any(|coding| &*coding.code == "research")
}

/// What one resource says.
fn wish(consent: &ConsentResource) -> Result<Wish, NoConsent> {
    let status = consent.status.as_deref().unwrap_or("");
    if status != "active" {
        return Err(NoConsent::Status(status.chars().take(40).collect()));
    }
    let (rule, denied) = rule(&consent.provision)?;
    let terms = duo::terms(&rule.purposes)?;
    if terms.permissions().is_empty() {
        return Err(NoConsent::NoPermission);
    }
    let terms = grants(rule, &denied)?.into_iter().fold(terms, Terms::grant);
    let (from, until) = window(consent, rule)?;
    Ok(Wish {
        terms,
        from,
        until,
        institution: None,
        project: None,
    })
}

/// The rule that permits, and the grants that exceptions to it take away.
fn rule(root: &Provision) -> Result<(&Provision, Vec<Grant>), NoConsent> {
    let permits = match (root.decision, root.exceptions.as_slice()) {
        (None, _) => return Err(NoConsent::Undecided),
        (Some(Decision::Deny), []) => return Err(NoConsent::Refused),
        // R5's way to permit: all is denied but this.
        (Some(Decision::Deny), [only])
            if only.decision == Some(Decision::Permit) && only.exceptions.is_empty() =>
        {
            only
        }
        (Some(Decision::Deny), _) => return Err(NoConsent::Exceptions),
        (Some(Decision::Permit), _) => root,
    };
    if permits.narrowed || root.narrowed {
        return Err(NoConsent::Narrowed);
    }
    let mut denied = Vec::new();
    for exception in &permits.exceptions {
        let only_actions = exception.decision == Some(Decision::Deny)
            && exception.purposes.is_empty()
            && exception.exceptions.is_empty()
            && !exception.narrowed
            && !exception.actions.is_empty();
        if !only_actions {
            return Err(NoConsent::Exceptions);
        }
        denied.extend(actions(exception)?);
    }
    Ok((permits, denied))
}

fn grants(rule: &Provision, denied: &[Grant]) -> Result<Vec<Grant>, NoConsent> {
    let mut grants = actions(rule)?;
    grants.retain(|grant| !denied.contains(grant));
    if grants.is_empty() {
        return Err(NoConsent::NoGrant);
    }
    Ok(grants)
}

fn actions(rule: &Provision) -> Result<Vec<Grant>, NoConsent> {
    rule.actions
        .iter()
        .map(|action| {
            action
                .iter()
                .filter(|coding| &*coding.system == ACTION_SYSTEM)
                .find_map(|coding| coding.code.parse().ok())
                .ok_or_else(|| {
                    let named = action.first().map(ToString::to_string);
                    NoConsent::Action(named.unwrap_or_else(|| "without a code".to_owned()))
                })
        })
        .collect()
}

/// A consent is in force from the start of its window, never before it was given, to the end of
/// its window.
fn window(consent: &ConsentResource, rule: &Provision) -> Result<(Day, Day), NoConsent> {
    let root = &consent.provision;
    let bound = |date: Option<&PartialDate>, last: bool| match date {
        Some(date) => {
            let date = if last { date.latest() } else { date.earliest() };
            day(date).map(Some).ok_or(NoConsent::Window)
        }
        None => Ok(None),
    };
    let starts = [
        bound(consent.date.as_ref(), false)?,
        bound(root.start.as_ref(), false)?,
        bound(rule.start.as_ref(), false)?,
    ];
    let ends = [
        bound(root.end.as_ref(), true)?,
        bound(rule.end.as_ref(), true)?,
    ];
    let from = starts.into_iter().flatten().max().unwrap_or(Day::FIRST);
    let until = ends.into_iter().flatten().min().unwrap_or(Day::LAST);
    if from <= until {
        Ok((from, until))
    } else {
        Err(NoConsent::Window)
    }
}

fn day(date: jiff::civil::Date) -> Option<Day> {
    Day::from_date(date).ok()
}

#[cfg(test)]
mod tests;
