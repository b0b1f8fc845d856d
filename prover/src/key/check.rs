//! Whether a proving key's points are what they claim to be.

use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ec::pairing::Pairing;
use ark_groth16::ProvingKey;
use rayon::prelude::*;

use super::ProvingKeyError;

/// How much to check.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Everything.
    Everything,
    /// All but membership of G2's points in their group, which is what takes long. G1 has no
    /// subgroup to be outside of.
    NoSubgroups,
}

/// Checks that all points are in their groups, and that beta and delta are the same in both.
pub(super) fn points(key: &ProvingKey<Bn254>, depth: Depth) -> Result<(), ProvingKeyError> {
    let first: [(&'static str, &[G1Affine]); 8] = [
        ("alpha", &[key.vk.alpha_g1]),
        ("public input query", &key.vk.gamma_abc_g1),
        ("beta in G1", &[key.beta_g1]),
        ("delta in G1", &[key.delta_g1]),
        ("A query", &key.a_query),
        ("B query in G1", &key.b_g1_query),
        ("H query", &key.h_query),
        ("L query", &key.l_query),
    ];
    for (part, points) in first {
        if !points.par_iter().all(G1Affine::is_on_curve) {
            return Err(ProvingKeyError::NotInGroup { part });
        }
    }
    let second: [(&'static str, &[G2Affine]); 4] = [
        ("beta in G2", &[key.vk.beta_g2]),
        ("gamma in G2", &[key.vk.gamma_g2]),
        ("delta in G2", &[key.vk.delta_g2]),
        ("B query in G2", &key.b_g2_query),
    ];
    let in_group = |point: &G2Affine| {
        point.is_on_curve()
            && (depth == Depth::NoSubgroups || point.is_in_correct_subgroup_assuming_on_curve())
    };
    for (part, points) in second {
        if !points.par_iter().all(in_group) {
            return Err(ProvingKeyError::NotInGroup { part });
        }
    }
    let beta = Bn254::pairing(key.beta_g1, key.vk.delta_g2);
    let delta = Bn254::pairing(key.delta_g1, key.vk.beta_g2);
    if beta != delta || key.beta_g1.is_zero() || key.delta_g1.is_zero() {
        return Err(ProvingKeyError::Disagrees);
    }
    Ok(())
}
