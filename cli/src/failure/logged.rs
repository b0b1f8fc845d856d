//! Failures as a service's log says them: what sort of thing failed and how. Never a name, an id, a
//! path or anything out of a file: a wallet's name may be a patient's.

use std::path::Path;

use salus_ledger::engine::LedgerError;

use super::Failure;

/// What to do about a file of a home: on a terminal it may be named.
const FIND: &str = "`salus home check` on this machine names the file";

impl Failure {
    /// What failed and how, without what could say whom or what it is about.
    pub(crate) fn logged(&self) -> String {
        match self {
            Self::File {
                action,
                path,
                source,
            } => format!("cannot {action} {}: {}; {FIND}", sort(path), source.kind()),
            Self::Malformed { what, .. } => format!("a file is not {what}; {FIND}"),
            Self::NoLedger { .. } => "there is no ledger in the home".to_owned(),
            Self::Exists { what, .. } => format!("there already is {what}"),
            Self::Ledger(error) => of_ledger(error).to_owned(),
            Self::Output(error) => format!("cannot write the output: {}", error.kind()),
            Self::Key(_) => "the verifying key is refused".to_owned(),
            Self::Profile(_) => "a profile is refused".to_owned(),
            Self::Import(_) => "an export can't be imported".to_owned(),
            Self::Derivation(_) => "no rows can be derived from an export".to_owned(),
            Self::Generator(_) => "no patients can be generated".to_owned(),
            Self::Randomness(_) => "the operating system gives no randomness".to_owned(),
            Self::Queue(_) => "the jobs' queue failed".to_owned(),
            Self::UnderLoad { .. } => "what was measured went wrong under load".to_owned(),
            Self::Stopped => "stopped between two steps".to_owned(),
            // The rest is told to whoever asked.
            Self::Unknown { .. }
            | Self::Rejected(_)
            | Self::Usage { .. }
            | Self::Query(_)
            | Self::NotPermitted { .. }
            | Self::NotEligible { .. }
            | Self::Invalid { .. }
            | Self::Verify(_) => "what was asked can't be done".to_owned(),
        }
    }
}

const fn of_ledger(error: &LedgerError) -> &'static str {
    match error {
        LedgerError::Missing { .. } => "there is no ledger",
        LedgerError::Locked => "the ledger is open in another process",
        LedgerError::DiskFull { .. } => "the disk that the ledger is on is full",
        LedgerError::Io { .. } => "the ledger's file can't be read or written",
        LedgerError::Store(_) | LedgerError::Failed => "the ledger's store failed",
        LedgerError::Damaged { .. } | LedgerError::Replay(_) | LedgerError::Checkpoint(_) => {
            "the ledger's file is damaged: see `salus ledger verify`"
        }
        LedgerError::ReadOnly => "the ledger was opened for reading",
        LedgerError::Replica(_) => "the node that is followed was not of use",
        LedgerError::Attachment(_) => "an attachment is missing or not what its digest says",
        _ => "the ledger failed: see `salus ledger verify`",
    }
}

/// What sort of file of a home this is, by the folders that it is in.
fn sort(path: &Path) -> &'static str {
    let mut parts = path.iter().rev().filter_map(|part| part.to_str());
    let known = |part: &str| {
        Some(match part {
            "wallet.json" | "wallets" => "a file of a wallet",
            "jobs" => "a file of a job",
            "issuer.json" | "issuers" => "a file of an issuer",
            "board.json" | "boards" => "a file of an ethics board",
            "sponsor.json" | "sponsors" => "a file of a sponsor",
            "studies" => "a study's short name",
            "governance" => "the governance key",
            "ledger" => "a file of the ledger",
            "keys" => "a file of the proving key",
            "replica" => "a file of the replica",
            _ => return None,
        })
    };
    parts.find_map(known).unwrap_or("a file")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io;
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_log_says_sort_and_kind_of_error_alone() {
        for (path, says) in [
            ("/srv/home/wallets/ada-byron/wallet.json", "of a wallet"),
            ("/srv/home/issuers/north/records.json", "of an issuer"),
            ("/srv/home/issuers/north/jobs/0a1b/job.json", "of a job"),
            ("/srv/home/studies/ada-byron.json", "short name"),
            ("/elsewhere/ada-byron", "a file"),
        ] {
            let denied = io::Error::new(io::ErrorKind::PermissionDenied, "ada-byron");
            let line = Failure::file("read", path)(denied).logged();
            assert!(line.contains(says), "{line}");
            assert!(line.contains("permission denied"), "{line}");
            for hidden in ["ada", "north", "0a1b", "srv", "elsewhere"] {
                assert!(!line.contains(hidden), "{line}");
            }
        }
        let damaged = Failure::Malformed {
            path: PathBuf::from("/srv/home/wallets/ada-byron/wallet.json"),
            what: "a wallet",
            problem: "unknown field `ada-byron`".to_owned(),
        };
        let line = damaged.logged();
        assert!(line.contains("a file is not a wallet"), "{line}");
        assert!(!line.contains("ada") && !line.contains("srv"), "{line}");
    }
}
