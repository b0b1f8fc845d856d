//! A dataset counted in parts: each page in one part, each part in its place.

use std::sync::LazyLock;

use pasta_curves::group::Curve;
use pasta_curves::{Eq as Vesta, EqAffine};
use salus_protocol::cohort::{Plan, Table};
use salus_prover::cohort::{
    Counted, CountedPart, JoinError, KeptPartError, TallyPage, count, count_part, join,
};
use salus_verifier::cohort::EncodingError;
use salus_verifier::cohort::encoding::Reader;
use salus_verifier::cohort::parts::{PartsError, PartsProof, PartsStatement};
use salus_verifier::cohort::tally::TallyError;

use crate::scene::{CONTEXT, Scene, between, question};

struct InParts {
    scene: Scene,
    plan: Plan,
    parts: Vec<CountedPart>,
    expected: Vec<u64>,
}

/// Three small pages, counted two and one.
static IN_PARTS: LazyLock<InParts> = LazyLock::new(|| {
    let scene = Scene::in_pages(150, 50, 31);
    let question = question(&[between(1, 10, 90)], Table::Attrition);
    let plan = scene.plan(&question);
    let pages = scene.opened();
    let part =
        |first: usize, pages: &[TallyPage<'_>]| count_part(&CONTEXT, &plan, first, pages).unwrap();
    let parts = vec![part(0, &pages[..2]), part(2, &pages[2..])];
    InParts {
        expected: scene.expected(&question),
        parts,
        plan,
        scene,
    }
});

impl InParts {
    fn joined(&self) -> Counted {
        join(3, self.parts.clone()).unwrap()
    }

    fn verify_as(
        &self,
        context: [u8; 32],
        counts: &[EqAffine],
        proof: &PartsProof,
    ) -> Result<(), PartsError> {
        proof.verify(&PartsStatement {
            context,
            plan: &self.plan,
            pages: &self.scene.publications(),
            counts,
        })
    }

    fn verify(&self, counts: &[EqAffine], proof: &PartsProof) -> Result<(), PartsError> {
        self.verify_as(CONTEXT, counts, proof)
    }

    /// The counts that a proof's parts add up to, so that nothing else is wrong with it.
    fn sums(proof: &PartsProof) -> Vec<EqAffine> {
        let cells = proof.0[0].counts.len();
        let sum = |cell: usize| -> Vesta {
            proof
                .0
                .iter()
                .map(|part| Vesta::from(part.counts[cell]))
                .sum()
        };
        (0..cells).map(|cell| sum(cell).to_affine()).collect()
    }

    /// The part's tally fails, and nothing before it.
    fn false_tally(&self, proof: &PartsProof, part: usize) {
        let error = self.verify(&Self::sums(proof), proof).unwrap_err();
        let PartsError::Tally {
            part: found,
            problem,
        } = &error
        else {
            panic!("{error}");
        };
        let refused = matches!(
            problem,
            TallyError::Linear(_) | TallyError::Opening(_) | TallyError::Shape { .. }
        );
        assert!(refused && *found == part, "{error}");
    }
}

#[test]
fn parts_in_any_order_make_up_the_dataset() {
    let it = &*IN_PARTS;
    let mut reversed = it.parts.clone();
    reversed.reverse();
    for parts in [it.parts.clone(), reversed] {
        let counted = join(3, parts).unwrap();
        it.verify(&counted.counts, &counted.proof).unwrap();
        let found: Vec<u64> = counted.openings.iter().map(|o| o.count).collect();
        assert_eq!(found, it.expected);
        for (cell, opening) in counted.openings.iter().enumerate() {
            assert_eq!(opening.commitment(cell), Some(counted.counts[cell]));
        }
    }
    let whole = count(&CONTEXT, &it.plan, &it.scene.opened()).unwrap();
    it.verify(&whole.counts, &whole.proof).unwrap();
    let found: Vec<u64> = whole.openings.iter().map(|o| o.count).collect();
    assert_eq!(found, it.expected);
}

#[test]
fn parts_that_do_not_make_up_the_dataset_are_not_joined() {
    let parts = &IN_PARTS.parts;
    let joined = |places: &[usize], pages| {
        let chosen = places.iter().map(|place| parts[*place].clone());
        join(pages, chosen.collect()).map(drop)
    };
    assert_eq!(joined(&[0], 3), Err(JoinError::Missing { page: 2 }));
    assert_eq!(joined(&[1], 3), Err(JoinError::Missing { page: 0 }));
    assert_eq!(joined(&[], 3), Err(JoinError::Missing { page: 0 }));
    assert_eq!(joined(&[0, 0, 1], 3), Err(JoinError::Twice { page: 0 }));
    let beyond = JoinError::Beyond { page: 2, pages: 2 };
    assert_eq!(joined(&[0, 1], 2), Err(beyond));
}

#[test]
fn a_part_left_out_is_not_shown() {
    let it = &*IN_PARTS;
    let mut proof = it.joined().proof;
    proof.0.pop();
    let pages = PartsError::Pages {
        found: 2,
        expected: 3,
    };
    assert_eq!(it.verify(&InParts::sums(&proof), &proof), Err(pages));
    // Nor by stretching the other over its page.
    proof.0[0].pages = 3;
    let error = it.verify(&InParts::sums(&proof), &proof).unwrap_err();
    assert!(
        matches!(error, PartsError::Tally { part: 0, .. }),
        "{error}"
    );
}

#[test]
fn a_part_in_another_s_place_is_not_shown() {
    let it = &*IN_PARTS;
    let mut proof = it.joined().proof;
    proof.0.swap(0, 1);
    it.false_tally(&proof, 0);
    // A part counted twice instead of another of as many pages.
    let pages = it.scene.opened();
    let mut single = vec![count_part(&CONTEXT, &it.plan, 0, &pages[..1]).unwrap()];
    single.push(count_part(&CONTEXT, &it.plan, 1, &pages[1..2]).unwrap());
    single.push(it.parts[1].clone());
    let mut proof = join(3, single).unwrap().proof;
    it.verify(&InParts::sums(&proof), &proof).unwrap();
    proof.0[1] = proof.0[0].clone();
    it.false_tally(&proof, 1);
}

#[test]
fn parts_are_of_one_answer() {
    let it = &*IN_PARTS;
    let counted = it.joined();
    let other = it.verify_as([8; 32], &counted.counts, &counted.proof);
    assert!(matches!(other, Err(PartsError::Tally { part: 0, .. })));
    let context = [8; 32];
    let foreign = count_part(&context, &it.plan, 2, &it.scene.opened()[2..]).unwrap();
    let proof = join(3, vec![it.parts[0].clone(), foreign]).unwrap().proof;
    it.false_tally(&proof, 1);
}

#[test]
fn the_answer_s_counts_are_the_parts_sums() {
    let it = &*IN_PARTS;
    let counted = it.joined();
    let mut counts = counted.counts.clone();
    counts.swap(0, 1);
    let sum = Err(PartsError::Sum { cell: 0 });
    assert_eq!(it.verify(&counts, &counted.proof), sum);
    let mut fewer = counted.proof.clone();
    fewer.0[1].counts.pop();
    let cells = matches!(
        it.verify(&counted.counts, &fewer),
        Err(PartsError::Cells { part: 1, .. })
    );
    assert!(cells);
}

#[test]
fn bytes_of_parts_read_as_what_was_written() {
    let it = &*IN_PARTS;
    let counted = it.joined();
    let bytes = counted.proof.to_bytes();
    let read = |bytes: &[u8]| -> Result<PartsProof, EncodingError> {
        let mut reader = Reader::new(bytes);
        let proof = PartsProof::read(&mut reader, &it.plan, 3)?;
        reader.finish().map(|()| proof)
    };
    assert_eq!(read(&bytes).unwrap(), counted.proof);
    for length in (0..bytes.len()).step_by(97) {
        assert!(read(&bytes[..length]).is_err());
    }
    // More parts or pages than there can be take no memory.
    for place in [0, 4] {
        let mut many = bytes.clone();
        many[place..place + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(read(&many), Err(EncodingError::Short { .. })));
    }
    let part = &it.parts[1];
    let kept = part.reveal();
    let read = CountedPart::from_bytes(&kept, &it.plan, 3).unwrap();
    assert_eq!((read.pages(), read.reveal()), ((2, 1), part.reveal()));
    for length in (0..kept.len()).step_by(101) {
        assert!(CountedPart::from_bytes(&kept[..length], &it.plan, 3).is_err());
    }
    // A count and a blinding that are not those of the commitments.
    for place in [4, 12] {
        let mut changed = kept.to_vec();
        changed[place] ^= 1;
        let read = CountedPart::from_bytes(&changed, &it.plan, 3);
        assert_eq!(read.unwrap_err(), KeptPartError::Opening);
    }
}
