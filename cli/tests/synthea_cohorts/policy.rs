//! The standard policy by hand: docs/spec/cohort.md, section "What is released".

use salus_protocol::release::Released;

/// A cell by itself: 1 to 10 are not shown, others to the nearest 5.
fn alone(count: u64) -> Released {
    match count {
        1..=10 => Released::Suppressed,
        _ => Released::Count(u32::try_from((count + 2) / 5 * 5).unwrap()),
    }
}

/// Cells that each stand by themselves.
pub(crate) fn each(counts: &[u64]) -> Vec<Released> {
    counts.iter().map(|count| alone(*count)).collect()
}

/// A total and the parts that it divides into. A small part is hidden among all that are no larger
/// than the smallest that is not small.
pub(crate) fn divided(counts: &[u64]) -> Vec<Released> {
    let mut shown = each(counts);
    if shown[1..].contains(&Released::Suppressed) {
        let shield = counts[1..].iter().filter(|count| **count > 10).min();
        for (shown, count) in shown.iter_mut().zip(counts).skip(1) {
            if shield.is_none_or(|shield| count <= shield) {
                *shown = Released::Suppressed;
            }
        }
    }
    shown
}
