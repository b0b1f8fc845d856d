//! Places for uploads: a few for each custodian, of more for all of them, so that nobody's slow line
//! keeps others waiting.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::home::Name;

/// So many uploads are received at once.
const MOST: usize = 16;
/// So many of them are one custodian's.
const MOST_OF_ONE: usize = 2;

/// Uploads that are being received, by custodian. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(Arc<Mutex<BTreeMap<Name, usize>>>);

/// A place, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    of: Name,
    places: Places,
}

impl Places {
    fn taken(&self) -> MutexGuard<'_, BTreeMap<Name, usize>> {
        // Whoever panicked while it held the lock left whole numbers.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a custodian's upload; none where there are as many as may be.
    pub(super) fn take(&self, custodian: &Name) -> Option<Place> {
        let mut taken = self.taken();
        let own = taken.get(custodian).copied().unwrap_or_default();
        if own >= MOST_OF_ONE || taken.values().sum::<usize>() >= MOST {
            return None;
        }
        taken.insert(custodian.clone(), own + 1);
        Some(Place {
            of: custodian.clone(),
            places: self.clone(),
        })
    }

    /// How many a custodian has taken.
    pub(super) fn taken_by(&self, custodian: &Name) -> usize {
        self.taken().get(custodian).copied().unwrap_or_default()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        match taken.get_mut(&self.of) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                taken.remove(&self.of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn nobody_takes_the_places_of_others_and_what_is_given_back_is_free() {
        let places = Places::default();
        let name = |number: usize| format!("hospital-{number}").parse::<Name>().unwrap();
        let mut held = vec![
            places.take(&name(0)).unwrap(),
            places.take(&name(0)).unwrap(),
        ];
        assert!(places.take(&name(0)).is_none());
        assert_eq!(places.taken_by(&name(0)), 2);
        held.extend((1..=MOST - 2).map(|number| places.take(&name(number)).unwrap()));
        assert!(places.take(&name(MOST)).is_none(), "all of them are taken");
        held.remove(0);
        assert_eq!(places.taken_by(&name(0)), 1);
        held.push(places.take(&name(MOST)).unwrap());
        drop(held);
        assert!(places.taken().is_empty());
    }
}
