//! The canonical bytes of publications.

use rayon::prelude::*;
use salus_protocol::cohort::Layout;
use salus_protocol::row::FIELDS;

use super::{Publication, PublicationProof, SHAPE};
use crate::cohort::encoding::{self, EncodingError, Reader};
use crate::cohort::linear::LinearProof;
use crate::cohort::opening::OpeningProof;
use crate::cohort::sumcheck::SumcheckProof;

/// Equations between points in the linear statement.
const POINT_EQUATIONS: usize = 7;

const fn secret_count() -> usize {
    4 + SHAPE.mask_coefficients() + 2 + 2 * (FIELDS + 1)
}

impl Publication {
    /// The canonical bytes: layout, columns as coordinates, proof.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let highest = self.layout.highest().iter();
        let mut bytes: Vec<u8> = highest.flat_map(|n| n.to_le_bytes()).collect();
        for column in &self.columns {
            encoding::write_plain_point(&mut bytes, column);
        }
        let proof = &self.proof;
        proof.sumcheck.write(&mut bytes);
        for point in [proof.symbol, proof.square, proof.number] {
            encoding::write_point(&mut bytes, &point);
        }
        proof.opening.write(&mut bytes);
        proof.linear.write(&mut bytes);
        bytes
    }

    /// Reads a publication.
    ///
    /// # Errors
    /// [`EncodingError`] for anything but canonical bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EncodingError> {
        let mut reader = Reader::new(bytes);
        let mut highest = [0u16; FIELDS];
        for number in &mut highest {
            *number = u16::from_le_bytes(reader.array("layout")?);
        }
        let layout = Layout::new(highest);
        let what = "columns";
        let plain: Vec<[u8; 64]> = (0..layout.columns())
            .map(|_| reader.array(what))
            .collect::<Result<_, _>>()?;
        let columns = plain
            .par_iter()
            .map(|bytes| Reader::new(bytes).plain_point(what))
            .collect::<Result<_, _>>()?;
        let sumcheck = SumcheckProof::read(&mut reader, SHAPE)?;
        let what = "publication";
        let proof = PublicationProof {
            sumcheck,
            symbol: reader.point(what)?,
            square: reader.point(what)?,
            number: reader.point(what)?,
            opening: OpeningProof::read(&mut reader)?,
            linear: LinearProof::read(&mut reader, POINT_EQUATIONS, 1, secret_count())?,
        };
        reader.finish()?;
        Ok(Self {
            layout,
            columns,
            proof,
        })
    }
}
