//! Tiles: the log as files in the layout of C2SP tlog-tiles, for any static web server.

use thiserror::Error;
use tlog_tiles::tile::Tile;

use super::tree::LogTree;

/// Levels of the tree in one tile, fixed by C2SP.
const TILE_HEIGHT: u8 = 8;
/// Entries in a full bundle.
const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;

/// Why tiles can't be made.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum TileError {
    /// An entry is missing or longer than a bundle's 16-bit length allows.
    #[error("entry {index} of the log is missing or too long for a tile")]
    Entry {
        /// The entry's index.
        index: u64,
    },
    /// A hash is missing.
    #[error("tile {path} needs a hash that the log does not have")]
    Hash {
        /// The tile's path.
        path: String,
    },
}

/// One file of the tiled log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileFile {
    /// Its path below the log's address, such as `tile/0/000.p/5` or `tile/entries/000.p/5`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl LogTree {
    /// Every tile of the log: hash tiles and entry bundles, partial ones at the right edge.
    ///
    /// `entry` gives the bytes of the entry at an index.
    ///
    /// # Errors
    /// [`TileError`] when `entry` lacks one or gives one that is too long.
    pub fn tiles(
        &self,
        entry: impl Fn(u64) -> Option<Vec<u8>>,
    ) -> Result<Vec<TileFile>, TileError> {
        let mut files = Vec::new();
        for tile in Tile::new_tiles(TILE_HEIGHT, 0, self.size()) {
            let path = c2sp_path(&tile.level().to_string(), tile.level_index(), tile.width());
            let bytes = tile
                .read_data(self)
                .map_err(|_| TileError::Hash { path: path.clone() })?;
            files.push(TileFile { path, bytes });
        }
        let mut first = 0;
        while first < self.size() {
            let end = self.size().min(first + TILE_WIDTH);
            let mut bytes = Vec::new();
            for index in first..end {
                let data = entry(index).ok_or(TileError::Entry { index })?;
                let length = u16::try_from(data.len()).map_err(|_| TileError::Entry { index })?;
                bytes.extend(length.to_be_bytes());
                bytes.extend(data);
            }
            let width = u32::try_from(end - first).unwrap_or(u32::MAX);
            let path = c2sp_path("entries", first / TILE_WIDTH, width);
            files.push(TileFile { path, bytes });
            first = end;
        }
        Ok(files)
    }
}

/// `tile/<level>/<number>[.p/<width>]`, the number in groups of three digits, all but the last
/// group with an `x` before it. C2SP's paths, unlike Go's, do not name the tile height.
fn c2sp_path(level: &str, number: u64, width: u32) -> String {
    let mut text = format!("{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        text = format!("x{:03}/{text}", rest % 1000);
        rest /= 1000;
    }
    let partial = if u64::from(width) == TILE_WIDTH {
        String::new()
    } else {
        format!(".p/{width}")
    };
    format!("tile/{level}/{text}{partial}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::log::LogHash;

    #[test]
    fn paths_are_those_of_c2sp() {
        assert_eq!(c2sp_path("0", 5, 256), "tile/0/005");
        assert_eq!(c2sp_path("1", 1_234_067, 256), "tile/1/x001/x234/067");
        assert_eq!(c2sp_path("entries", 0, 5), "tile/entries/000.p/5");
    }

    #[test]
    fn tiles_hold_leaf_hashes_and_entries() {
        let entries: Vec<Vec<u8>> = (0..600u32).map(|i| i.to_be_bytes().to_vec()).collect();
        let mut tree = LogTree::new();
        entries.iter().for_each(|e| tree.append(e));
        let files = tree
            .tiles(|i| entries.get(usize::try_from(i).unwrap()).cloned())
            .unwrap();
        let find = |path: &str| &files.iter().find(|f| f.path == path).unwrap().bytes;
        let leaves = find("tile/0/001");
        assert_eq!(leaves.len(), 256 * 32);
        assert_eq!(
            leaves[..32],
            LogHash::of_entry(&entries[256]).as_bytes()[..]
        );
        assert_eq!(find("tile/0/002.p/88").len(), 88 * 32);
        assert_eq!(find("tile/1/000.p/2").len(), 64);
        let bundle = find("tile/entries/002.p/88");
        assert_eq!(bundle.len(), 88 * 6);
        assert_eq!(bundle[..6], [0, 4, 0, 0, 2, 0]);
        assert_eq!(files.len(), 7);
    }
}
