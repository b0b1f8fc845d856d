//! `salus ledger follow`: begin a checked copy of the ledger that a node keeps.

use std::io;

use clap::Args;
use salus_ledger::engine::{Anchor, LedgerError, claimed};
use salus_protocol::nullifier::LedgerId;
use serde::Serialize;

use crate::commands::Context;
use crate::failure::Failure;
use crate::home::Followed;
use crate::node::{Client, NodeAddress};
use crate::output::{Report, counted};

/// Which ledger, and where.
///
/// The node is not believed, also not about which ledger it keeps: its operator tells you the
/// ledger's id or its checkpoint key by another way, such as a letter or a web page of its own.
/// Without either, this shows what the node claims, and does no more.
#[derive(Debug, Args)]
pub(crate) struct FollowArgs {
    /// The node's address.
    #[arg(value_name = "URL")]
    address: NodeAddress,
    /// The ledger's id, 64 hexadecimal digits.
    #[arg(long, value_name = "ID", conflicts_with = "checkpoint_key")]
    ledger: Option<LedgerId>,
    /// The ledger's checkpoint key as signed-note's tools write it: name+number+key.
    #[arg(long, value_name = "KEY")]
    checkpoint_key: Option<String>,
}

#[derive(Debug, Serialize)]
struct Following {
    node: String,
    name: String,
    ledger: String,
    checkpoint_key: String,
    entries: u64,
    height: u64,
}

impl Report for Following {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "following {} ({})\nat        {}\nhere      {}, height {}: every signature, proof, rule \
             and root holds",
            self.name,
            self.ledger,
            self.node,
            counted(self.entries, "entry", "entries"),
            self.height
        )
    }
}

pub(super) fn run(context: &Context, args: &FollowArgs) -> Result<(), Failure> {
    context.home.refuse_node("salus ledger follow")?;
    context.warn_of_open_line(&args.address);
    let known = context.home.known_anchor()?;
    let anchor = match (&args.ledger, &args.checkpoint_key) {
        (Some(id), _) => Anchor::Id(*id),
        (None, Some(key)) => Anchor::CheckpointKey(key.clone()),
        (None, None) => known.ok_or_else(|| not_said_which(&args.address))?,
    };
    let bar = context.output.bar("copying and checking entries", 0);
    let replica = context
        .home
        .replicate(args.address.clone(), &anchor, &|here, all| {
            bar.set_length(all);
            bar.set_position(here);
        })?;
    bar.finish_and_clear();
    let state = replica.state()?;
    context.home.put_followed(&Followed {
        node: args.address.clone(),
        ledger: state.id(),
    })?;
    context.output.show(&Following {
        node: args.address.to_string(),
        name: state.genesis().name.to_string(),
        ledger: state.id().to_string(),
        checkpoint_key: state.checkpoint_key().to_string(),
        entries: state.entries(),
        height: state.height(),
    })
}

/// Shows what a node claims, for its user to compare with what the operator says.
fn not_said_which(node: &NodeAddress) -> Failure {
    let claim = || Ok(claimed(&Client::new(node.clone())?)?);
    let state: Result<_, LedgerError> = claim();
    match state {
        Err(error) => error.into(),
        Ok(state) => Failure::usage(
            format!(
                "say which ledger you mean. {node} claims to keep {} with id {} and checkpoint key {}",
                state.genesis().name,
                state.id(),
                state.checkpoint_key()
            ),
            format!(
                "a node can claim anything: compare this with what the ledger's operator told you by \
                 another way, then run `salus ledger follow {node} --ledger ID` with the id from there"
            ),
        ),
    }
}
