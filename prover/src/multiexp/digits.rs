//! Scalars as signed digits, and the entries of a multi-exponentiation sorted by digit.

/// Bits of a scalar, with room for the carry of signed digits.
const SCALAR_BITS: usize = 255;

/// How scalars are cut into digits, and which digits share buckets.
///
/// Window w belongs to level w / `groups` and group w % `groups`. A table that holds 2^(bits·groups·level)·P
/// for every level lets all windows of one group share buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Windows {
    /// Bits of a digit, at most 15.
    pub(crate) bits: usize,
    /// Digits of a scalar.
    pub(crate) count: usize,
    /// Sets of buckets.
    pub(crate) groups: usize,
}

impl Windows {
    /// One set of buckets: every window has its level in the table.
    pub(crate) fn tabled(bits: usize) -> Self {
        Self {
            bits,
            count: SCALAR_BITS.div_ceil(bits),
            groups: 1,
        }
    }

    /// A table of one level, the points themselves: every window has its own buckets.
    pub(crate) fn plain(bits: usize) -> Self {
        let count = SCALAR_BITS.div_ceil(bits);
        Self {
            bits,
            count,
            groups: count,
        }
    }

    /// The cheapest windows for `count` bases with a table.
    pub(crate) fn tabled_for(count: usize) -> Self {
        Self::cheapest(count, Self::tabled)
    }

    /// The cheapest windows for `count` bases without a table.
    pub(crate) fn plain_for(count: usize) -> Self {
        Self::cheapest(count, Self::plain)
    }

    fn cheapest(count: usize, windows: impl Fn(usize) -> Self) -> Self {
        // An addition per digit, then two per bucket to weigh it.
        let cost = |w: &Self| count * w.count + 2 * w.groups * w.buckets();
        (2..=15)
            .map(windows)
            .min_by_key(cost)
            .unwrap_or(Self::tabled(13))
    }

    /// Levels of the table.
    pub(crate) fn levels(&self) -> usize {
        self.count.div_ceil(self.groups)
    }

    /// Buckets of one group: digits 1 to 2^(bits-1), by absolute value.
    pub(crate) fn buckets(&self) -> usize {
        1 << (self.bits - 1)
    }

    /// Digits of one canonical scalar, from least significant, each in -2^(bits-1) to 2^(bits-1).
    fn recode(&self, scalar: &[u64; 4], mut to: impl FnMut(usize, i32)) {
        let half = 1i32 << (self.bits - 1);
        let mut carry = 0;
        for window in 0..self.count {
            let at = window * self.bits;
            let (limb, shift) = (at / 64, at % 64);
            let mut bits = scalar.get(limb).map_or(0, |limb| limb >> shift);
            if shift + self.bits > 64 {
                bits |= scalar.get(limb + 1).map_or(0, |limb| limb << (64 - shift));
            }
            let mut digit = (bits & ((1 << self.bits) - 1)) as i32 + carry;
            carry = i32::from(digit > half);
            digit -= carry << self.bits;
            to(window, digit);
        }
    }
}

/// Digits of many scalars, scalar by scalar.
pub(crate) struct Digits {
    windows: Windows,
    digits: Vec<i16>,
}

impl Digits {
    /// Recodes scalars given as canonical integers, least significant limb first.
    pub(crate) fn of(windows: Windows, scalars: &[[u64; 4]]) -> Self {
        let mut digits = vec![0; scalars.len() * windows.count];
        for (scalar, row) in scalars.iter().zip(digits.chunks_exact_mut(windows.count)) {
            // |digit| is at most 2^14, as digits have at most 15 bits.
            windows.recode(scalar, |window, digit| row[window] = digit as i16);
        }
        Self { windows, digits }
    }

    /// How the digits were cut.
    pub(crate) fn windows(&self) -> Windows {
        self.windows
    }

    fn row(&self, scalar: usize) -> &[i16] {
        &self.digits[scalar * self.windows.count..(scalar + 1) * self.windows.count]
    }
}

/// The entries of one multi-exponentiation, sorted by bucket.
pub(crate) struct Entries {
    /// Twice the place in the table, plus one for a negative digit.
    pub(crate) entries: Vec<u32>,
    /// Entries of each bucket, group by group.
    pub(crate) lengths: Vec<u32>,
}

impl Entries {
    /// Sorts the digits of the scalars named in `scalars`; the n-th belongs to the n-th base. A
    /// table holds its first level's bases, then its second's, and so on.
    pub(crate) fn sort(digits: &Digits, scalars: &[u32]) -> Self {
        let windows = digits.windows;
        let mut lengths = vec![0u32; windows.groups * windows.buckets()];
        let bucket = |window: usize, digit: i16| {
            (window % windows.groups) * windows.buckets() + usize::from(digit.unsigned_abs()) - 1
        };
        for &scalar in scalars {
            for (window, &digit) in digits.row(scalar as usize).iter().enumerate() {
                if digit != 0 {
                    lengths[bucket(window, digit)] += 1;
                }
            }
        }
        let mut next = 0;
        let mut places: Vec<u32> = lengths
            .iter()
            .map(|length| {
                next += length;
                next - length
            })
            .collect();
        let mut entries = vec![0; next as usize];
        for (base, &scalar) in scalars.iter().enumerate() {
            for (window, &digit) in digits.row(scalar as usize).iter().enumerate() {
                if digit != 0 {
                    let place = &mut places[bucket(window, digit)];
                    let level = window / windows.groups;
                    let at = (level * scalars.len() + base) as u32;
                    entries[*place as usize] = at << 1 | u32::from(digit < 0);
                    *place += 1;
                }
            }
        }
        Self { entries, lengths }
    }

    /// Cuts the entries into at most `parts` pieces of about the same size, between buckets.
    pub(crate) fn cut(&self, parts: usize) -> Vec<(&[u32], &[u32])> {
        let mut pieces = Vec::with_capacity(parts);
        let (mut entries, mut lengths) = (&self.entries[..], &self.lengths[..]);
        for left in (2..=parts).rev() {
            let wanted = entries.len() / left;
            let (mut count, mut buckets) = (0, 0);
            while count < wanted {
                count += lengths[buckets] as usize;
                buckets += 1;
            }
            let (here, rest) = entries.split_at(count);
            let (runs, more) = lengths.split_at(buckets);
            pieces.push((here, runs));
            (entries, lengths) = (rest, more);
        }
        pieces.push((entries, lengths));
        pieces
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ark_bn254::Fr;
    use ark_ff::{AdditiveGroup, Field, PrimeField, UniformRand};

    use super::*;

    #[test]
    fn digits_add_up_to_their_scalar() {
        let rng = &mut ark_std::test_rng();
        let mut scalars: Vec<Fr> = (0..50).map(|_| Fr::rand(rng)).collect();
        scalars.extend([
            Fr::ZERO,
            Fr::ONE,
            -Fr::ONE,
            -Fr::from(2u8),
            Fr::from(u64::MAX),
        ]);
        scalars.extend((0..254).map(|bit| Fr::from(2u8).pow([bit])));
        scalars.extend((0..254).map(|bit| Fr::from(2u8).pow([bit]) - Fr::ONE));
        for bits in 2..=15 {
            let windows = Windows::tabled(bits);
            for scalar in &scalars {
                let mut sum = Fr::ZERO;
                windows.recode(&scalar.into_bigint().0, |window, digit| {
                    assert!(digit.unsigned_abs() as usize <= windows.buckets());
                    let magnitude = Fr::from(digit.unsigned_abs());
                    let signed = if digit < 0 { -magnitude } else { magnitude };
                    sum += signed * Fr::from(2u8).pow([(window * bits) as u64]);
                });
                assert_eq!(sum, *scalar);
            }
        }
    }

    #[test]
    fn entries_are_all_there_however_they_are_cut() {
        let rng = &mut ark_std::test_rng();
        let scalars: Vec<_> = (0..40).map(|_| Fr::rand(rng).into_bigint().0).collect();
        let digits = Digits::of(Windows::plain(7), &scalars);
        let entries = Entries::sort(&digits, &(0..40).collect::<Vec<_>>());
        for parts in 1..6 {
            let pieces = entries.cut(parts);
            let joined: Vec<u32> = pieces.iter().flat_map(|piece| piece.0.to_vec()).collect();
            let lengths: Vec<u32> = pieces.iter().flat_map(|piece| piece.1.to_vec()).collect();
            assert_eq!(
                (joined, lengths),
                (entries.entries.clone(), entries.lengths.clone())
            );
            for (entries, lengths) in pieces {
                assert_eq!(entries.len() as u32, lengths.iter().sum::<u32>());
            }
        }
    }
}
