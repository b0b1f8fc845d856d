//! Charts: a table's cells as bars, drawn on the node, with every number beside its bar.

/// A bar's greatest length, in units of the drawing.
const WIDTH: u64 = 400;

/// One cell of a table.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    /// What it counts.
    pub(crate) label: String,
    /// The count as it was released, or that it is not shown.
    pub(crate) count: String,
    /// Its length, of [`WIDTH`].
    pub(crate) length: u64,
    /// Whether the policy keeps the count back.
    pub(crate) hidden: bool,
}

/// Bars, scaled to the longest of them.
pub(crate) fn bars(cells: impl IntoIterator<Item = (String, Option<u32>)>) -> Vec<Bar> {
    let cells: Vec<_> = cells.into_iter().collect();
    let counts = cells.iter().filter_map(|(_, count)| *count);
    let most = u64::from(counts.max().unwrap_or(0).max(1));
    let bar = |(label, count): (String, Option<u32>)| Bar {
        label,
        count: count.map_or_else(|| "not shown".to_owned(), |count| count.to_string()),
        length: u64::from(count.unwrap_or(0)) * WIDTH / most,
        hidden: count.is_none(),
    };
    cells.into_iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_scaled_and_hidden_cells_have_none() {
        let cells = [
            ("a", Some(200)),
            ("b", Some(50)),
            ("c", None),
            ("d", Some(0)),
        ];
        let bars = bars(cells.map(|(label, count)| (label.to_owned(), count)));
        let lengths: Vec<_> = bars.iter().map(|bar| bar.length).collect();
        assert_eq!(lengths, [WIDTH, WIDTH / 4, 0, 0]);
        assert!(bars[2].hidden && bars[2].count == "not shown" && !bars[3].hidden);
    }
}
