//! A small world for the ledger's tests: keys for everyone, records, a study, and answers whose
//! proofs are real Groth16 proofs of a toy circuit with as many inputs as eligibility has.
#![allow(dead_code, clippy::unwrap_used)] // each test uses its part

pub(crate) mod forged;
pub(crate) mod kinds;
pub(crate) mod prover;
pub(crate) mod session;

use ed25519_dalek::SigningKey;
use salus_ledger::key::PublicKey;
use salus_ledger::state::{Event, Rejection, State};
use salus_ledger::transaction::*;
use salus_protocol::consent::ConsentCommitment;
use salus_protocol::day::Day;
use salus_protocol::field::Fr;
use salus_protocol::nullifier::{LedgerId, Nullifier, StudyId};
use salus_protocol::profile::Profile;
use salus_protocol::purpose::{Ask, Institution, Purpose, Research};
use salus_protocol::query::{CompiledQuery, Query};
use salus_protocol::record::RecordCommitment;
use salus_protocol::registry::RecordIndex;
use salus_protocol::row::Row;
use salus_protocol::row_commitment::{RowCommitment, RowSalt};
use salus_protocol::statement::{ContactDigest, InstitutionCode, Statement};

pub(crate) const PROFILE: &str = r#"
name = "tiny"
version = "1.0.0"
title = "A tiny profile"

[[field]]
name = "birth"
label = "Date of birth"
kind = "measurement"
attribute = "birth-date"
encoding = "date"
"#;

/// The query that the world's study asks, as text.
pub(crate) const QUERY: &str = "cohort \"Anyone\" at 2020-01-01\ninclude all\n  birth recorded\n";

/// A key of its own for every role and number.
pub(crate) fn key(role: u8, number: u32) -> SigningKey {
    let mut seed = [role; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    SigningKey::from_bytes(&seed)
}

pub(crate) fn governance() -> SigningKey {
    key(1, 0)
}
pub(crate) fn checkpoint() -> SigningKey {
    key(2, 0)
}
pub(crate) fn issuer() -> SigningKey {
    key(3, 0)
}
pub(crate) fn board(number: u32) -> SigningKey {
    key(4, number)
}
pub(crate) fn sponsor() -> SigningKey {
    key(5, 0)
}
pub(crate) fn subject(number: u32) -> SigningKey {
    key(6, number)
}
pub(crate) fn stranger() -> SigningKey {
    key(7, 0)
}

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// The day moves on, with a nonce of its own for each day.
pub(crate) fn on_day(day: Day) -> AdvanceDay {
    let mut nonce = [0; 32];
    nonce[..2].copy_from_slice(&day.number().to_le_bytes());
    AdvanceDay { day, nonce }
}

pub(crate) fn today() -> Day {
    day("2024-03-01")
}

pub(crate) fn genesis(accepts_insecure_keys: bool) -> Envelope {
    let genesis = Genesis {
        name: LedgerName::new("test-ledger").unwrap(),
        governance: PublicKey::of(&governance()),
        checkpoint: PublicKey::of(&checkpoint()),
        accepts_insecure_keys,
        nonce: [9; 32],
    };
    let id = genesis.ledger_id();
    Envelope::sign(genesis, &id, &governance())
}

/// A row commitment of its own for every number.
pub(crate) fn row(number: u32) -> RowCommitment {
    let mut values = [0u16; 64];
    values[0] = (number & 0xffff) as u16;
    values[1] = (number >> 16) as u16;
    let zero: RowSalt = serde_json::from_value("0".repeat(64).into()).unwrap();
    RowCommitment::of_record(&Row::new(values), &zero)
}

pub(crate) fn commit_record(number: u32) -> CommitRecord {
    CommitRecord {
        record: RecordCommitment::new(Fr::from(1_000_000 + u64::from(number))),
        row: row(number),
        subject: PublicKey::of(&subject(number)),
        edition: query().edition(),
    }
}

pub(crate) fn consent(number: u64) -> ConsentCommitment {
    ConsentCommitment::new(Fr::from(2_000_000 + number))
}

pub(crate) fn profile() -> Profile {
    Profile::from_toml(PROFILE).unwrap()
}

pub(crate) fn purpose() -> Purpose {
    Purpose {
        research: Research::Health,
        ask: Ask::Contact,
        institution: Institution::new("University Hospital").unwrap(),
        region: salus_protocol::consent::Region::EuropeanEconomicArea,
        for_profit: false,
        commercial: false,
        methods: false,
        genetic: false,
        publishes: true,
        collaborates: true,
        returns_data: true,
        ethics_approval: true,
        moratorium: true,
        approved_users: true,
    }
}

pub(crate) fn query() -> CompiledQuery {
    Query::parse(QUERY)
        .unwrap()
        .compile(&profile())
        .unwrap()
        .query
}

pub(crate) fn open_study() -> OpenStudy {
    let mut boards = vec![PublicKey::of(&board(0)), PublicKey::of(&board(1))];
    boards.sort();
    OpenStudy {
        title: Title::new("Anyone with a birthday").unwrap(),
        query_text: QUERY.to_owned(),
        profile: profile().hash(),
        index_day: day("2020-01-01"),
        query: query(),
        purpose: purpose(),
        expires: day("2024-12-31"),
        freshness: 3,
        policy: Policy::STANDARD,
        together: Vec::new(),
        noise: None,
        boards,
        approvals_needed: 1,
        sponsor: PublicKey::of(&sponsor()),
        inbox: [3; 32],
    }
}

/// A state, and short ways to change it.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) state: State,
}

impl World {
    /// Only the genesis, sealed.
    pub(crate) fn founded() -> Self {
        let mut state = State::found(&genesis(true)).unwrap();
        state.seal().unwrap();
        Self { state }
    }

    /// With a day, an issuer, two boards and a verifying key, sealed.
    pub(crate) fn ready() -> Self {
        let mut world = Self::founded();
        for envelope in setup(world.id()) {
            world.state.apply(&envelope).unwrap();
        }
        world.seal();
        world
    }

    pub(crate) fn id(&self) -> LedgerId {
        self.state.id()
    }

    pub(crate) fn seal(&mut self) {
        self.state.seal().unwrap();
    }

    pub(crate) fn apply(
        &mut self,
        transaction: impl Into<Transaction>,
        secret: &SigningKey,
    ) -> Result<Event, Rejection> {
        let before = self.state.clone();
        let envelope = Envelope::sign(transaction, &self.id(), secret);
        let checked = before.admit(&envelope).and_then(|a| before.check(&a));
        let result = self.state.apply(&envelope);
        match (&checked, &result) {
            (_, Err(Rejection::NewHeight { .. })) | (Ok(()), Ok(_)) => {}
            (Err(expected), Err(found)) if expected == found => {}
            other => panic!("checked and applied differ: {other:?}"),
        }
        if result.is_err() {
            assert!(
                self.state == before,
                "a refused transaction changed the state"
            );
        }
        result
    }

    /// Commits record `number` and grants its consent; returns its index.
    pub(crate) fn enrol(&mut self, number: u32) -> RecordIndex {
        let event = self.apply(commit_record(number), &issuer()).unwrap();
        let Event::RecordCommitted { index } = event else {
            panic!("{event:?}")
        };
        let grant = self.grant(index, u64::from(number));
        self.apply(grant, &subject(number)).unwrap();
        index
    }

    pub(crate) fn grant(&self, index: RecordIndex, number: u64) -> GrantConsent {
        GrantConsent {
            index,
            sequence: self.state.record(index).unwrap().sequence,
            consent: consent(number),
            row: row(500_000 + number as u32),
        }
    }

    pub(crate) fn revoke(&self, index: RecordIndex) -> RevokeConsent {
        RevokeConsent {
            index,
            sequence: self.state.record(index).unwrap().sequence,
        }
    }

    /// Opens and approves the study.
    pub(crate) fn study(&mut self) -> StudyId {
        let event = self.apply(open_study(), &sponsor()).unwrap();
        let Event::StudyOpened { study } = event else {
            panic!("{event:?}")
        };
        self.apply(ApproveStudy { study }, &board(0)).unwrap();
        study
    }

    /// The statement of a good answer by person `number`.
    pub(crate) fn statement(&self, study: &StudyId, number: u64) -> Statement {
        statement(&self.state, study, number)
    }

    /// A good answer by person `number`.
    pub(crate) fn answer(&self, study: &StudyId, number: u64) -> SubmitEligibility {
        prover::answer(*study, self.statement(study, number))
    }
}

pub(crate) fn statement(state: &State, study: &StudyId, number: u64) -> Statement {
    let known = state.study(study).unwrap();
    Statement {
        root: state.latest_head().unwrap().root,
        query: known.query,
        scope: known.scope,
        nullifier: Nullifier::new(Fr::from(3_000_000 + number)),
        day: state.day().unwrap(),
        purpose: known.opened.purpose.masks().code(),
        institution: InstitutionCode::new(known.opened.purpose.institution.element()),
        contact: ContactDigest::NONE,
    }
}

/// What makes a founded ledger ready for records and studies.
pub(crate) fn setup(id: LedgerId) -> Vec<Envelope> {
    let party =
        |name: &str, secret: &SigningKey| (Title::new(name).unwrap(), PublicKey::of(secret));
    let (name, key) = party("General Hospital", &issuer());
    let mut setup = vec![
        Envelope::sign(on_day(today()), &id, &checkpoint()),
        Envelope::sign(RegisterIssuer { name, key }, &id, &governance()),
        Envelope::sign(AcceptKey::of(prover::verifying_key()), &id, &governance()),
    ];
    for number in 0..2 {
        let (name, key) = party("Ethics board", &board(number));
        setup.push(Envelope::sign(
            RegisterBoard { name, key },
            &id,
            &governance(),
        ));
    }
    setup
}
