//! The most memory that this process held at once, as Linux counts it.

/// Begins a new measurement; whether the system can.
pub(super) fn reset_peak() -> bool {
    // 5 sets the peak back to what is held now; see proc(5).
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// Bytes held at most since the last reset, where the system says it.
pub(super) fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
