//! What a process uses, as Linux counts it; elsewhere nothing is known.

use std::time::Duration;

/// Of `/proc/PID/stat`: Linux tells programs hundredths of a second, whatever it counts in.
const TICK: Duration = Duration::from_millis(10);

/// A process of this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process(u32);

impl Process {
    pub(super) const fn of(id: u32) -> Self {
        Self(id)
    }

    /// This one.
    pub(super) fn own() -> Self {
        Self(std::process::id())
    }

    /// Bytes of memory that it holds now.
    pub(super) fn resident_bytes(self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0)).ok()?;
        resident(&status)
    }

    /// The time that processors worked for it, of all its threads.
    pub(super) fn worked(self) -> Option<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0)).ok()?;
        worked(&stat)
    }
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn worked(stat: &str) -> Option<Duration> {
    // The second field is the program's name in parentheses, which may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(TICK * ticks()?.saturating_add(ticks()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn linux_says_it_in_these_places() {
        let status = "Name:\tsalus\nVmHWM:\t   90000 kB\nVmRSS:\t   80004 kB\n";
        assert_eq!(resident(status), Some(80_004 * 1024));
        assert_eq!(resident("Name:\tsalus\n"), None);
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 90 0 0 0 250 31 0 0 20 0 5 0 9 1 2";
        assert_eq!(worked(stat), Some(Duration::from_millis(2810)));
        assert_eq!(worked("7 (salus"), None);
    }
}
