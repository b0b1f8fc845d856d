//! Heads: the registry's root after each height, as the state machine makes and checks them.

use thiserror::Error;

use super::State;
use crate::log::RegistryHead;

/// Why a head in a log is not the one that follows from the entries before it.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum HeadError {
    /// A head after no transactions.
    #[error("the head of height {height} follows no transactions")]
    Empty {
        /// The height it would have.
        height: u64,
    },
    /// Another head.
    #[error(
        "the head of height {} does not follow from the entries before it: \
         the log was not made by these rules", expected.height
    )]
    Differs {
        /// The head that follows.
        expected: Box<RegistryHead>,
        /// The head found.
        found: Box<RegistryHead>,
    },
    /// The last root is not that of the registry.
    #[error(
        "the registry rebuilt from the log does not have the root of height {height}: \
         the log was not made by these rules"
    )]
    Root {
        /// The height.
        height: u64,
    },
}

impl State {
    /// Ends the open height: hashes the registry and gives the head to put into the log. None
    /// when the height has no transactions.
    #[must_use]
    pub fn seal(&mut self) -> Option<RegistryHead> {
        if self.entries == self.first {
            return None;
        }
        self.hash_registry();
        let head = self.expected_head();
        self.adopt(head);
        Some(head)
    }

    /// Ends the open height with a head found in a log, which must be the one that follows.
    ///
    /// # Errors
    /// [`HeadError`] when it is not.
    pub fn check_head(&mut self, found: &RegistryHead) -> Result<(), HeadError> {
        if self.entries == self.first {
            return Err(HeadError::Empty {
                height: self.height() + 1,
            });
        }
        self.hash_registry();
        let expected = self.expected_head();
        if expected != *found {
            return Err(HeadError::Differs {
                expected: Box::new(expected),
                found: Box::new(*found),
            });
        }
        self.adopt(expected);
        Ok(())
    }

    /// Like [`Self::check_head`] for entries that a checkpoint of this ledger's own key covers:
    /// everything but the root is compared, and the root by [`Self::settle`] at the end, so the
    /// registry is hashed once instead of at each height.
    pub(crate) fn follow_head(&mut self, found: &RegistryHead) -> Result<(), HeadError> {
        if self.entries == self.first {
            return Err(HeadError::Empty {
                height: self.height() + 1,
            });
        }
        let expected = RegistryHead {
            root: found.root,
            ..self.expected_head()
        };
        if expected != *found {
            return Err(HeadError::Differs {
                expected: Box::new(expected),
                found: Box::new(*found),
            });
        }
        self.adopt(expected);
        Ok(())
    }

    /// Hashes the registry after heads that were followed, and compares its root with the last.
    pub(crate) fn settle(&mut self) -> Result<(), HeadError> {
        let open = self.entries > self.first;
        if open {
            // Followed entries end with a head, so this is a log cut within a height: what is
            // pending belongs to no head yet.
            return Err(HeadError::Root {
                height: self.height() + 1,
            });
        }
        self.hash_registry();
        match self.latest_head() {
            Some(head) if head.root != self.registry.root() => Err(HeadError::Root {
                height: head.height,
            }),
            _ => Ok(()),
        }
    }

    fn hash_registry(&mut self) {
        let changes: Vec<_> = std::mem::take(&mut self.pending).into_iter().collect();
        self.registry
            .set_many(&changes)
            .expect("records are numbered without gaps and below the registry's capacity");
    }

    fn expected_head(&self) -> RegistryHead {
        RegistryHead {
            height: self.height() + 1,
            first: self.first,
            root: self.registry.root(),
            day: self.day,
            revised: self.revised,
        }
    }

    fn adopt(&mut self, head: RegistryHead) {
        self.heads.push((self.entries, head));
        self.roots.insert(head.root, head.height);
        self.entries += 1;
        self.first = self.entries;
        self.answered = false;
    }
}
