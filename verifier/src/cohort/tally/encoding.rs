//! The canonical bytes of tallies.

use pasta_curves::EqAffine;
use salus_protocol::cohort::Plan;

use super::{TallyProof, shape};
use crate::cohort::encoding::{self, EncodingError, Reader};
use crate::cohort::linear::LinearProof;
use crate::cohort::opening::OpeningProof;
use crate::cohort::program::Program;
use crate::cohort::sumcheck::SumcheckProof;

impl TallyProof {
    /// The canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let write = |bytes: &mut Vec<u8>, points: &[EqAffine]| {
            for point in points {
                encoding::write_point(bytes, point);
            }
        };
        for page in &self.auxiliaries {
            write(&mut bytes, page);
        }
        self.sumcheck.write(&mut bytes);
        write(&mut bytes, &self.factors);
        write(&mut bytes, &self.pairs);
        write(&mut bytes, &self.outers);
        self.opening.write(&mut bytes);
        self.linear.write(&mut bytes);
        bytes
    }

    /// Reads a proof of a question over so many pages.
    ///
    /// # Errors
    /// [`EncodingError`] for anything but canonical bytes.
    pub fn from_bytes(bytes: &[u8], plan: &Plan, pages: usize) -> Result<Self, EncodingError> {
        let mut reader = Reader::new(bytes);
        let proof = Self::read(&mut reader, plan, pages)?;
        reader.finish()?;
        Ok(proof)
    }

    /// Reads a proof of a question over so many pages from the front of some bytes.
    ///
    /// # Errors
    /// [`EncodingError`] for anything but canonical bytes.
    pub fn read(reader: &mut Reader<'_>, plan: &Plan, pages: usize) -> Result<Self, EncodingError> {
        let program = Program::of(plan);
        let shape = shape(pages);
        let what = "tally";
        let auxiliaries = (0..pages)
            .map(|_| reader.points(what, plan.auxiliaries.len()))
            .collect::<Result<_, _>>()?;
        let sumcheck = SumcheckProof::read(reader, shape)?;
        let (factors, pairs) = (program.factors, program.pairs.len());
        let (outers, counts) = (program.outers.len(), plan.cells.len());
        Ok(Self {
            auxiliaries,
            sumcheck,
            factors: reader.points(what, factors)?,
            pairs: reader.points(what, pairs)?,
            outers: reader.points(what, outers)?,
            opening: OpeningProof::read(reader)?,
            linear: LinearProof::read(
                reader,
                factors + pairs + outers + counts + 2,
                1,
                2 * (factors + counts) + pairs + outers + shape.mask_coefficients() + 2,
            )?,
        })
    }
}
