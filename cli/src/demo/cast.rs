//! Who takes part in the demo, and what each does before the study is answered.

use std::collections::{BTreeMap, BTreeSet};

use salus_datasets::derivation::Derivation;
use salus_datasets::fhir::Import;
use salus_datasets::fhir::consent::wishes;
use salus_ledger::engine::Ledger;
use salus_ledger::transaction::{AdvanceDay, Envelope, LedgerName, Policy, Title};
use salus_protocol::cohort::{Layout, Table};
use salus_protocol::consent::{DiseaseArea, Region};
use salus_protocol::day::Day;
use salus_protocol::eligibility::Violation;
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::Edition;
use salus_protocol::purpose::{Ask, Institution, Purpose, Research};
use salus_protocol::release::{Released, release};
use serde::Serialize;

use super::{Steps, set_up_key};
use crate::commands::key;
use crate::commands::party::register;
use crate::failure::Failure;
use crate::home::{Home, Issuer, Name, Party, Role, SigningSecret, Sponsor, StudyName, Wallet};
use crate::output::Output;
use crate::path::answer::{NoAnswer, Question, Ready, ready_many};
use crate::path::consent::{Granting, grant, revoke};
use crate::path::study::{Asked, CheckedStudy, Terms, approve, open};
use crate::path::{cohort, count, record, submit};

/// Of so many who consented, one takes it back before the study opens.
const REVOKES: usize = 12;
/// Of so many who answer, one leaves a contact.
const VOLUNTEERS: usize = 3;

/// The hospital's own count for the study.
#[derive(Debug, Serialize)]
pub(crate) struct CohortCount {
    /// What the policy shows of it; none where it is too small.
    pub(crate) released: Option<u32>,
    /// Whether that is what the policy makes of a plain count of the rows and consents.
    pub(crate) agrees: bool,
    /// Records counted over.
    pub(crate) records: usize,
    pub(crate) proof_bytes: usize,
    pub(crate) publication_bytes: usize,
}

/// The parties, and what became of the patients.
pub(crate) struct Cast {
    pub(crate) output: Output,
    pub(crate) sponsor: Sponsor,
    issuer: Issuer,
    board: Party,
    pub(crate) records: usize,
    pub(crate) consents: usize,
    /// Patients without consent, by reason.
    pub(crate) no_consent: BTreeMap<String, usize>,
    pub(crate) revoked: usize,
    /// Someone who matched and revoked before the study opened.
    pub(crate) early: Option<Name>,
    /// Someone who can answer, but is kept apart to revoke later.
    pub(crate) late: Option<(Name, Ready)>,
    /// Someone who only wants to be counted.
    pub(crate) counted_only: Option<Name>,
    /// The first who answers.
    pub(crate) first: Option<Name>,
    /// Who can't answer, by reason.
    pub(crate) not_eligible: BTreeMap<String, usize>,
    pub(crate) matching: usize,
    answers: usize,
}

impl Cast {
    /// Founds the ledger and registers everyone.
    pub(crate) fn assemble(
        steps: &mut Steps,
        home: &Home,
        asked: &Asked,
    ) -> Result<(Ledger, Self), Failure> {
        steps.take("make a key", || {
            set_up_key(home)?;
            Ok(((), "INSECURE, for development".to_owned()))
        })?;
        let output = steps.output;
        steps.take("found a ledger", || {
            let name = LedgerName::new("salus-demo").map_err(not_in_demo)?;
            let ledger = home.found_ledger(name, true)?;
            set_day(home, &ledger, asked.query.index())?;
            let (hospital, ethics) = (name_of("hospital")?, name_of("ethics")?);
            register(home, &ledger, Role::Issuer, &hospital, "Demo Hospital")?;
            let issuer = home.issuer(&hospital)?;
            let board = register(home, &ledger, Role::Board, &ethics, "Demo Ethics Board")?;
            key::accept(home, &ledger, &home.verifying_key()?)?;
            let cast = Self {
                output,
                sponsor: home.sponsor_or_new(&name_of("lab")?)?,
                issuer,
                board,
                records: 0,
                consents: 0,
                no_consent: BTreeMap::new(),
                revoked: 0,
                early: None,
                late: None,
                counted_only: None,
                first: None,
                not_eligible: BTreeMap::new(),
                matching: 0,
                answers: 0,
            };
            Ok((
                (ledger, cast),
                "an issuer, an ethics board, a key".to_owned(),
            ))
        })
    }

    /// Signs and commits a record for each row.
    pub(crate) fn issue(
        &mut self,
        steps: &mut Steps,
        home: &Home,
        ledger: &Ledger,
        asked: &Asked,
        derivation: &Derivation,
    ) -> Result<(), Failure> {
        steps.take("sign and commit", || {
            let profile = &asked.profile.profile;
            let rows = &derivation.rows;
            let at = asked.query.index();
            let issued = record::issue(home, ledger, &mut self.issuer, profile, at, rows, || ())?;
            self.records = issued.records;
            self.matching = rows
                .iter()
                .filter(|row| asked.compiled.query.matches(&row.row))
                .count();
            let outcome = format!("{} records, each in its patient's wallet", issued.records);
            Ok(((), outcome))
        })
    }

    /// Takes consents from the FHIR Consents; then some are revoked.
    pub(crate) fn consent(
        &mut self,
        steps: &mut Steps,
        home: &Home,
        ledger: &Ledger,
        asked: &Asked,
        import: &Import,
        derivation: &Derivation,
    ) -> Result<(), Failure> {
        let granted = steps.take("consent", || {
            let (granted, grantings) = self.grantings(home, import)?;
            self.consents = grant(home, ledger, grantings, || ())?;
            Ok((
                granted,
                format!("{} given, from FHIR Consents", self.consents),
            ))
        })?;
        let matching: BTreeSet<&str> = derivation
            .rows
            .iter()
            .filter(|row| asked.compiled.query.matches(&row.row))
            .map(|row| row.patient.as_str())
            .collect();
        steps.take("revoke", || {
            let revoking: Vec<&Name> = granted.iter().step_by(REVOKES).collect();
            let wallets = revoking
                .iter()
                .map(|name| home.wallet(name))
                .collect::<Result<Vec<_>, _>>()?;
            self.revoked = revoke(ledger, &wallets)?;
            self.early = revoking
                .iter()
                .find(|name| matching.contains(name.as_str()))
                .or(revoking.first())
                .map(|name| (*name).clone());
            Ok(((), format!("{} taken back", self.revoked)))
        })
    }

    fn grantings(
        &mut self,
        home: &Home,
        import: &Import,
    ) -> Result<(Vec<Name>, Vec<Granting>), Failure> {
        let (mut granted, mut grantings) = (Vec::new(), Vec::new());
        for (patient, wish) in import.patients.iter().zip(wishes(import)) {
            let Ok(name) = patient.id.parse::<Name>() else {
                continue;
            };
            let Some(wallet) = home.find_wallet(&name)? else {
                continue;
            };
            match wish {
                Ok(wish) => {
                    granted.push(name);
                    grantings.push(Granting { wallet, wish });
                }
                Err(reason) => *self.no_consent.entry(reason.to_string()).or_default() += 1,
            }
        }
        Ok((granted, grantings))
    }

    /// Opens the study and has it approved.
    pub(crate) fn open_study(
        &mut self,
        steps: &mut Steps,
        home: &Home,
        ledger: &Ledger,
        asked: &Asked,
    ) -> Result<StudyId, Failure> {
        steps.take("open and approve", || {
            let terms = Terms {
                title: Title::new(asked.query.title()).map_err(not_in_demo)?,
                purpose: purpose()?,
                expires: a_year_on(asked.query.index())?,
                freshness: 100,
                policy: Policy::STANDARD,
                boards: vec![self.board.key.public()],
                approvals_needed: 1,
                together: Vec::new(),
                noise: None,
            };
            let id = open(ledger, &self.sponsor, asked, terms)?;
            let named = StudyName {
                id,
                sponsor: name_of("lab")?,
            };
            home.put_study_name(&name_of("demo")?, &named)?;
            approve(ledger, &self.board.key, &CheckedStudy::read(ledger, id)?)?;
            Ok((id, format!("study {}", &id.to_string()[..12])))
        })
    }

    /// Everyone who can answer, some with a contact; one of them is kept apart.
    pub(crate) fn ready(
        &mut self,
        home: &Home,
        ledger: &Ledger,
        question: &Question,
    ) -> Result<Vec<Ready>, Failure> {
        let names = home.wallet_names()?;
        let wallets = names
            .iter()
            .map(|name| home.wallet(name))
            .collect::<Result<Vec<Wallet>, _>>()?;
        let volunteers: BTreeMap<&Name, String> = names
            .iter()
            .enumerate()
            .filter(|(place, _)| place % VOLUNTEERS == 0)
            .map(|(place, name)| (name, format!("volunteer-{place}@example.org")))
            .collect();
        let contact = |name: &Name| volunteers.get(name).cloned();
        let mut ready = Vec::new();
        for (name, outcome) in names
            .iter()
            .zip(ready_many(ledger, question, &wallets, contact)?)
        {
            match outcome {
                Ok(able) => ready.push((name.clone(), able)),
                Err(reason) => {
                    if reason == NoAnswer::Violation(Violation::Grant) {
                        self.counted_only.get_or_insert(name.clone());
                    }
                    *self.not_eligible.entry(reason.to_string()).or_default() += 1;
                }
            }
        }
        if ready.len() > 1 {
            self.late = ready.pop();
        }
        self.first = ready.first().map(|(name, _)| name.clone());
        self.answers = ready.len();
        Ok(ready.into_iter().map(|(_, able)| able).collect())
    }

    /// Publishes the hospital's dataset, and counts over it for the study.
    pub(crate) fn count(
        &self,
        steps: &mut Steps,
        home: &Home,
        ledger: &Ledger,
        asked: &Asked,
        id: StudyId,
    ) -> Result<CohortCount, Failure> {
        let profile = &asked.profile.profile;
        let edition = Edition::of(&profile.hash(), asked.query.index());
        let layout = Layout::of_profile(profile);
        let issuer = &self.issuer;
        let published = steps.take("publish the dataset", || {
            let done = cohort::publish(home, ledger, issuer, edition, &layout, false, || Ok(()))?;
            let outcome = format!(
                "{} columns of commitments, {} KB",
                done.columns,
                done.bytes.div_ceil(1000)
            );
            Ok((done, outcome))
        })?;
        steps.take("count, proven", || {
            let study = CheckedStudy::read(ledger, id)?;
            let table = Table::Count;
            let exact = count::exact(home, ledger, issuer, &study, &table)?;
            let counting = count::Counting::read(home, ledger, issuer, &study, &table)?;
            let done = count::answer(home, ledger, issuer, &counting, 1, || Ok(()))?;
            let policy = study.study().opened.policy;
            let agrees = release(policy, table.shape(), &exact).is_ok_and(|r| r == done.released);
            let count = CohortCount {
                released: match done.released.first() {
                    Some(Released::Count(count)) => Some(*count),
                    _ => None,
                },
                agrees,
                records: published.records,
                proof_bytes: done.proof_bytes,
                publication_bytes: published.bytes,
            };
            let outcome = format!("proof of {} KB", done.proof_bytes.div_ceil(1000));
            Ok((count, outcome))
        })
    }

    /// The hospital.
    pub(super) const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The ethics board's key.
    pub(super) const fn board(&self) -> &SigningSecret {
        &self.board.key
    }

    /// How many can answer.
    pub(crate) fn eligible(&self) -> usize {
        self.answers + usize::from(self.late.is_some())
    }
}

pub(super) fn set_day(home: &Home, ledger: &Ledger, day: Day) -> Result<(), Failure> {
    let id = ledger.state()?.id();
    let operator = home.operator()?;
    submit(
        ledger,
        Envelope::sign(AdvanceDay::drawn(day)?, &id, operator.key.key()),
    )?;
    Ok(())
}

/// The day a year after a day.
pub(super) fn a_year_on(day: Day) -> Result<Day, Failure> {
    let later = day.date().checked_add(jiff::Span::new().years(1));
    let later = later.map_err(not_in_demo)?;
    Day::from_date(later).map_err(not_in_demo)
}

pub(super) fn purpose() -> Result<Purpose, Failure> {
    Ok(Purpose {
        for_profit: true,
        publishes: true,
        ethics_approval: true,
        ..Purpose::undeclared(
            Research::Disease(DiseaseArea::Type2Diabetes),
            Ask::Contact,
            Institution::new("Demo Therapeutics Company").map_err(not_in_demo)?,
            Region::NorthAmerica,
        )
    })
}

pub(super) fn name_of(text: &str) -> Result<Name, Failure> {
    text.parse().map_err(not_in_demo)
}

/// The demo's own names are well formed; this is for the types' sake.
pub(super) fn not_in_demo(error: impl std::fmt::Display) -> Failure {
    Failure::usage(error.to_string(), "please report this")
}
