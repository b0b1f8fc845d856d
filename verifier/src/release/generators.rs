//! halo2's parameters, and the generators among them to which counts are committed.

use std::sync::LazyLock;

use halo2_proofs::pasta::group::GroupEncoding;
use halo2_proofs::pasta::{EqAffine, Fp};
use halo2_proofs::plonk::{Circuit, ConstraintSystem, VerifyingKey, keygen_vk};
use halo2_proofs::poly::commitment::Params;
use salus_circuits::release::{self, ROWS_LOG2};
use salus_protocol::release::MAX_CELLS;

/// How many of a column's last rows halo2 fills at random.
pub const RANDOM_ROWS: usize = 10;

const POINT_BYTES: usize = 32;

/// The generators of commitments to counts: `count * values[cell] + salt * blinding`.
#[derive(Debug)]
pub struct CountGenerators {
    /// One for each cell: halo2's generators of a column's first rows.
    pub values: [EqAffine; MAX_CELLS],
    /// halo2's generators of the rows that it fills at random.
    pub random_rows: [EqAffine; RANDOM_ROWS],
    /// The generator by which halo2 blinds.
    pub blinding: EqAffine,
}

static PARAMETERS: LazyLock<Params<EqAffine>> =
    LazyLock::new(|| in_own_pool(|| Params::new(ROWS_LOG2)));

static VERIFYING_KEY: LazyLock<VerifyingKey<EqAffine>> = LazyLock::new(|| {
    let key = in_own_pool(|| keygen_vk(parameters(), &release::Circuit::default()));
    key.expect("the circuit is fixed and has a key")
});

/// Runs parallel work that others wait for, in threads of its own. In rayon's common pool it might
/// never run: all of its workers may be among those who wait.
///
/// # Panics
/// Where the work does, or where the operating system gives no thread.
pub fn in_own_pool<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let own = || match rayon::ThreadPoolBuilder::new().build() {
        Ok(pool) => pool.install(work),
        Err(error) => unreachable!("a pool with default settings is refused: {error}"),
    };
    std::thread::scope(|scope| scope.spawn(own).join()).expect("the work does not panic")
}

static GENERATORS: LazyLock<CountGenerators> = LazyLock::new(|| read(parameters()));

/// halo2's parameters for the release circuit. The first use takes about a second.
#[must_use]
pub fn parameters() -> &'static Params<EqAffine> {
    &PARAMETERS
}

/// The release circuit's verifying key.
#[must_use]
pub fn verifying_key() -> &'static VerifyingKey<EqAffine> {
    &VERIFYING_KEY
}

/// The generators of commitments to counts.
#[must_use]
pub fn count_generators() -> &'static CountGenerators {
    &GENERATORS
}

/// halo2's generators of the last `N` rows of a column.
#[must_use]
pub fn last_rows<const N: usize>() -> [EqAffine; N] {
    let encoding = Encoding::of(parameters());
    std::array::from_fn(|k| encoding.point(2 * ROWS - N + k))
}

fn read(parameters: &Params<EqAffine>) -> CountGenerators {
    let encoding = Encoding::of(parameters);
    CountGenerators {
        values: std::array::from_fn(|cell| encoding.point(ROWS + cell)),
        random_rows: std::array::from_fn(|k| encoding.point(2 * ROWS - RANDOM_ROWS + k)),
        blinding: encoding.point(2 * ROWS),
    }
}

const ROWS: usize = 1 << ROWS_LOG2;

/// The parameters' encoding: their logarithm of the size, the generators of coefficients,
/// those of rows, the one that blinds, and one more. That they are so is a test below.
struct Encoding(Vec<u8>);

impl Encoding {
    fn of(parameters: &Params<EqAffine>) -> Self {
        let mut bytes = Vec::new();
        parameters
            .write(&mut bytes)
            .expect("writing to memory does not fail");
        Self(bytes)
    }

    fn point(&self, place: usize) -> EqAffine {
        let start = size_of::<u32>() + place * POINT_BYTES;
        let mut encoding = [0; POINT_BYTES];
        encoding.copy_from_slice(&self.0[start..start + POINT_BYTES]);
        Option::<EqAffine>::from(EqAffine::from_bytes(&encoding)).expect("halo2 wrote this point")
    }
}

/// How many of a column's last rows halo2 fills at random in this circuit, as it says itself.
#[must_use]
pub fn random_rows_of_halo2<C: Circuit<Fp>>() -> usize {
    let mut system = ConstraintSystem::<Fp>::default();
    C::configure(&mut system);
    system.blinding_factors() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use halo2_proofs::pasta::group::Curve;
    use halo2_proofs::poly::EvaluationDomain;
    use halo2_proofs::poly::commitment::Blind;
    use sha2::{Digest, Sha256};

    #[test]
    fn generators_are_those_by_which_halo2_commits_to_rows() {
        let commit = |row: Option<usize>, blind: Fp| {
            let domain = EvaluationDomain::new(2, ROWS_LOG2);
            let mut column = domain.empty_lagrange();
            if let Some(row) = row {
                column[row] = Fp::one();
            }
            parameters()
                .commit_lagrange(&column, Blind(blind))
                .to_affine()
        };
        let generators = count_generators();
        for cell in [0, 1, 2, MAX_CELLS - 1] {
            assert_eq!(commit(Some(cell), Fp::zero()), generators.values[cell]);
        }
        for (k, generator) in generators.random_rows.iter().enumerate() {
            let row = (1 << ROWS_LOG2) - RANDOM_ROWS + k;
            assert_eq!(commit(Some(row), Fp::zero()), *generator);
        }
        assert_eq!(commit(None, Fp::one()), generators.blinding);
        assert_eq!(random_rows_of_halo2::<release::Circuit>(), RANDOM_ROWS);
        assert_eq!(last_rows(), generators.random_rows);
    }

    #[test]
    fn generators_are_pinned() {
        let all = count_generators();
        let points = all
            .values
            .iter()
            .chain(&all.random_rows)
            .chain([&all.blinding]);
        let bytes: Vec<_> = points.flat_map(GroupEncoding::to_bytes).collect();
        let digest = hex::encode(Sha256::digest(bytes));
        assert_eq!(
            digest,
            "e2639997250e1c9477c6261986cef591ffd7aa4dd8b51d54c374da14e9694050"
        );
    }
}
