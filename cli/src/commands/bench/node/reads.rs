//! Public reads, as followers, wallets and browsers make them: docs/api.md.

use std::sync::atomic::{AtomicU64, Ordering};

use salus_protocol::nullifier::StudyId;

use super::client::Ask;
use super::load::Asks;
use super::scene::Scene;

/// Entries of a full tile.
const TILE: u64 = 256;
/// A step through the log that comes by every entry before it comes by one again, unless the log's
/// size is a multiple of it.
const STEP: u64 = 7919;

/// A kind of read: its name in the report, and its path at each turn.
type Kind = (&'static str, fn(&Reads, u64) -> String);

/// What readers ask for.
const MIX: [Kind; 10] = [
    ("ledger", |_, _| "/api/v1/ledger".to_owned()),
    ("checkpoint", |_, _| "/api/v1/ledger/checkpoint".to_owned()),
    ("entry", |reads, turn| {
        format!("/api/v1/ledger/entries/{}", reads.entry(turn))
    }),
    ENTRIES,
    ("inclusion proof", |reads, turn| {
        let index = reads.entry(turn);
        format!("/api/v1/ledger/proofs/inclusion?index={index}")
    }),
    ("tile of entries", |reads, _| match reads.entries {
        0..TILE => format!("/tile/entries/000.p/{}", reads.entries),
        _ => "/tile/entries/000".to_owned(),
    }),
    LEAVES,
    ("studies", |_, _| "/api/v1/studies".to_owned()),
    ("study", |reads, _| {
        format!("/api/v1/studies/{}", reads.study)
    }),
    ("page of a study", |reads, _| {
        format!("/studies/{}", reads.study)
    }),
];

/// What costs most: half of it audit bundles, each of which holds a copy of the log.
const COSTLY: [Kind; 4] = [
    ("audit bundle", |reads, _| {
        format!("/api/v1/studies/{}/bundle?log=true", reads.study)
    }),
    ENTRIES,
    ("smaller bundle", |reads, _| {
        format!("/api/v1/studies/{}/bundle", reads.study)
    }),
    LEAVES,
];

const HEALTH: [Kind; 1] = [("health", |_, _| "/api/v1/health".to_owned())];

const ENTRIES: Kind = ("256 entries", |reads, turn| {
    let from = reads.entry(turn).min(reads.entries.saturating_sub(256));
    format!("/api/v1/ledger/entries?from={from}")
});

const LEAVES: Kind = ("4,096 leaves", |_, _| {
    "/api/v1/registry/leaves?count=4096".to_owned()
});

/// Kinds of reads, one after the other in equal shares.
#[derive(Debug)]
pub(super) struct Reads {
    study: StudyId,
    /// The log's size when the service was started.
    entries: u64,
    kinds: &'static [Kind],
    turn: AtomicU64,
}

impl Reads {
    pub(super) const fn mix(scene: &Scene) -> Self {
        Self::of(scene, &MIX)
    }

    pub(super) const fn costly(scene: &Scene) -> Self {
        Self::of(scene, &COSTLY)
    }

    pub(super) const fn health(scene: &Scene) -> Self {
        Self::of(scene, &HEALTH)
    }

    const fn of(scene: &Scene, kinds: &'static [Kind]) -> Self {
        Self {
            study: scene.study,
            entries: scene.entries,
            kinds,
            turn: AtomicU64::new(0),
        }
    }

    /// Some entry, another one at each turn.
    const fn entry(&self, turn: u64) -> u64 {
        turn.wrapping_mul(STEP) % self.entries
    }
}

impl Asks for Reads {
    fn kinds(&self) -> Vec<&'static str> {
        self.kinds.iter().map(|(name, _)| *name).collect()
    }

    fn next(&self) -> Option<Ask> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let kind = turn as usize % self.kinds.len();
        let (_, path) = self.kinds.get(kind)?;
        Some(Ask {
            kind,
            path: path(self, turn),
            transaction: None,
        })
    }
}
