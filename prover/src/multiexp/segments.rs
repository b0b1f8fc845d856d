//! Sums of runs of points, many runs at once.
//!
//! Each round adds neighbours within every run, so all additions of a round are independent of each
//! other and share inversions, however few or many points a run has.

use ark_ec::short_weierstrass::SWCurveConfig;

use super::additions::{Adder, Addition};
use super::lanes::Lanes;

/// Sums runs of entries over `table`; an entry is twice a place in the table, plus one where the point
/// is to be negated. `lengths` says how many entries each
/// run has, one run after the other. The sum of an empty run is `infinity`.
pub(crate) fn sum_runs<L, P>(
    adder: &mut Adder<L, P>,
    table: &[L::Point],
    entries: &[u32],
    lengths: &[u32],
    infinity: L::Point,
) -> Vec<L::Point>
where
    L: Lanes<Field = P::BaseField>,
    P: SWCurveConfig,
{
    let room = lengths
        .iter()
        .map(|length| length.div_ceil(2) as usize)
        .sum();
    let mut sums = vec![infinity; room];
    first_round(adder, table, entries, lengths, &mut sums);
    let mut additions = Vec::new();
    let mut stride = 1;
    loop {
        additions.clear();
        let mut start = 0;
        for length in lengths {
            let end = start + length.div_ceil(2);
            let pairs = (start..end)
                .step_by(2 * stride as usize)
                .map(|left| (left, left + stride));
            let additions_of_run =
                pairs
                    .take_while(|&(_, right)| right < end)
                    .map(|(left, right)| Addition {
                        left,
                        right,
                        to: left,
                    });
            additions.extend(additions_of_run);
            start = end;
        }
        if additions.is_empty() {
            break;
        }
        adder.add_in_place(&additions, &mut sums);
        stride *= 2;
    }
    let mut start = 0;
    let first_of_run = |length: &u32| {
        let sum = if *length == 0 {
            infinity
        } else {
            sums[start as usize]
        };
        start += length.div_ceil(2);
        sum
    };
    lengths.iter().map(first_of_run).collect()
}

/// Adds pairs of entries into `sums`; an entry without a partner goes in as it is.
fn first_round<L, P>(
    adder: &mut Adder<L, P>,
    table: &[L::Point],
    entries: &[u32],
    lengths: &[u32],
    sums: &mut [L::Point],
) where
    L: Lanes<Field = P::BaseField>,
    P: SWCurveConfig,
{
    let mut additions = Vec::with_capacity(entries.len() / 2);
    let (mut from, mut to) = (0, 0);
    for &length in lengths {
        let run = &entries[from..from + length as usize];
        let pairs = run.chunks_exact(2);
        let single = pairs.remainder();
        for pair in pairs {
            additions.push(Addition {
                left: pair[0],
                right: pair[1],
                to,
            });
            to += 1;
        }
        for &entry in single {
            let point = table[(entry >> 1) as usize];
            sums[to as usize] = if entry & 1 == 0 {
                point
            } else {
                let (x, y) = L::coordinates(&point);
                L::point(x, -y)
            };
            to += 1;
        }
        from += length as usize;
    }
    adder.add_from_table(table, &additions, sums);
}
