//! What one core does in a second, to set beside how many operations a proof takes.

use std::hint::black_box;
use std::time::Instant;

use pasta_curves::group::Group;
use pasta_curves::{Eq as Vesta, Fp};
use salus_verifier::cohort::generators::Generators;
use serde::Serialize;

/// Operations in Vesta on one core, one after the other, as the verifier does them.
#[derive(Debug, Serialize)]
pub(super) struct Rates {
    pub(super) group_additions_a_second: f64,
    pub(super) field_multiplications_a_second: f64,
}

/// Measures for some tenths of a second.
pub(super) fn measure() -> Rates {
    let slots = &Generators::get().slots;
    let points = slots.iter().cycle().take(50 * slots.len());
    let additions = points.clone().count();
    let group = rate(additions, || {
        black_box(points.fold(Vesta::identity(), |sum, point| sum + point));
    });
    let multiplications = 5_000_000;
    let field = rate(multiplications, || {
        let by = black_box(Fp::from(0x1234_5678_9abc_def1));
        black_box((0..multiplications).fold(by, |product, _| product * by));
    });
    Rates {
        group_additions_a_second: group,
        field_multiplications_a_second: field,
    }
}

fn rate(operations: usize, work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    operations as f64 / started.elapsed().as_secs_f64()
}
