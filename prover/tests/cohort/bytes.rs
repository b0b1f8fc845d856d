//! Bytes from strangers: no input makes a reader panic, and nothing has two encodings.

use std::sync::LazyLock;

use proptest::prelude::*;
use salus_protocol::cohort::Plan;
use salus_verifier::cohort::EncodingError;
use salus_verifier::cohort::publication::Publication;
use salus_verifier::cohort::tally::TallyProof;

use super::scene::{Scene, plain};

/// A plan, and the bytes of a publication and of a tally.
static HONEST: LazyLock<(Plan, Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let scene = Scene::new(10, 15);
    let plan = scene.plan(&plain());
    let tally = scene.tally(&plan).proof.to_bytes();
    let publication = scene.published[0].publication.to_bytes();
    (plan, publication, tally)
});

/// Reads both; what can be read is written as the same bytes again.
fn read(publication: &[u8], tally: &[u8], pages: usize) {
    if let Ok(read) = Publication::from_bytes(publication) {
        assert_eq!(read.to_bytes(), publication);
    }
    if let Ok(read) = TallyProof::from_bytes(tally, &HONEST.0, pages) {
        assert_eq!(read.to_bytes(), tally);
    }
}

#[test]
fn bytes_that_end_early_or_late_are_refused() {
    let (plan, publication, tally) = &*HONEST;
    let short = |error: EncodingError| matches!(error, EncodingError::Short { .. });
    let long = EncodingError::Long { count: 1 };
    for cut in [0, 1, 31, 32, 127, 128, 1_000, publication.len() - 1] {
        assert!(short(
            Publication::from_bytes(&publication[..cut]).unwrap_err()
        ));
    }
    for cut in [0, 1, 31, 32, 1_000, tally.len() - 1] {
        assert!(short(
            TallyProof::from_bytes(&tally[..cut], plan, 1).unwrap_err()
        ));
    }
    let longer = |bytes: &[u8]| [bytes, &[0]].concat();
    assert_eq!(
        Publication::from_bytes(&longer(publication)).unwrap_err(),
        long
    );
    let error = TallyProof::from_bytes(&longer(tally), plan, 1).unwrap_err();
    assert_eq!(error, long);
    // A proof over one page is none over two.
    assert!(TallyProof::from_bytes(tally, plan, 2).is_err());
}

#[test]
fn scalars_and_points_that_are_not_canonical_are_refused() {
    let (plan, publication, tally) = &*HONEST;
    // Both proofs end with an answer; all ones is above every modulus.
    let ending = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let end = bytes.len();
        bytes[end - 32..].fill(0xff);
        bytes
    };
    let what = "linear proof";
    let scalar = EncodingError::Scalar { what };
    assert_eq!(
        Publication::from_bytes(&ending(publication)).unwrap_err(),
        scalar
    );
    let error = TallyProof::from_bytes(&ending(tally), plan, 1).unwrap_err();
    assert_eq!(error, scalar);
    // A tally begins with an auxiliary column's commitment: zeros are the identity.
    let mut identity = tally.clone();
    identity[..32].fill(0);
    let error = TallyProof::from_bytes(&identity, plan, 1).unwrap_err();
    assert_eq!(error, EncodingError::Point { what: "tally" });
    // A publication's columns begin after the layout's 128 bytes.
    let mut off_curve = publication.clone();
    off_curve[128] ^= 1;
    let error = Publication::from_bytes(&off_curve).unwrap_err();
    assert_eq!(error, EncodingError::Point { what: "columns" });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_without_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..20_000),
        pages in 0usize..5,
    ) {
        read(&bytes, &bytes, pages);
    }

    #[test]
    fn one_changed_byte_leaves_one_encoding(place in any::<prop::sample::Index>(), by in 1u8..) {
        let (_, publication, tally) = &*HONEST;
        let changed = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let at = place.index(bytes.len());
            bytes[at] ^= by;
            bytes
        };
        read(&changed(publication), &changed(tally), 1);
    }

    #[test]
    fn a_layout_with_any_numbers_is_read_without_panic(highest in any::<[u8; 32]>()) {
        let (_, publication, _) = &*HONEST;
        let mut bytes = publication.clone();
        bytes[..32].copy_from_slice(&highest);
        read(&bytes, &[], 1);
    }
}
