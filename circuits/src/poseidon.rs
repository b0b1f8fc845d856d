//! Poseidon as constraints: three for each S-box, none for the linear layers.
//!
//! Spec: docs/spec/primitives.md, section "Poseidon".

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ark_ff::Field;
use light_poseidon::PoseidonParameters;
use light_poseidon::parameters::bn254_x5::get_poseidon_parameters;
use salus_protocol::poseidon::Domain;

use crate::r1cs::{Fr, Label, Num, System};

static PARAMETERS: LazyLock<BTreeMap<usize, PoseidonParameters<Fr>>> = LazyLock::new(|| {
    let widths = Domain::ALL.map(|domain| domain.inputs() + 1);
    let parameters = |width: usize| {
        let small = u8::try_from(width).expect("a domain has at most 12 inputs");
        get_poseidon_parameters::<Fr>(small).expect("light-poseidon has widths 2 to 13")
    };
    widths
        .into_iter()
        .map(|width| (width, parameters(width)))
        .collect()
});

/// Hashes `inputs` in `domain`; every constraint bears `label`.
pub(crate) fn hash(system: &mut System, label: Label, domain: Domain, inputs: &[Num]) -> Num {
    debug_assert_eq!(inputs.len(), domain.inputs());
    let parameters = &PARAMETERS[&(inputs.len() + 1)];
    let width = parameters.width;
    let mut state = vec![Num::constant(domain.tag())];
    state.extend_from_slice(inputs);

    let half = parameters.full_rounds / 2;
    let rounds = parameters.full_rounds + parameters.partial_rounds;
    for round in 0..rounds {
        for (lane, constant) in state.iter_mut().zip(&parameters.ark[round * width..]) {
            *lane = lane.plus_constant(*constant);
        }
        // The capacity lane is a constant in the first round: its S-box costs nothing.
        state[0] = if round == 0 {
            fifth_power(&state[0])
        } else {
            s_box(system, label, &state[0])
        };
        if round < half || round >= half + parameters.partial_rounds {
            for lane in &mut state[1..] {
                *lane = s_box(system, label, lane);
            }
        }
        let wanted = if round + 1 == rounds { 1 } else { width };
        state = parameters.mds[..wanted]
            .iter()
            .map(|row| combine(row, &state))
            .collect();
    }
    state.swap_remove(0)
}

fn combine(row: &[Fr], state: &[Num]) -> Num {
    let zero = Num::constant(Fr::from(0u64));
    row.iter()
        .zip(state)
        .fold(zero, |sum, (factor, lane)| sum.plus_times(lane, *factor))
}

fn fifth_power(constant: &Num) -> Num {
    Num::constant(constant.value().pow([5]))
}

fn s_box(system: &mut System, label: Label, x: &Num) -> Num {
    let square = system.product(label, x, x);
    let fourth = system.product(label, &square, &square);
    system.product(label, &fourth, x)
}
