//! The store of sessions: in memory, of a bounded number, without those that have expired.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tower_sessions::SessionStore;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// So many sessions at most. Sign-ins are allowed a rate at which those that were only begun do not
/// reach it.
const MOST: usize = 65_536;

/// Sessions by their ids. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct BoundedStore(Arc<Mutex<HashMap<Id, Record>>>);

impl BoundedStore {
    fn sessions(&self) -> MutexGuard<'_, HashMap<Id, Record>> {
        // Whoever panicked while it held the lock left whole records.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_active(record: &Record) -> bool {
    record.expiry_date > OffsetDateTime::now_utc()
}

#[async_trait]
impl SessionStore for BoundedStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let mut sessions = self.sessions();
        if sessions.len() >= MOST {
            sessions.retain(|_, one| is_active(one));
            if sessions.len() >= MOST {
                return Err(Error::Backend("there are too many sessions".to_owned()));
            }
        }
        while sessions.contains_key(&record.id) {
            record.id = Id::default();
        }
        sessions.insert(record.id, record.clone());
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        // Only a session that is there: one that was ended meanwhile stays ended.
        if let Some(kept) = self.sessions().get_mut(&record.id) {
            *kept = record.clone();
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let sessions = self.sessions();
        Ok(sessions.get(id).filter(|one| is_active(one)).cloned())
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.sessions().remove(id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tower_sessions::cookie::time::Duration;

    fn record(minutes: i64) -> Record {
        Record {
            id: Id::default(),
            data: HashMap::new(),
            expiry_date: OffsetDateTime::now_utc() + Duration::minutes(minutes),
        }
    }

    #[tokio::test]
    async fn a_full_store_forgets_what_has_expired_and_nothing_else() {
        let store = BoundedStore::default();
        let mut first = record(30);
        store.create(&mut first).await.unwrap();
        for _ in 1..MOST {
            store.create(&mut record(-1)).await.unwrap();
        }
        store.create(&mut record(30)).await.unwrap();
        assert_eq!(store.sessions().len(), 2);
        assert_eq!(store.load(&first.id).await.unwrap(), Some(first));
        for _ in 2..MOST {
            store.create(&mut record(30)).await.unwrap();
        }
        assert!(store.create(&mut record(30)).await.is_err());
    }

    #[tokio::test]
    async fn an_ended_session_is_not_saved_again() {
        let store = BoundedStore::default();
        let mut one = record(30);
        store.create(&mut one).await.unwrap();
        store.delete(&one.id).await.unwrap();
        store.save(&one).await.unwrap();
        assert_eq!(store.load(&one.id).await.unwrap(), None);
        let expired = record(-1);
        store.sessions().insert(expired.id, expired.clone());
        assert_eq!(store.load(&expired.id).await.unwrap(), None);
    }
}
