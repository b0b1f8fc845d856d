//! A proving key laid out for use over and over: its four sums and the quotient's transforms.

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Projective, G2Projective, g1, g2};
use ark_groth16::ProvingKey;
use rayon::join;
use zeroize::Zeroizing;

use super::matrices::Values;
use super::quotient::Quotient;
use crate::multiexp::bases::Bases;
use crate::multiexp::digits::{Digits, Windows};
use crate::multiexp::lanes::{Lanes, PrimeLanes, portable::Portable};
#[cfg(target_arch = "x86_64")]
use crate::multiexp::lanes::{ifma::Ifma, quadratic::Quadratic};

/// How much to prepare before the first proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preparation {
    /// Little, for one proof or a few.
    Quick,
    /// Tables of multiples (some 50 MB for 8,000 constraints), for many proofs with one key.
    Tables,
}

/// Which field arithmetic to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// The fastest that this processor has.
    Best,
    /// The one that every processor has.
    Portable,
}

/// How many cores work on one proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cores {
    /// The calling thread alone, for when others make proofs beside it.
    One,
    /// The whole of rayon's pool.
    All,
}

/// The four sums a proof is made of.
pub(crate) struct Sums {
    /// Σ z·A.
    pub(crate) a: G1Projective,
    /// Σ z·B in G1.
    pub(crate) b_g1: G1Projective,
    /// Σ z·B in G2.
    pub(crate) b_g2: G2Projective,
    /// Σ z·L + Σ h·H.
    pub(crate) c: G1Projective,
}

/// Computes the sums for any assignment.
pub(crate) trait Queries: Send + Sync {
    /// The sums for an assignment, given as canonical integers, and its rows' values.
    fn sums(&self, assignment: &[[u64; 4]], values: &Values, cores: Cores) -> Sums;
}

/// Queries in the lanes that were chosen.
struct Laned<R: PrimeLanes, G1: Lanes, G2: Lanes> {
    windows: Windows,
    windows_of_c: Windows,
    quotient: Quotient<R>,
    a: Bases<G1, g1::Config>,
    b_g1: Bases<G1, g1::Config>,
    b_g2: Bases<G2, g2::Config>,
    c: Bases<G1, g1::Config>,
}

/// Lays out a key whose shape has been checked. `None` where the domain is too large for the field.
pub(crate) fn lay_out(
    key: &ProvingKey<Bn254>,
    domain: usize,
    preparation: Preparation,
    arithmetic: Arithmetic,
) -> Option<Box<dyn Queries>> {
    #[cfg(target_arch = "x86_64")]
    if let (Arithmetic::Best, Some(r), Some(q)) = (arithmetic, Ifma::detect(), Ifma::detect())
        && let Some(quotient) = Quotient::new(r, domain)
    {
        return Some(Box::new(Laned::new(
            key,
            preparation,
            quotient,
            q,
            Quadratic(q),
        )));
    }
    let quotient = Quotient::new(Portable::<Fr>::new(), domain)?;
    let (q, q2) = (Portable::<Fq>::new(), Portable::<Fq2>::new());
    Some(Box::new(Laned::new(key, preparation, quotient, q, q2)))
}

impl<R, G1, G2> Laned<R, G1, G2>
where
    R: PrimeLanes<Field = Fr>,
    G1: Lanes<Field = Fq>,
    G2: Lanes<Field = Fq2>,
{
    fn new(
        key: &ProvingKey<Bn254>,
        preparation: Preparation,
        quotient: Quotient<R>,
        g1: G1,
        g2: G2,
    ) -> Self {
        let windows_for = |count| match preparation {
            Preparation::Quick => Windows::plain_for(count),
            Preparation::Tables => Windows::tabled_for(count),
        };
        let windows = windows_for(key.a_query.len());
        let windows_of_c = windows_for(key.l_query.len() + key.h_query.len());
        // C's scalars are the whole assignment, then h in the order it is computed in.
        let instance = key.vk.gamma_abc_g1.len();
        let width = instance + key.l_query.len();
        let l = key
            .l_query
            .iter()
            .copied()
            .enumerate()
            .map(|(i, point)| (instance + i, point));
        let order = quotient.order();
        let h = order
            .iter()
            .enumerate()
            .filter_map(|(i, &coefficient)| Some((width + i, *key.h_query.get(coefficient)?)));
        let whole = |query: &[ark_bn254::G1Affine]| {
            Bases::new(g1, windows, query.iter().copied().enumerate())
        };
        Self {
            windows,
            windows_of_c,
            a: whole(&key.a_query),
            b_g1: whole(&key.b_g1_query),
            b_g2: Bases::new(g2, windows, key.b_g2_query.iter().copied().enumerate()),
            c: Bases::new(g1, windows_of_c, l.chain(h)),
            quotient,
        }
    }

    fn c(&self, assignment: &[[u64; 4]], values: &Values, parts: usize) -> G1Projective {
        let h = self
            .quotient
            .integers(&values.a, &values.b, &values.c, parts > 1);
        let scalars = Zeroizing::new([assignment, &h].concat());
        self.c.sum(&Digits::of(self.windows_of_c, &scalars), parts)
    }
}

impl<R, G1, G2> Queries for Laned<R, G1, G2>
where
    R: PrimeLanes<Field = Fr>,
    G1: Lanes<Field = Fq>,
    G2: Lanes<Field = Fq2>,
{
    fn sums(&self, assignment: &[[u64; 4]], values: &Values, cores: Cores) -> Sums {
        let digits = || Digits::of(self.windows, assignment);
        match cores {
            Cores::One => {
                let c = self.c(assignment, values, 1);
                let digits = digits();
                let a = self.a.sum(&digits, 1);
                let (b_g1, b_g2) = (self.b_g1.sum(&digits, 1), self.b_g2.sum(&digits, 1));
                Sums { a, b_g1, b_g2, c }
            }
            Cores::All => {
                let parts = rayon::current_num_threads();
                let (c, (a, (b_g1, b_g2))) = join(
                    || self.c(assignment, values, parts),
                    || {
                        let digits = digits();
                        let b = || {
                            join(
                                || self.b_g1.sum(&digits, parts),
                                || self.b_g2.sum(&digits, parts),
                            )
                        };
                        join(|| self.a.sum(&digits, parts), b)
                    },
                );
                Sums { a, b_g1, b_g2, c }
            }
        }
    }
}
