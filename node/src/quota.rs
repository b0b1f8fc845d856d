//! Quotas: how often one and the same identity may do something, by token buckets.
//!
//! An identity is a registered signing key, a service's client or a person who signed in. What comes
//! under a record's key shares a bucket with all that do: to tell two patients apart here would be to
//! keep how often each acts. That bucket is theirs alone, so that no stranger keeps anybody from
//! taking back a consent. What comes under a key that anyone can make, or without one, shares others.
//! Addresses are never looked at.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::state::keyed::HashMapStateStore;
use governor::{NotUntil, Quota, RateLimiter};
use salus_ledger::key::PublicKey;
use salus_ledger::transaction::TransactionId;

use crate::problem::Problem;
use crate::settings::Settings;

/// The most identities that one kind of bucket is kept for at once. A bucket is forgotten once it is
/// full again.
const MOST_IDENTITIES: usize = 65_536;

/// How often something may be done: so many times at once, and from then on so many times a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Times at once; at least 1.
    pub at_once: u32,
    /// Times a minute after that; at least 1.
    pub a_minute: u32,
}

impl Allowance {
    fn quota(self) -> Quota {
        let at_least_one = |times: u32| NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN);
        Quota::per_minute(at_least_one(self.a_minute)).allow_burst(at_least_one(self.at_once))
    }
}

/// One bucket for each identity.
#[derive(Debug)]
struct Buckets<K: Hash + Eq + Clone>(RateLimiter<K, HashMapStateStore<K>, MonotonicClock>);

impl<K: Hash + Eq + Clone> Buckets<K> {
    fn new(allowance: Allowance) -> Self {
        Self(RateLimiter::hashmap_with_clock(
            allowance.quota(),
            MonotonicClock,
        ))
    }

    fn take(&self, identity: &K) -> Result<(), Problem> {
        if self.0.len() >= MOST_IDENTITIES {
            self.0.retain_recent();
            if self.0.len() >= MOST_IDENTITIES {
                return Err(Problem::too_often(Duration::from_secs(1)));
            }
        }
        self.0.check_key(identity).map_err(too_often)
    }
}

fn too_often(refused: NotUntil<std::time::Instant>) -> Problem {
    Problem::too_often(refused.wait_time_from(MonotonicClock.now()))
}

/// Whose signature bytes carry, as far as quotas tell signers apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signer {
    /// A key that governance registered, or its own.
    Registered(PublicKey),
    /// A key that a record is or was committed for, and that grants and revokes its consent.
    Subject,
    /// A key that anyone can make: an answer's, a sponsor's.
    Other,
    /// Whoever copied a transaction that has entered; everybody can read it.
    Repeated(TransactionId),
    /// The bytes carry no good signature.
    Nobody,
}

/// The buckets of a node.
#[derive(Debug)]
pub(crate) struct Quotas {
    registered: Buckets<[u8; 32]>,
    /// What is one bucket for all is kept under the one key `()`.
    subjects: Buckets<()>,
    others: Buckets<()>,
    unsigned: Buckets<()>,
    sign_ins: Buckets<()>,
    tokens: Buckets<String>,
    desks: Buckets<String>,
}

impl Quotas {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            registered: Buckets::new(settings.registered_key),
            subjects: Buckets::new(settings.subject_keys),
            others: Buckets::new(settings.other_keys),
            unsigned: Buckets::new(settings.unsigned),
            sign_ins: Buckets::new(settings.sign_ins),
            tokens: Buckets::new(settings.tokens),
            desks: Buckets::new(settings.desk_requests),
        }
    }

    /// A transaction is handed in.
    pub(crate) fn submission(&self, signer: &Signer) -> Result<(), Problem> {
        match signer {
            Signer::Registered(key) => self.registered.take(key.as_bytes()),
            Signer::Subject => self.subjects.take(&()),
            Signer::Other => self.others.take(&()),
            Signer::Repeated(_) | Signer::Nobody => self.unsigned.take(&()),
        }
    }

    /// Somebody, who is not known yet, begins or ends a sign-in.
    pub(crate) fn sign_in(&self) -> Result<(), Problem> {
        self.sign_ins.take(&())
    }

    /// A client that has shown who it is asks for a token.
    pub(crate) fn token(&self, client: &str) -> Result<(), Problem> {
        self.tokens.take(&client.to_owned())
    }

    /// Somebody who signed in asks for something of a desk.
    pub(crate) fn desk(&self, identity: &str) -> Result<(), Problem> {
        self.desks.take(&identity.to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TWICE: Allowance = Allowance {
        at_once: 2,
        a_minute: 1,
    };

    #[test]
    fn each_identity_has_its_own_bucket_and_a_bucket_is_no_longer_than_it_must_be_kept() {
        let buckets: Buckets<u32> = Buckets::new(TWICE);
        for _ in 0..2 {
            buckets.take(&1).unwrap();
        }
        assert_eq!(buckets.take(&1).unwrap_err().status().as_u16(), 429);
        buckets.take(&2).unwrap();

        let quick: Buckets<usize> = Buckets::new(Allowance {
            at_once: 1,
            a_minute: u32::MAX,
        });
        for identity in 0..3 * MOST_IDENTITIES {
            // Earlier ones are full again after nanoseconds, and go when their room is needed.
            let _ = quick.take(&identity);
            assert!(quick.0.len() <= MOST_IDENTITIES);
        }
    }

    #[test]
    fn when_no_bucket_can_be_forgotten_further_identities_wait() {
        let buckets: Buckets<usize> = Buckets::new(TWICE);
        for identity in 0..MOST_IDENTITIES {
            buckets.take(&identity).unwrap();
        }
        assert!(buckets.take(&MOST_IDENTITIES).is_err());
        assert_eq!(buckets.0.len(), MOST_IDENTITIES);
    }

    #[test]
    fn keys_that_anyone_can_make_share_a_bucket_and_those_of_records_another() {
        let settings = Settings {
            registered_key: TWICE,
            subject_keys: TWICE,
            other_keys: TWICE,
            unsigned: TWICE,
            ..Settings::default()
        };
        let quotas = Quotas::new(&settings);
        for signer in [Signer::Other, Signer::Nobody, Signer::Subject] {
            for _ in 0..2 {
                quotas.submission(&signer).unwrap();
            }
            assert!(quotas.submission(&signer).is_err());
        }
        let key = PublicKey::of(&ed25519_dalek::SigningKey::from_bytes(&[7; 32]));
        quotas.submission(&Signer::Registered(key)).unwrap();
    }
}
