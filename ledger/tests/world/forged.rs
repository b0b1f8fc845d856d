//! Logs that a lying operator could make: any entries, under a checkpoint of the true key.

use salus_ledger::audit::{self, Bundle, Included};
use salus_ledger::log::{Checkpoint, Entry, LogTree, Origin, RegistryHead};
use salus_protocol::nullifier::Scope;
use salus_protocol::registry::Root;

use super::*;

/// A log that a lying operator made: any entries, under a checkpoint of the true key.
#[derive(Clone)]
pub(crate) struct Forged {
    ledger: LedgerId,
    entries: Vec<Entry>,
}

impl Forged {
    /// A genesis, and what makes a ledger ready for studies.
    pub(crate) fn ready(accepts_insecure_keys: bool) -> Self {
        let genesis = genesis(accepts_insecure_keys);
        let Transaction::Genesis(founding) = genesis.transaction() else {
            panic!("{genesis:?}")
        };
        let ledger = founding.ledger_id();
        let ready = Self {
            ledger,
            entries: vec![Entry::Transaction(genesis)],
        };
        setup(ledger).into_iter().fold(ready, Self::enter)
    }

    /// As [`Self::ready`], without the transactions of these names.
    pub(crate) fn ready_without(names: &[&str]) -> Self {
        let mut ready = Self::ready(true);
        ready.entries.retain(|entry| match entry {
            Entry::Transaction(e) => !names.contains(&e.transaction().name()),
            Entry::Head(_) => true,
        });
        ready
    }

    /// The entries that a good bundle of one answer needs, up to the head before the answer.
    pub(crate) fn up_to_answer() -> (Self, StudyId) {
        let (opened, study) = Self::ready(true).study(open_study());
        let approved = opened.with(ApproveStudy { study }, &board(0));
        (approved.head(1, 0, 1), study)
    }

    pub(crate) fn ledger(&self) -> LedgerId {
        self.ledger
    }

    /// Any entry, whoever signed it for whatever ledger.
    pub(crate) fn enter(mut self, envelope: Envelope) -> Self {
        self.entries.push(Entry::Transaction(envelope));
        self
    }

    pub(crate) fn with(self, transaction: impl Into<Transaction>, secret: &SigningKey) -> Self {
        let envelope = Envelope::sign(transaction, &self.ledger, secret);
        self.enter(envelope)
    }

    /// Opens a study on any terms.
    pub(crate) fn study(self, study: OpenStudy) -> (Self, StudyId) {
        let envelope = Envelope::sign(study, &self.ledger, &sponsor());
        let id = StudyId::new(*envelope.id(&self.ledger).as_bytes());
        (self.enter(envelope), id)
    }

    /// A good answer by person `number`, under the root of height 1.
    pub(crate) fn answered(self, study: StudyId, number: u64) -> Self {
        let said = said(self.ledger, &study, number);
        self.with(prover::answer(study, said), &stranger())
    }

    pub(crate) fn head(mut self, height: u64, revised: u64, root: u64) -> Self {
        let last = self
            .entries
            .iter()
            .rposition(|e| matches!(e, Entry::Head(_)));
        self.entries.push(Entry::Head(RegistryHead {
            height,
            first: last.map_or(0, |at| at as u64 + 1),
            root: Root::new(Fr::from(root)),
            day: Some(today()),
            revised,
        }));
        self
    }

    /// A log that begins with these entries.
    pub(crate) fn of(ledger: LedgerId, entries: Vec<Entry>) -> Self {
        Self { ledger, entries }
    }

    /// Any head.
    pub(crate) fn sealed(mut self, head: RegistryHead) -> Self {
        self.entries.push(Entry::Head(head));
        self
    }

    /// Every entry in hexadecimal.
    pub(crate) fn log(&self) -> Vec<String> {
        let encode = |entry: &Entry| hex::encode(entry.to_bytes());
        self.entries.iter().map(encode).collect()
    }

    /// The index that the next entry gets.
    pub(crate) fn next_entry(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The latest transaction.
    pub(crate) fn last_transaction(self) -> Envelope {
        let mut transactions = self.entries.into_iter().rev();
        let envelope = transactions.find_map(|entry| match entry {
            Entry::Transaction(envelope) => Some(envelope),
            Entry::Head(_) => None,
        });
        envelope.unwrap()
    }

    /// A height with some other transaction in it.
    pub(crate) fn head_after(self, height: u64) -> Self {
        let name = Title::new("Board").unwrap();
        let key = PublicKey::of(&key(8, u32::try_from(height).unwrap()));
        self.with(RegisterBoard { name, key }, &governance())
            .head(height, 0, height)
    }

    /// A bundle of all entries that have a place in one; without the whole log.
    pub(crate) fn bundle(&self, study: StudyId) -> Bundle {
        let mut tree = LogTree::new();
        self.entries
            .iter()
            .for_each(|entry| tree.append(&entry.to_bytes()));
        let origin = Origin::of(&LedgerName::new("test-ledger").unwrap(), &self.ledger);
        let head = Checkpoint {
            size: tree.size(),
            root: tree.root(),
        };
        let include = |(index, entry): (u64, &Entry)| Included {
            kind: match entry {
                Entry::Transaction(envelope) => envelope.transaction().name().to_owned(),
                Entry::Head(_) => "registry head".to_owned(),
            },
            index,
            entry: hex::encode(entry.to_bytes()),
            path: tree.inclusion(index, tree.size()).unwrap().path,
        };
        let wanted = |(_, entry): &(u64, &Entry)| match entry {
            Entry::Transaction(e) => !matches!(e.transaction(), Transaction::AdvanceDay(_)),
            Entry::Head(_) => true,
        };
        Bundle {
            format: audit::BUNDLE_FORMAT.to_owned(),
            ledger: self.ledger,
            study,
            checkpoint: head.sign(&origin, &checkpoint()).unwrap(),
            profile: PROFILE.to_owned(),
            entries: (0..)
                .zip(&self.entries)
                .filter(wanted)
                .map(include)
                .collect(),
            log: None,
            attachments: Vec::new(),
        }
    }
}

/// What person `number` says to a study of the world's query, under the root of height 1.
pub(crate) fn said(ledger: LedgerId, study: &StudyId, number: u64) -> Statement {
    let OpenStudy { query, purpose, .. } = open_study();
    Statement {
        root: Root::new(Fr::from(1u64)),
        query: query.digest(),
        scope: Scope::of(&ledger, study),
        nullifier: Nullifier::new(Fr::from(3_000_000 + number)),
        day: today(),
        purpose: purpose.masks().code(),
        institution: InstitutionCode::new(purpose.institution.element()),
        contact: ContactDigest::NONE,
    }
}
