//! Tiles: the log as C2SP tlog-tiles has it, made one by one as they are asked for.
//!
//! A hash tile holds roots of complete subtrees. Each is a node of some consistency proof, which the
//! ledger makes from its tree at once, so no tile needs more than the log's own answers.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use salus_ledger::engine::{Ledger, LedgerError};
use salus_ledger::log::LogHash;

use crate::node::Node;
use crate::problem::Problem;
use crate::request::Segment;

/// Hashes or entries of a full tile.
const WIDTH: u64 = 256;
/// Levels that a log below 2^48 entries can have.
const LEVELS: u32 = 6;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Roots of subtrees of 256^level entries.
    Hashes { level: u32 },
    /// Entries, each after its length.
    Entries,
}

/// A tile's name, as its path below `/tile/` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Name {
    kind: Kind,
    number: u64,
    width: u64,
}

impl Name {
    /// Reads `<level>/<number>[.p/<width>]`, as C2SP writes it and not otherwise.
    fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.split_once('/')?;
        let kind = match level {
            "entries" => Kind::Entries,
            level => Kind::Hashes {
                level: plain(level).filter(|level| *level < u64::from(LEVELS))? as u32,
            },
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => {
                let width = plain(width).filter(|width| (1..WIDTH).contains(width))?;
                (number, width)
            }
            None => (rest, WIDTH),
        };
        let number = grouped(number)?;
        Some(Self {
            kind,
            number,
            width,
        })
    }

    fn is_full(self) -> bool {
        self.width == WIDTH
    }
}

/// A decimal number without leading zeros.
fn plain(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.parse().ok()
}

/// A number in groups of three digits, all but the last after an `x`, none of them idle.
fn grouped(text: &str) -> Option<u64> {
    let groups: Vec<&str> = text.split('/').collect();
    let (last, first) = groups.split_last()?;
    let mut number = 0u64;
    let bare = first.iter().map(|group| group.strip_prefix('x'));
    for group in bare.chain([Some(*last)]) {
        let group = group.filter(|g| g.len() == 3 && g.bytes().all(|b| b.is_ascii_digit()))?;
        let value: u64 = group.parse().ok()?;
        number = number.checked_mul(1000)?.checked_add(value)?;
    }
    let idle = first.first() == Some(&"x000");
    (!idle && number < 1 << 40).then_some(number)
}

/// Proofs that a tile's hashes are taken from.
trait Proofs {
    fn size(&self) -> Result<u64, LedgerError>;
    fn inclusion(&self, index: u64, size: u64) -> Result<Vec<LogHash>, LedgerError>;
    fn consistency(&self, old: u64, new: u64) -> Result<Vec<LogHash>, LedgerError>;
    fn root(&self) -> Result<LogHash, LedgerError>;
}

impl Proofs for Ledger {
    fn size(&self) -> Result<u64, LedgerError> {
        Ok(self.log_head()?.size)
    }
    fn inclusion(&self, index: u64, size: u64) -> Result<Vec<LogHash>, LedgerError> {
        Ok(Self::inclusion(self, index, size)?.path)
    }
    fn consistency(&self, old: u64, new: u64) -> Result<Vec<LogHash>, LedgerError> {
        Ok(Self::consistency(self, old, new)?.path)
    }
    fn root(&self) -> Result<LogHash, LedgerError> {
        Ok(self.log_head()?.root)
    }
}

/// The root of the complete subtree of `span` entries (a power of two) with this number.
fn subtree(log: &impl Proofs, number: u64, span: u64) -> Result<Option<LogHash>, LedgerError> {
    let (first, end) = (number * span, (number + 1) * span);
    if first > 0 {
        // From the log before the subtree to the log with it: where the older log is one complete
        // tree, its root is known and left out; else the proof begins with the older log's last
        // complete subtree. The subtree comes next.
        let path = log.consistency(first, end)?;
        return Ok(path.get(usize::from(!first.is_power_of_two())).copied());
    }
    if log.size()? > end {
        // The entry after the subtree has the subtree as its only sibling.
        return Ok(log.inclusion(end, end + 1)?.first().copied());
    }
    // The subtree is the whole log, unless that just grew.
    let root = log.root()?;
    if log.size()? == end {
        return Ok(Some(root));
    }
    Ok(log.inclusion(end, end + 1)?.first().copied())
}

/// The bytes of a tile; none when the log does not reach that far.
fn read(ledger: &Ledger, name: Name) -> Result<Option<Vec<u8>>, Problem> {
    let first = name.number * WIDTH;
    let numbers = first..first + name.width;
    let mut bytes = Vec::new();
    match name.kind {
        Kind::Hashes { level } => {
            let span = WIDTH.pow(level);
            // Level and number are bounded, so only the product can be too large for any log.
            let end = numbers.end.checked_mul(span);
            if end.is_none_or(|end| Proofs::size(ledger).is_ok_and(|size| end > size)) {
                return Ok(None);
            }
            for number in numbers {
                let Some(hash) = subtree(ledger, number, span)? else {
                    return Err(Problem::internal("a subtree is in no proof"));
                };
                bytes.extend_from_slice(hash.as_bytes());
            }
        }
        Kind::Entries => {
            if numbers.end > Proofs::size(ledger)? {
                return Ok(None);
            }
            for index in numbers {
                let entry = ledger.entry(index)?;
                let length = u16::try_from(entry.len());
                let length = length.map_err(|_| Problem::internal("an entry is too long"))?;
                bytes.extend_from_slice(&length.to_be_bytes());
                bytes.extend_from_slice(&entry);
            }
        }
    }
    Ok(Some(bytes))
}

/// One tile. A full one never changes.
pub(super) async fn tile(
    State(node): State<Node>,
    Segment(path): Segment,
) -> Result<impl IntoResponse, Problem> {
    let missing = || Problem::not_found("the log has no such tile");
    let name = Name::parse(&path).ok_or_else(missing)?;
    let bytes = node.read(move |ledger| read(ledger, name)).await?;
    let age = if name.is_full() {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [
        (CONTENT_TYPE, "application/octet-stream"),
        (CACHE_CONTROL, age),
    ];
    Ok((headers, bytes.ok_or_else(missing)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use salus_ledger::log::LogTree;

    impl Proofs for LogTree {
        fn size(&self) -> Result<u64, LedgerError> {
            Ok(Self::size(self))
        }
        fn inclusion(&self, index: u64, size: u64) -> Result<Vec<LogHash>, LedgerError> {
            Ok(Self::inclusion(self, index, size)?.path)
        }
        fn consistency(&self, old: u64, new: u64) -> Result<Vec<LogHash>, LedgerError> {
            Ok(Self::consistency(self, old, new)?.path)
        }
        fn root(&self) -> Result<LogHash, LedgerError> {
            Ok(Self::root(self))
        }
    }

    #[test]
    fn subtrees_are_those_of_the_tree_at_every_size() {
        let mut tree = LogTree::new();
        for size in 1..=130u64 {
            tree.append(&size.to_be_bytes());
            for span in [1u64, 2, 4, 8, 16, 32, 64, 128] {
                for number in 0..size / span {
                    let mut alone = LogTree::new();
                    let entries = number * span + 1..=(number + 1) * span;
                    entries.for_each(|entry| alone.append(&entry.to_be_bytes()));
                    let found = subtree(&tree, number, span).unwrap();
                    assert_eq!(found, Some(alone.root()), "{size} {span} {number}");
                }
            }
        }
    }

    #[test]
    fn names_are_written_in_one_way() {
        let hashes = |level, number, width| {
            let kind = Kind::Hashes { level };
            Some(Name {
                kind,
                number,
                width,
            })
        };
        assert_eq!(Name::parse("0/005"), hashes(0, 5, 256));
        assert_eq!(Name::parse("1/x001/x234/067.p/9"), hashes(1, 1_234_067, 9));
        assert_eq!(
            Name::parse("entries/000.p/255").map(|name| name.kind),
            Some(Kind::Entries)
        );
        for wrong in [
            "",
            "0",
            "0/",
            "0/5",
            "0/0005",
            "00/005",
            "6/000",
            "-1/000",
            "0/x000/005",
            "0/x001/5",
            "0/001/005",
            "0/x001",
            "0/005.p/0",
            "0/005.p/256",
            "0/005.p/01",
            "0/005.p",
            "0/+05",
            "data/000",
            "0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(Name::parse(wrong), None, "{wrong}");
        }
    }
}
