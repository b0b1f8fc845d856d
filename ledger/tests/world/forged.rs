//! Logs that a lying operator could make: any entries, under a checkpoint of the true key.

use salus_ledger::audit::{self, Bundle, Included};
use salus_ledger::log::{Checkpoint, Entry, LogTree, Origin, RegistryHead};
use salus_protocol::registry::Root;

use super::*;

/// The ledger that is lied about.
fn ledger() -> LedgerId {
    World::founded().id()
}

/// A log that a lying operator made: any entries, under a checkpoint of the true key.
pub(crate) struct Forged(pub(crate) Vec<Entry>);

impl Forged {
    /// The entries that a good bundle of one answer needs, up to the head before the answer.
    pub(crate) fn up_to_answer() -> (Self, StudyId) {
        let mut world = World::founded();
        let mut entries = vec![Entry::Transaction(genesis(true))];
        let mut enter = |world: &mut World, envelope: Envelope| {
            world.state.apply(&envelope).unwrap();
            entries.push(Entry::Transaction(envelope));
        };
        let id = world.id();
        for envelope in setup(id) {
            enter(&mut world, envelope);
        }
        enter(&mut world, Envelope::sign(open_study(), &id, &sponsor()));
        let study = *world.state.studies().keys().next().unwrap();
        enter(
            &mut world,
            Envelope::sign(ApproveStudy { study }, &id, &board(0)),
        );
        let forged = Self(entries);
        (forged.head(1, 0, 1), study)
    }

    pub(crate) fn with(mut self, transaction: impl Into<Transaction>, secret: &SigningKey) -> Self {
        let id = ledger();
        self.0
            .push(Entry::Transaction(Envelope::sign(transaction, &id, secret)));
        self
    }

    pub(crate) fn head(self, height: u64, revised: u64, root: u64) -> Self {
        self.head_on(height, revised, root, Some(today()))
    }

    pub(crate) fn head_on(
        mut self,
        height: u64,
        revised: u64,
        root: u64,
        day: Option<salus_protocol::day::Day>,
    ) -> Self {
        let last = self.0.iter().rposition(|e| matches!(e, Entry::Head(_)));
        let first = last.map_or(0, |at| at as u64 + 1);
        let root = Root::new(Fr::from(root));
        self.0.push(Entry::Head(RegistryHead {
            height,
            first,
            root,
            day,
            revised,
        }));
        self
    }

    pub(crate) fn bundle(&self, study: StudyId) -> Bundle {
        let mut tree = LogTree::new();
        self.0
            .iter()
            .for_each(|entry| tree.append(&entry.to_bytes()));
        let origin = Origin::of(&LedgerName::new("test-ledger").unwrap(), &ledger());
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
            Entry::Transaction(e) => !matches!(
                e.transaction(),
                Transaction::AdvanceDay(_) | Transaction::RegisterIssuer(_)
            ),
            Entry::Head(_) => true,
        };
        Bundle {
            format: audit::BUNDLE_FORMAT.to_owned(),
            ledger: ledger(),
            study,
            checkpoint: head.sign(&origin, &checkpoint()).unwrap(),
            profile: PROFILE.to_owned(),
            entries: (0..).zip(&self.0).filter(wanted).map(include).collect(),
            log: None,
        }
    }
}

impl Forged {
    pub(crate) fn clone_with(
        &self,
        transaction: impl Into<Transaction>,
        secret: &SigningKey,
    ) -> Self {
        Self(self.0.clone()).with(transaction, secret)
    }

    /// A height with some other transaction in it.
    pub(crate) fn head_after(self, height: u64) -> Self {
        let name = Title::new("Board").unwrap();
        let key = PublicKey::of(&key(8, u32::try_from(height).unwrap()));
        self.with(RegisterBoard { name, key }, &governance())
            .head(height, 0, height)
    }
}
