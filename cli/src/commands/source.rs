//! Sources: FHIR exports that commands read, within limits or without.

use std::path::Path;

use clap::Args;
use salus_datasets::fhir::{Import, ImportError, Limits, import};

use crate::failure::Failure;

/// How much a command reads.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(super) struct SizeArgs {
    /// Read the source however large it is. Without it, at most 64 GiB, unpacked, and 100 million
    /// resources and events, which are held in memory.
    #[arg(long)]
    any_size: bool,
}

impl SizeArgs {
    /// Reads a source.
    pub(super) fn import(self, path: &Path) -> Result<Import, Failure> {
        let limits = if self.any_size {
            Limits {
                total_bytes: u64::MAX,
                facts: u64::MAX,
                ..Limits::default()
            }
        } else {
            Limits::default()
        };
        import(path, &limits).map_err(|error| match error {
            ImportError::TooLarge { .. } => Failure::usage(
                error.to_string(),
                "import it in several parts, all of a patient in one of them, or add --any-size if \
                 there is memory for it",
            ),
            other => other.into(),
        })
    }
}
