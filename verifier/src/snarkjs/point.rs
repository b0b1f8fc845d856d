//! Points as snarkjs writes them: projective coordinates, the last of which is one.

use ark_bn254::{Fq, Fq2, Fq6, Fq12, G1Affine, G2Affine};
use serde::{Deserialize, Serialize};

use super::SnarkjsError;
use super::number;

/// A point of the first group: x, y and one.
#[derive(Serialize, Deserialize)]
pub(super) struct First([String; 3]);

/// A point of the second group; each coordinate is a pair, the real part first.
#[derive(Serialize, Deserialize)]
pub(super) struct Second([[String; 2]; 3]);

/// A pairing's value: two of three of pairs.
#[derive(Serialize, Deserialize, PartialEq)]
pub(super) struct Target([[[String; 2]; 3]; 2]);

impl First {
    /// Writes a point that is not the identity.
    pub(super) fn write(point: &G1Affine) -> Self {
        Self([point.x.to_string(), point.y.to_string(), "1".to_owned()])
    }

    /// The point with these coordinates, which may be none of the curve: the key or proof that it
    /// becomes part of checks it.
    pub(super) fn read(&self, place: &str) -> Result<G1Affine, SnarkjsError> {
        let [x, y, last] = &self.0;
        if last != "1" {
            return Err(SnarkjsError::NotAffine {
                place: place.to_owned(),
            });
        }
        let (x, y) = (number::read(x, place)?, number::read(y, place)?);
        Ok(G1Affine::new_unchecked(x, y))
    }
}

impl Second {
    /// Writes a point that is not the identity.
    pub(super) fn write(point: &G2Affine) -> Self {
        let one = ["1".to_owned(), "0".to_owned()];
        Self([write_pair(&point.x), write_pair(&point.y), one])
    }

    /// The point with these coordinates, which may be none of the curve or of the group: the key
    /// or proof that it becomes part of checks it.
    pub(super) fn read(&self, place: &str) -> Result<G2Affine, SnarkjsError> {
        let [x, y, last] = &self.0;
        if last[0] != "1" || last[1] != "0" {
            return Err(SnarkjsError::NotAffine {
                place: place.to_owned(),
            });
        }
        let (x, y) = (read_pair(x, place)?, read_pair(y, place)?);
        Ok(G2Affine::new_unchecked(x, y))
    }
}

impl Target {
    pub(super) fn write(value: &Fq12) -> Self {
        let third = |part: &Fq6| [&part.c0, &part.c1, &part.c2].map(write_pair);
        Self([third(&value.c0), third(&value.c1)])
    }
}

fn write_pair(element: &Fq2) -> [String; 2] {
    [element.c0.to_string(), element.c1.to_string()]
}

fn read_pair(pair: &[String; 2], place: &str) -> Result<Fq2, SnarkjsError> {
    let part = |text: &str| number::read::<Fq>(text, place);
    Ok(Fq2::new(part(&pair[0])?, part(&pair[1])?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ark_bn254::Bn254;
    use ark_ec::AffineRepr;
    use ark_ec::pairing::Pairing;

    /// The generators' pairing, as ffjavascript 0.3 (under snarkjs 0.7.6) computes and writes it.
    const PAIRING: [[[&str; 2]; 3]; 2] = [
        [
            [
                "17264119758069723980713015158403419364912226240334615592005620718956030922389",
                "1300711225518851207585954685848229181392358478699795190245709208408267917898",
            ],
            [
                "8894217292938489450175280157304813535227569267786222825147475294561798790624",
                "1829859855596098509359522796979920150769875799037311140071969971193843357227",
            ],
            [
                "4968700049505451466697923764727215585075098085662966862137174841375779106779",
                "12814315002058128940449527172080950701976819591738376253772993495204862218736",
            ],
        ],
        [
            [
                "4233474252585134102088637248223601499779641130562251948384759786370563844606",
                "9420544134055737381096389798327244442442230840902787283326002357297404128074",
            ],
            [
                "13457906610892676317612909831857663099224588803620954529514857102808143524905",
                "5122435115068592725432309312491733755581898052459744089947319066829791570839",
            ],
            [
                "8891987925005301465158626530377582234132838601606565363865129986128301774627",
                "440796048150724096437130979851431985500142692666486515369083499585648077975",
            ],
        ],
    ];

    #[test]
    fn the_pairing_is_written_as_snarkjs_writes_it() {
        let value = Bn254::pairing(G1Affine::generator(), G2Affine::generator());
        let written = Target::write(&value.0);
        assert!(written == Target(PAIRING.map(|half| half.map(|pair| pair.map(str::to_owned)))));
    }
}
