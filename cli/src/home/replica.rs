//! The home's replica: a copy of a ledger that a node keeps, every entry of it checked here.
//!
//! Which ledger is meant is kept beside it, and never taken from the node.

use salus_ledger::engine::{Anchor, Ledger};
use salus_ledger::inbox::InboxRequest;
use salus_protocol::nullifier::{LedgerId, StudyId};
use serde::{Deserialize, Serialize};

use super::{Home, Sponsor};
use crate::failure::Failure;
use crate::node::{Client, NodeAddress};

const FOLDER: &str = "replica";
const FILE: &str = "ledger.redb";
const FOLLOWED: &str = "followed.json";

/// Which ledger a home follows, and where.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Followed {
    /// The node that is asked, unless a command names another.
    pub(crate) node: NodeAddress,
    /// The ledger that is meant.
    pub(crate) ledger: LedgerId,
}

impl Home {
    /// The same home, with commands that ask this node.
    pub(crate) fn at_node(mut self, node: Option<NodeAddress>) -> Self {
        self.node = node;
        self
    }

    /// What this home follows, if anything.
    pub(crate) fn followed(&self) -> Result<Option<Followed>, Failure> {
        let path = self.path(&[FOLDER, FOLLOWED]);
        super::file::read_json(&path, "the ledger that is followed")
    }

    /// Remembers what to follow.
    pub(crate) fn put_followed(&self, followed: &Followed) -> Result<(), Failure> {
        self.write(&[FOLDER, FOLLOWED], followed, false)
    }

    /// The node that commands ask: the one named, else the one followed, if this home keeps no
    /// ledger of its own.
    pub(crate) fn asked_node(&self) -> Result<Option<NodeAddress>, Failure> {
        if self.node.is_some() || self.ledger_path().exists() {
            return Ok(self.node.clone());
        }
        Ok(self.followed()?.map(|followed| followed.node))
    }

    /// Refuses to go on where a node was named for something that only the ledger's keeper does.
    pub(crate) fn refuse_node(&self, what: &str) -> Result<(), Failure> {
        match &self.node {
            None => Ok(()),
            Some(node) => Err(Failure::usage(
                format!("`{what}` is about this home's own ledger, not about the node at {node}"),
                "leave out --node, and unset SALUS_NODE",
            )),
        }
    }

    /// The replica, up to date with the node.
    pub(super) fn replica(&self, node: NodeAddress) -> Result<Ledger, Failure> {
        let anchor = self.known_anchor()?.ok_or_else(|| {
            Failure::usage(
                format!("{} follows no ledger yet", self.root().display()),
                format!("`salus ledger follow {node}` says how to begin"),
            )
        })?;
        self.replicate(node, &anchor, &|_, _| ())
    }

    /// The replica of the ledger that is meant, brought up to date with a node. `progress` is told
    /// how many entries are here of how many.
    pub(crate) fn replicate(
        &self,
        node: NodeAddress,
        anchor: &Anchor,
        progress: &dyn Fn(u64, u64),
    ) -> Result<Ledger, Failure> {
        let path = self.path(&[FOLDER, FILE]);
        let folder = self.path(&[FOLDER]);
        std::fs::create_dir_all(&folder).map_err(Failure::file("make", &folder))?;
        let client = Client::new(node).map_err(salus_ledger::engine::LedgerError::from)?;
        let replica = Ledger::replicate(&path, anchor, Box::new(client))?;
        replica.sync(progress)?;
        self.see(&replica)?;
        Ok(replica)
    }

    /// By what this home knows its ledger: what it was told to follow, or its own checkpoint key.
    pub(crate) fn known_anchor(&self) -> Result<Option<Anchor>, Failure> {
        if let Some(followed) = self.followed()? {
            return Ok(Some(Anchor::Id(followed.ledger)));
        }
        let operator = self.find_operator()?;
        Ok(operator.map(|operator| Anchor::Operator(operator.key.public())))
    }

    /// Fetches the sealed contacts of a study from the node that this home asks, if it asks one, and
    /// keeps those that answers bind.
    pub(crate) fn fetch_contacts(
        &self,
        ledger: &Ledger,
        study: &StudyId,
        sponsor: &Sponsor,
    ) -> Result<(), Failure> {
        let Some(node) = self.asked_node()? else {
            return Ok(());
        };
        let id = ledger.state()?.id();
        let now = jiff::Timestamp::now().as_second();
        let now = u64::try_from(now).unwrap_or_default();
        let request = InboxRequest::sign(&id, study, now, sponsor.key.key());
        let client = Client::new(node).map_err(salus_ledger::engine::LedgerError::from)?;
        let contacts = client.contacts(study, &request);
        for sealed in contacts.map_err(salus_ledger::engine::LedgerError::from)? {
            ledger.keep_contact(&sealed)?;
        }
        Ok(())
    }
}
