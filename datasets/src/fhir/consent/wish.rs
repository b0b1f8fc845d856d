//! What a person's FHIR Consents come to: the wish that a wallet then grants, or why there is none.
//!
//! What can't be decided is no consent: an unknown code, a restriction that Salus can't express, a
//! rule narrowed by what isn't read. Never here: salts and commitments, which make a wish a consent.
//! What maps to what: docs/fhir.md.

use salus_protocol::consent::{Consent, Grant, Modifier, Region, Terms};
use salus_protocol::day::Day;
use salus_protocol::nullifier::Scope;
use salus_protocol::purpose::Institution;
use thiserror::Error;

use super::duo;
use super::{ACTION_SYSTEM, ConsentResource, Decision, Provision};
use crate::fhir::coding::Coding;
use crate::fhir::import::Import;
use crate::fhir::partial_date::PartialDate;

/// What a subject allows: a consent before its salts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Permissions, modifiers and grants.
    pub terms: Terms,
    /// First day in force.
    pub from: Day,
    /// Last day in force.
    pub until: Day,
    /// Only studies of this institution, if any is named.
    pub institution: Option<Institution>,
    /// Only this study, if any is named.
    pub project: Option<Scope>,
}

impl From<&Consent> for Wish {
    fn from(consent: &Consent) -> Self {
        Self {
            terms: consent.terms,
            from: consent.from,
            until: consent.until,
            institution: consent.institution.clone(),
            project: consent.project,
        }
    }
}

/// Why a resource gives no consent, or a consent can't be said in a resource.
#[derive(Debug, Error, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoConsent {
    /// There is no Consent of this person.
    #[error("none on record")]
    None,
    /// The person said no.
    #[error("refused")]
    Refused,
    /// A Consent that is theirs, or may be, can't be read.
    #[error("a Consent that is or may be theirs can't be read, and may be a refusal")]
    Unreadable,
    /// There are several that differ, and which of them is the latest is not certain.
    #[error("there are several that differ, and their dates don't say which is the latest")]
    Ambiguous,
    /// It is withdrawn, a draft, or its status is not known.
    #[error("its status is {0:?}, not \"active\"")]
    Status(String),
    /// It is about treatment, privacy, or something else.
    #[error("it is not about research")]
    OtherScope,
    /// It has members that only R4 has and members that only R5 has.
    #[error("it mixes members of FHIR R4 and R5, which read it differently")]
    Mixed,
    /// Who gave it is not, or not clearly, the patient.
    #[error("it was not given by the patient alone, and Salus can't check who else may give it")]
    GivenByOther,
    /// There is no root decision.
    #[error("it neither permits nor denies")]
    Undecided,
    /// There are exceptions other than actions that are denied.
    #[error("it has exceptions that Salus can't express")]
    Exceptions,
    /// It holds for certain actors or data only.
    #[error("it is narrowed to certain data or actors, which Salus does not read")]
    Narrowed,
    /// A purpose that is no DUO code, or one that can't be decided.
    #[error("its purpose {0} is not one that Salus can decide")]
    Purpose(String),
    /// It has no DUO permission.
    #[error("it names no research that is permitted")]
    NoPermission,
    /// Its regions exclude each other.
    #[error("it leaves no region of the world")]
    NoRegion,
    /// An action that is none of the three grants.
    #[error("its action {0} is not one that Salus can decide")]
    Action(String),
    /// None of the three grants is given.
    #[error("it grants nothing: being counted, being contacted, sharing data")]
    NoGrant,
    /// It ends before it begins, or lies outside the days that Salus counts.
    #[error("its window is empty or outside the calendar of Salus")]
    Window,
}

/// What the consents of an import come to, patient by patient (by place in the import).
#[must_use]
pub fn wishes(import: &Import) -> Vec<Result<Wish, NoConsent>> {
    (0..import.patients.len())
        .map(|patient| wish_of(import, patient))
        .collect()
}

/// What the consents of the patient at this place in the import come to.
///
/// # Errors
/// [`NoConsent`] says why they come to nothing.
pub fn wish_of(import: &Import, patient: usize) -> Result<Wish, NoConsent> {
    match decide(import.consents_of(patient)) {
        // What can't be read may be a refusal, which would win.
        Ok(_) | Err(NoConsent::None) if import.unread_consents.may_be_of(patient) => {
            Err(NoConsent::Unreadable)
        }
        decided => decided,
    }
}

/// The code systems whose categories say what a consent is about.
const CATEGORY_SYSTEMS: [&str; 3] = [
    super::SCOPE_SYSTEM,
    "http://terminology.hl7.org/CodeSystem/consentcategorycodes",
    super::ACT_CODE,
];

/// What several consents of one person come to: a refusal wins over any permission; else the latest
/// that is active counts, and no earlier one stands in for it. Which one that is must be certain.
fn decide(consents: &[ConsentResource]) -> Result<Wish, NoConsent> {
    let mut standing = Vec::new();
    let mut status = None;
    for consent in consents.iter().filter(|consent| is_research(consent)) {
        match wish(consent) {
            Err(NoConsent::Refused) => return Err(NoConsent::Refused),
            Err(NoConsent::Status(other)) => {
                status.get_or_insert(other);
            }
            wish => standing.push((consent, wish)),
        }
    }
    let mut latest = standing.iter().filter(|(consent, _)| {
        let mut others = standing.iter();
        !others.any(|(other, _)| is_earlier(consent, other))
    });
    match (latest.next(), status) {
        (Some((_, first)), _) if latest.all(|(_, other)| other == first) => first.clone(),
        (Some(_), _) => Err(NoConsent::Ambiguous),
        (None, Some(status)) => Err(NoConsent::Status(status)),
        (None, None) if consents.is_empty() => Err(NoConsent::None),
        (None, None) => Err(NoConsent::OtherScope),
    }
}

/// Days between a moment and a day without a zone from which their order is certain: zones lie up
/// to 26 hours apart.
const APART: i64 = 3;

/// Whether one consent was certainly given before another.
fn is_earlier(one: &ConsentResource, other: &ConsentResource) -> bool {
    let (Some(date), Some(next)) = (one.date, other.date) else {
        return false;
    };
    match (one.moment, other.moment) {
        (Some(moment), Some(next)) => moment < next,
        (None, None) => date.latest() < next.earliest(),
        _ => next.earliest().duration_since(date.latest()).as_hours() >= APART * 24,
    }
}

/// R4 says it in `scope`. R5 has none: there a category of HL7's may say that it is about something
/// else; where none does, the purposes decide, which must be DUO's.
fn is_research(consent: &ConsentResource) -> bool {
    let about = |coding: &Coding| {
        let research = ["research", "rsdid", "rsreid"];
        research
            .iter()
            .any(|code| coding.code.eq_ignore_ascii_case(code))
    };
    if !consent.scope.is_empty() {
        return consent.scope.iter().any(about);
    }
    let says = |coding: &&Coding| CATEGORY_SYSTEMS.contains(&&*coding.system);
    let mut said = consent.category.iter().filter(says).peekable();
    said.peek().is_none() || said.any(about)
}

/// What one resource says.
fn wish(consent: &ConsentResource) -> Result<Wish, NoConsent> {
    let status = consent.status.as_deref().unwrap_or("");
    if status != "active" {
        return Err(NoConsent::Status(status.chars().take(40).collect()));
    }
    // A refusal holds however it is put and whoever put it.
    let (rule, denied) = rule(&consent.provision)?;
    if consent.version.is_none() {
        return Err(NoConsent::Mixed);
    }
    if consent.given_by_other {
        return Err(NoConsent::GivenByOther);
    }
    let stated = duo::read(&rule.purposes)?;
    let terms = stated.terms;
    let terms = grants(rule, &denied)?.into_iter().fold(terms, Terms::grant);
    let (from, until) = window(consent, rule)?;
    let wish = Wish {
        terms,
        from,
        until,
        institution: stated.institution,
        project: stated.project,
    };
    wish.check().map(|()| wish)
}

impl Wish {
    /// Whether there is anything that it allows: a wish that allows nothing is no consent.
    pub(super) fn check(&self) -> Result<(), NoConsent> {
        let denied = |region| self.terms.modifiers().contains(&Modifier::NotIn(region));
        if self.terms.permissions().is_empty() {
            Err(NoConsent::NoPermission)
        } else if Region::ALL.into_iter().all(denied) {
            Err(NoConsent::NoRegion)
        } else if !Grant::ALL.iter().any(|grant| self.terms.grants(*grant)) {
            Err(NoConsent::NoGrant)
        } else if self.from > self.until {
            Err(NoConsent::Window)
        } else {
            Ok(())
        }
    }
}

/// The rule that permits, and the grants that exceptions to it take away.
fn rule(root: &Provision) -> Result<(&Provision, Vec<Grant>), NoConsent> {
    let permits = match (root.decision, root.exceptions.as_slice()) {
        (None, _) => return Err(NoConsent::Undecided),
        (Some(Decision::Deny), []) => return Err(NoConsent::Refused),
        // R5's way to permit: all is denied but this.
        (Some(Decision::Deny), [only])
            if only.decision == Some(Decision::Permit)
                && only.exceptions.is_empty()
                // Else only these are denied, and nothing is said of the rest.
                && root.purposes.is_empty()
                && root.actions.is_empty() =>
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
    Ok(grants)
}

fn grant_of(coding: &Coding) -> Option<Grant> {
    (&*coding.system == ACTION_SYSTEM)
        .then(|| coding.code.parse().ok())
        .flatten()
}

/// What all codings of a concept stand for, if each is known and they agree.
pub(super) fn one_value<T: PartialEq>(
    codings: &[Coding],
    read: impl Fn(&Coding) -> Option<T>,
) -> Option<T> {
    let mut values = codings.iter().map(read);
    let first = values.next()??;
    values
        .all(|value| value.as_ref() == Some(&first))
        .then_some(first)
}

fn actions(rule: &Provision) -> Result<Vec<Grant>, NoConsent> {
    rule.actions
        .iter()
        .map(|action| {
            one_value(action, grant_of).ok_or_else(|| {
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
    Ok((from, until))
}

fn day(date: jiff::civil::Date) -> Option<Day> {
    Day::from_date(date).ok()
}

#[cfg(test)]
#[path = "wish_tests.rs"]
mod tests;
