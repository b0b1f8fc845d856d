//! Numbers as 52-bit limbs, computed while compiling: the constants of the eight lanes.

/// The 52 bits of a limb.
pub(super) const LOW: u64 = (1 << 52) - 1;

/// Four 64-bit limbs as five of 52 bits.
pub(super) const fn split(limbs: [u64; 4]) -> [u64; 5] {
    [
        limbs[0] & LOW,
        (limbs[0] >> 52 | limbs[1] << 12) & LOW,
        (limbs[1] >> 40 | limbs[2] << 24) & LOW,
        (limbs[2] >> 28 | limbs[3] << 36) & LOW,
        limbs[3] >> 16,
    ]
}

/// 2·a mod q, for a < q < 2^255.
const fn double(a: [u64; 4], q: [u64; 4]) -> [u64; 4] {
    let twice = [
        a[0] << 1,
        a[1] << 1 | a[0] >> 63,
        a[2] << 1 | a[1] >> 63,
        a[3] << 1 | a[2] >> 63,
    ];
    let mut less = [0; 4];
    let mut borrow = false;
    let mut i = 0;
    while i < 4 {
        let (d, b0) = twice[i].overflowing_sub(q[i]);
        let (d, b1) = d.overflowing_sub(borrow as u64);
        less[i] = d;
        borrow = b0 | b1;
        i += 1;
    }
    if borrow { twice } else { less }
}

/// 2^`times`·a mod q.
pub(super) const fn shifted(mut a: [u64; 4], q: [u64; 4], times: usize) -> [u64; 4] {
    let mut i = 0;
    while i < times {
        a = double(a, q);
        i += 1;
    }
    a
}

/// k·q in 52-bit limbs.
pub(super) const fn multiple(q: [u64; 5], k: u64) -> [u64; 5] {
    let mut limbs = [0; 5];
    let mut carry = 0;
    let mut i = 0;
    while i < 5 {
        let v = q[i] * k + carry;
        limbs[i] = v & LOW;
        carry = v >> 52;
        i += 1;
    }
    limbs
}

/// -1/q mod 2^52, by Newton's iteration.
pub(super) const fn negative_inverse(q: u64) -> u64 {
    let mut inverse = 1u64;
    let mut i = 0;
    while i < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(q.wrapping_mul(inverse)));
        i += 1;
    }
    inverse.wrapping_neg() & LOW
}
