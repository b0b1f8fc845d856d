//! What a command prints: its result for people or as JSON on standard output, progress and notes
//! on standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::failure::Failure;

/// A command's result. As JSON it is what its fields say; for people it is this text.
pub(crate) trait Report: Serialize {
    /// Writes the result for people.
    fn write(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// Where and how a command prints.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    pub(crate) const fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// Prints a result.
    pub(crate) fn show(self, report: &impl Report) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        let written = if self.json {
            serde_json::to_writer_pretty(&mut out, report)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(out))
        } else {
            report.write(&mut out)
        };
        match written.and_then(|()| out.flush()) {
            // Whoever reads may stop early, as `head` does.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    /// Says something beside the result.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            anstream::eprintln!("{text}");
        }
    }

    /// A bar over `total` things; hidden unless standard error is a terminal.
    pub(crate) fn bar(self, what: &str, total: usize) -> ProgressBar {
        if self.quiet || self.json || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("  {msg:<28} {bar:30} {pos}/{len} {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(total as u64).with_style(style);
        bar.set_message(what.to_owned());
        bar
    }

    /// A spinner for work of unknown length; hidden unless standard error is a terminal.
    pub(crate) fn spinner(self, what: &str) -> ProgressBar {
        if self.quiet || self.json || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let spinner = ProgressBar::new_spinner();
        spinner.set_message(what.to_owned());
        spinner.enable_steady_tick(Duration::from_millis(120));
        spinner
    }
}

/// A plain table with these headings.
pub(crate) fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(headings.to_vec());
    table
}

/// A duration as people read it.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        s if s >= 1.0 => format!("{s:.1} s"),
        s if s >= 0.001 => format!("{:.1} ms", s * 1e3),
        s => format!("{:.0} us", s * 1e6),
    }
}

/// A count with its noun: `1 entry`, `2 entries`.
pub(crate) fn counted<N>(count: N, one: &str, many: &str) -> String
where
    N: Display + PartialEq + From<u8>,
{
    let noun = if count == N::from(1) { one } else { many };
    format!("{count} {noun}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_the_rest_is_plural() {
        let entries = |count: u64| counted(count, "entry", "entries");
        assert_eq!(
            [0, 1, 2].map(entries),
            ["0 entries", "1 entry", "2 entries"]
        );
    }
}
