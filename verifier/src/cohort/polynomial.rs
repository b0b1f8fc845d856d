//! Multilinear and univariate polynomials over Vesta's scalar field, as far as both sides need them.

use pasta_curves::Fp;
use pasta_curves::group::ff::Field;

/// eq(point, i) for every corner i; the point's first coordinate belongs to i's lowest bit.
#[must_use]
pub fn eq_table(point: &[Fp]) -> Vec<Fp> {
    let mut table = Vec::with_capacity(1 << point.len());
    table.push(Fp::one());
    for coordinate in point {
        let half = table.len();
        for corner in 0..half {
            let high = table[corner] * coordinate;
            table.push(high);
            table[corner] -= high;
        }
    }
    table
}

/// eq of two points of the same length.
#[must_use]
pub fn eq(a: &[Fp], b: &[Fp]) -> Fp {
    a.iter()
        .zip(b)
        .map(|(a, b)| a * b + (Fp::one() - a) * (Fp::one() - b))
        .product()
}

/// 1, base, base², ...
#[must_use]
pub fn powers(base: Fp, count: usize) -> Vec<Fp> {
    std::iter::successors(Some(Fp::one()), |power| Some(power * base))
        .take(count)
        .collect()
}

/// The value at `x` of the polynomial of least degree with `values[t]` at t = 0, 1, 2, ...
#[must_use]
pub fn interpolate(values: &[Fp], x: Fp) -> Fp {
    let nodes: Vec<Fp> = (0..values.len() as u64).map(Fp::from).collect();
    let mut sum = Fp::zero();
    for (i, value) in values.iter().enumerate() {
        let (mut numerator, mut denominator) = (Fp::one(), Fp::one());
        for (j, node) in nodes.iter().enumerate() {
            if i != j {
                numerator *= x - node;
                denominator *= nodes[i] - node;
            }
        }
        // Distinct small numbers are distinct in the field, so the denominator is not 0.
        sum += value * numerator * denominator.invert().unwrap_or(Fp::zero());
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_points_agree() {
        let point: Vec<Fp> = (3..8).map(Fp::from).collect();
        let table = eq_table(&point);
        for (corner, value) in table.iter().enumerate() {
            let bits: Vec<Fp> = (0..5).map(|b| Fp::from((corner >> b & 1) as u64)).collect();
            assert_eq!(*value, eq(&point, &bits));
        }
        assert_eq!(table.iter().sum::<Fp>(), Fp::one());
    }

    #[test]
    fn interpolation_finds_a_cubic() {
        let cubic = |x: Fp| x * x * x - Fp::from(7) * x + Fp::from(5);
        let values: Vec<Fp> = (0..4).map(|t| cubic(Fp::from(t))).collect();
        let x = Fp::from(123_456_789);
        assert_eq!(interpolate(&values, x), cubic(x));
    }
}
