//! The first rounds of a tally's sum, over pages, in whole numbers.
//!
//! Columns hold whole numbers. So while the first variables are 0, 1, 2 or 3, every polynomial is
//! whole as well, and one pass over the slots gives its sums at all these points: a [`Grid`]. The first
//! rounds follow from that, since no polynomial has a degree above 3 in a variable.
#![allow(clippy::needless_range_loop)] // for wide vectors, see `multiexp::lanes`

use pasta_curves::Fp;
use pasta_curves::group::ff::{Field, PrimeField};
use rayon::prelude::*;
use salus_protocol::cohort::PAGE;
use salus_verifier::cohort::polynomial::eq_table;
use salus_verifier::cohort::program::{Program, scalar};
use salus_verifier::cohort::tally::Weights;

use super::slots::FactorValues;
use super::whole_program::{Numbers, SIDE, WholeProgram, WholeValues};
use crate::multiexp::lanes::{Kernel, run_widest};

/// Values of a variable: 0 to the greatest degree of a constraint or cell.
const VALUES: usize = 4;
/// Slots that a thread takes at a time.
const SHARE: usize = 512;

/// Sums over all but the first variables, at every point of {0, 1, 2, 3} in those not bound yet; the
/// first of them changes fastest.
pub(crate) struct Grid {
    cells: Vec<Fp>,
    /// Without eq in these variables.
    constraints: Vec<Fp>,
}

/// Polynomials in one variable: cells and constraints at 0, 1, 2, 3.
pub(crate) type Values = [Fp; VALUES];

impl Grid {
    /// The sums, `variables` of them apart; none where numbers get too large.
    pub(crate) fn new(
        program: &Program,
        weights: &Weights,
        pages: &[FactorValues],
        page_bits: usize,
        variables: usize,
    ) -> Option<Self> {
        // At 3, a number is 3 times one page's less 2 times another's, in each variable.
        let growth = 5f64.powi(variables as i32);
        let whole = WholeProgram::of(program, pages, growth)?;
        let later = eq_table(&weights.corner[variables..page_bits]);
        let slots: Vec<[u64; 4]> = eq_table(&weights.corner[page_bits..])
            .iter()
            .map(limbs)
            .collect();
        let groups: Vec<&[FactorValues]> = pages.chunks(1 << variables).collect();
        let (common, degrees) = whole.scales();
        let unscaled = scalar(common).invert().unwrap_or(Fp::zero());
        let by: Vec<Fp> = (weights.constraints.iter().zip(degrees))
            .map(|(weight, degree)| weight * unscaled.pow_vartime([u64::from(degree)]))
            .collect();
        let shares = PAGE / SHARE;
        let empty = || Self::zero(variables);
        let grid = (0..groups.len() * shares)
            .into_par_iter()
            .map(|share| {
                let (group, first) = (share / shares, share % shares * SHARE);
                let mut totals = Totals::new(&whole, variables, weights);
                run_widest(Share {
                    totals: &mut totals,
                    pages: groups[group],
                    eq: &slots,
                    first,
                });
                totals.grid(&weights.cells, &by, later[group])
            })
            .reduce(empty, Self::plus);
        Some(grid)
    }

    fn zero(variables: usize) -> Self {
        let points = VALUES.pow(variables as u32);
        Self {
            cells: vec![Fp::zero(); points],
            constraints: vec![Fp::zero(); points],
        }
    }

    fn plus(mut self, other: Self) -> Self {
        self.cells
            .iter_mut()
            .zip(other.cells)
            .for_each(|(a, b)| *a += b);
        let constraints = self.constraints.iter_mut().zip(other.constraints);
        constraints.for_each(|(a, b)| *a += b);
        self
    }

    /// Cells and constraints in the next variable, the later ones summed over. `corner` is that of the
    /// later variables in the grid.
    pub(crate) fn round(&self, corner: &[Fp]) -> [Values; 2] {
        let one = |_: &Fp| [Fp::one(), Fp::one()];
        let eq = |corner: &Fp| [Fp::one() - corner, *corner];
        [
            reduced(&self.cells, corner.iter().map(one).collect()),
            reduced(&self.constraints, corner.iter().map(eq).collect()),
        ]
    }

    /// Sets the next variable.
    pub(crate) fn bind(&mut self, value: Fp) {
        let by = lagrange(value);
        for sums in [&mut self.cells, &mut self.constraints] {
            *sums = sums
                .chunks(VALUES)
                .map(|at| at.iter().zip(&by).map(|(sum, by)| sum * by).sum())
                .collect();
        }
    }
}

/// Sums over the later variables, each at 0 and 1 with a weight.
fn reduced(sums: &[Fp], later: Vec<[Fp; 2]>) -> Values {
    let mut sums = sums.to_vec();
    for [zero, one] in later.iter().rev() {
        let quarter = sums.len() / VALUES;
        sums = (0..quarter)
            .map(|i| zero * sums[i] + one * sums[quarter + i])
            .collect();
    }
    std::array::from_fn(|t| sums[t])
}

/// By what values at 0, 1, 2, 3 count in the value at a point.
fn lagrange(at: Fp) -> Values {
    std::array::from_fn(|i| {
        let others = (0..VALUES as i64).filter(|j| *j != i as i64);
        let (mut numerator, mut denominator) = (Fp::one(), Fp::one());
        for j in others {
            numerator *= at - scalar(j);
            denominator *= scalar(i as i64 - j);
        }
        numerator * denominator.invert().unwrap_or(Fp::zero())
    })
}

/// A share of the slots of a group of pages, as work for wide vectors.
struct Share<'a, 'b> {
    totals: &'b mut Totals<'a>,
    pages: &'b [FactorValues],
    eq: &'b [[u64; 4]],
    first: usize,
}

impl Kernel for Share<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for slot in (self.first..self.first + SHARE).step_by(SIDE) {
            self.totals.add(self.pages, self.eq, slot);
        }
    }
}

/// One thread's sums, by point: of each cell, and of each constraint times eq of the slot.
struct Totals<'a> {
    whole: &'a WholeProgram,
    variables: usize,
    cells: Vec<i128>,
    constraints: Vec<Wide>,
    /// The point that each page is.
    corners: Vec<usize>,
    extensions: Vec<Extension>,
    /// Factors by point.
    factors: Vec<Vec<Numbers>>,
    values: WholeValues,
}

impl<'a> Totals<'a> {
    fn new(whole: &'a WholeProgram, variables: usize, weights: &Weights) -> Self {
        let points = VALUES.pow(variables as u32);
        Self {
            whole,
            variables,
            cells: vec![0; points * weights.cells.len()],
            constraints: vec![Wide::default(); points * weights.constraints.len()],
            // The page's bits, lowest first, are the variables.
            corners: (0..1usize << variables)
                .map(|page| (0..variables).map(|v| (page >> v & 1) << (2 * v)).sum())
                .collect(),
            extensions: extensions(variables),
            factors: vec![vec![[0; SIDE]; whole.factors()]; points],
            values: whole.values(),
        }
    }

    /// Adds eight slots of a group of pages.
    #[inline(always)]
    fn add(&mut self, pages: &[FactorValues], eq: &[[u64; 4]], slot: usize) {
        let points = self.factors.len();
        for factor in 0..self.whole.factors() {
            self.extend(pages, factor, slot);
        }
        for point in 0..points {
            self.whole.evaluate(&self.factors[point], &mut self.values);
            for cell in 0..self.cells.len() / points {
                let values = self.whole.cell(cell, &self.values);
                for lane in 0..SIDE {
                    self.cells[cell * points + point] += i128::from(values[lane]);
                }
            }
            for constraint in 0..self.constraints.len() / points {
                let values = self.whole.constraint(constraint, &self.values);
                let total = &mut self.constraints[constraint * points + point];
                for lane in 0..SIDE {
                    total.add(&eq[slot + lane], values[lane]);
                }
            }
        }
    }

    /// A factor at all points, in the slots from `slot` on.
    #[inline(always)]
    fn extend(&mut self, pages: &[FactorValues], factor: usize, slot: usize) {
        for page in 0..self.corners.len() {
            let numbers = &mut self.factors[self.corners[page]][factor];
            *numbers = [0; SIDE];
            if page < pages.len() {
                let column = &pages[page].factor(factor).numbers[slot..slot + SIDE];
                for lane in 0..SIDE {
                    numbers[lane] = self.whole.number(factor, column[lane]);
                }
            }
        }
        for line in 0..self.extensions.len() {
            let Extension { base, step } = self.extensions[line];
            let zero = self.factors[base][factor];
            let one = self.factors[base + step][factor];
            for t in 2..VALUES {
                let numbers = &mut self.factors[base + t * step][factor];
                for lane in 0..SIDE {
                    numbers[lane] = zero[lane] + t as i64 * (one[lane] - zero[lane]);
                }
            }
        }
    }

    /// The sums as scalars, each point's cells and constraints with their weights.
    fn grid(&self, cells: &[Fp], constraints: &[Fp], page: Fp) -> Grid {
        let points = self.factors.len();
        let mut grid = Grid::zero(self.variables);
        for (totals, by) in self.cells.chunks(points).zip(cells) {
            for (sum, total) in grid.cells.iter_mut().zip(totals) {
                *sum += by * from_signed(*total);
            }
        }
        for (totals, by) in self.constraints.chunks(points).zip(constraints) {
            for (sum, total) in grid.constraints.iter_mut().zip(totals) {
                *sum += page * by * total.scalar();
            }
        }
        grid
    }
}

/// A line through the points: from those where a variable is 0 and 1 follow those where it is 2 and 3.
struct Extension {
    /// The point where it is 0.
    base: usize,
    /// How far apart the points are.
    step: usize,
}

/// All lines, variable by variable; where one is extended, the later ones are 0 or 1 still.
fn extensions(variables: usize) -> Vec<Extension> {
    let points = VALUES.pow(variables as u32);
    let digit = |point: usize, variable: usize| point >> (2 * variable) & 3;
    let lines = |variable: usize| {
        let first = move |point: &usize| {
            digit(*point, variable) == 0 && (variable + 1..variables).all(|v| digit(*point, v) < 2)
        };
        let step = 1 << (2 * variable);
        (0..points)
            .filter(first)
            .map(move |base| Extension { base, step })
    };
    (0..variables).flat_map(lines).collect()
}

fn limbs(number: &Fp) -> [u64; 4] {
    let bytes = number.to_repr();
    std::array::from_fn(|i| {
        let limb = bytes[8 * i..].first_chunk::<8>();
        u64::from_le_bytes(*limb.expect("a scalar has 32 bytes"))
    })
}

fn from_signed(number: i128) -> Fp {
    let magnitude = Fp::from_u128(number.unsigned_abs());
    if number < 0 { -magnitude } else { magnitude }
}

/// Scalars times whole numbers, added up and not yet reduced: what is added and what is taken away.
#[derive(Clone, Default)]
struct Wide([[u64; 6]; 2]);

impl Wide {
    /// Adds a scalar's limbs times a number. Fewer than 2^64 times, it never overflows.
    fn add(&mut self, scalar: &[u64; 4], number: i64) {
        if number == 0 {
            return;
        }
        let sum = &mut self.0[usize::from(number < 0)];
        let by = u128::from(number.unsigned_abs());
        let mut carry = 0u128;
        for (limb, own) in sum.iter_mut().zip(scalar) {
            carry += u128::from(*limb) + by * u128::from(*own);
            *limb = carry as u64;
            carry >>= 64;
        }
        for limb in &mut sum[4..] {
            carry += u128::from(*limb);
            *limb = carry as u64;
            carry >>= 64;
        }
    }

    fn scalar(&self) -> Fp {
        let limb = Fp::from_u128(1 << 64);
        let [plus, minus] = self.0.map(|limbs| {
            let limbs = limbs.iter().rev();
            limbs.fold(Fp::zero(), |sum, own| sum * limb + Fp::from(*own))
        });
        plus - minus
    }
}
