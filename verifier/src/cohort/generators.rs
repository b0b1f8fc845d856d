//! The generators of cohort commitments. Spec: docs/spec/cohort.md, section "Commitments".

use std::sync::LazyLock;

use pasta_curves::arithmetic::CurveExt;
use pasta_curves::group::Curve;
use pasta_curves::{Eq as Vesta, EqAffine};
use rayon::prelude::*;
use salus_protocol::cohort::PAGE;

use crate::release::generators::{count_generators, in_own_pool};

/// The generators that columns and evaluations are committed with.
#[derive(Debug)]
pub struct Generators {
    /// G_0 ... G_{w-1}, one for each slot of a page.
    pub slots: Vec<EqAffine>,
    /// Their sum: commits to 1 in every slot, without blinding.
    pub ones: EqAffine,
    /// U, for evaluations.
    pub value: EqAffine,
    /// W, for blinding.
    pub blinding: EqAffine,
    /// V_0 ... V_63, for the counts of a table's cells.
    pub counts: Vec<EqAffine>,
}

static GENERATORS: LazyLock<Generators> = LazyLock::new(|| in_own_pool(Generators::hash));

impl Generators {
    /// The one set of generators.
    #[must_use]
    pub fn get() -> &'static Self {
        &GENERATORS
    }

    fn hash() -> Self {
        let release = count_generators();
        let point = Vesta::hash_to_curve("salus.v1.cohort");
        let slots: Vec<Vesta> = (0..PAGE)
            .into_par_iter()
            .map(|slot| Vesta::hash_to_curve("salus.v1.cohort-slot")(&(slot as u32).to_le_bytes()))
            .collect();
        let ones: Vesta = slots.iter().sum();
        let mut affine = vec![EqAffine::default(); PAGE];
        Vesta::batch_normalize(&slots, &mut affine);
        Self {
            slots: affine,
            ones: ones.to_affine(),
            value: point(b"value").to_affine(),
            blinding: release.blinding,
            counts: release.values.to_vec(),
        }
    }
}
