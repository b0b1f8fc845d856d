//! Consent: what a subject allows, in GA4GH DUO's terms, and its commitments.
//!
//! A consent has permissions, modifiers (a deny wins over a permit), three separate grants, a
//! validity window and a salt. There is no consent by default.
//! Spec: docs/spec/consent.md.

mod duo;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::field::{Fr, element_type};
use crate::nullifier::Scope;
use crate::poseidon::{self, Domain};
use crate::purpose::Institution;
use crate::record::Salt;
use crate::row::{FIELDS, Row};
use crate::row_commitment::{RowCommitment, RowSalt};

pub use duo::{DiseaseArea, Grant, MODIFIERS, Modifier, PERMISSIONS, Permission, Region};

/// Grants in a consent.
pub const GRANTS: usize = 3;
/// Bits of permissions, modifiers and grants together.
pub const TERM_BITS: usize = PERMISSIONS + MODIFIERS + GRANTS;
/// Bit of a consent's row, among its terms, that says that an institution is named.
pub const INSTITUTION_BIT: usize = TERM_BITS;
/// Bit of a consent's row, among its terms, that says that a study is named.
pub const STUDY_BIT: usize = TERM_BITS + 1;
/// Where the first day of validity stands in a consent's packed word.
pub const FROM_BIT: u32 = 54;
/// Where the last day of validity stands in a consent's packed word.
pub const UNTIL_BIT: u32 = 74;

element_type! {
    /// Hides and binds a consent. Zero stands for "no consent".
    ConsentCommitment
}

/// Permissions, modifiers and grants as bits: permission `i` at bit `i`, modifier `i` at bit
/// `28 + i`, grant `i` at bit `48 + i`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct Terms(u64);

impl Terms {
    /// Terms with nothing permitted and nothing granted.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// With a permission.
    #[must_use]
    pub fn permit(self, permission: Permission) -> Self {
        Self(self.0 | 1 << permission.bit())
    }

    /// With a modifier.
    #[must_use]
    pub fn modify(self, modifier: Modifier) -> Self {
        Self(self.0 | 1 << (PERMISSIONS + modifier.bit()))
    }

    /// Limited to these regions: every other region is denied.
    #[must_use]
    pub fn only_in(self, regions: &[Region]) -> Self {
        Region::ALL
            .into_iter()
            .filter(|region| !regions.contains(region))
            .fold(self, |terms, region| terms.modify(Modifier::NotIn(region)))
    }

    /// With a grant.
    #[must_use]
    pub fn grant(self, grant: Grant) -> Self {
        Self(self.0 | 1 << (PERMISSIONS + MODIFIERS + grant.bit()))
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Reads bits; `None` when one beyond the last grant is set.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Option<Self> {
        if bits >> TERM_BITS == 0 {
            Some(Self(bits))
        } else {
            None
        }
    }

    /// The permissions.
    #[must_use]
    pub fn permissions(self) -> Vec<Permission> {
        Permission::all()
            .filter(|p| self.0 >> p.bit() & 1 == 1)
            .collect()
    }

    /// The modifiers.
    #[must_use]
    pub fn modifiers(self) -> Vec<Modifier> {
        Modifier::all()
            .filter(|m| self.0 >> (PERMISSIONS + m.bit()) & 1 == 1)
            .collect()
    }

    /// Whether something is granted.
    #[must_use]
    pub fn grants(self, grant: Grant) -> bool {
        self.0 >> (PERMISSIONS + MODIFIERS + grant.bit()) & 1 == 1
    }
}

impl Serialize for Terms {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut names: Vec<String> = self.permissions().iter().map(ToString::to_string).collect();
        names.extend(self.modifiers().iter().map(ToString::to_string));
        names.extend(
            Grant::ALL
                .iter()
                .filter(|g| self.grants(**g))
                .map(ToString::to_string),
        );
        s.collect_seq(names)
    }
}

impl<'de> Deserialize<'de> for Terms {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let names = <Vec<String> as Deserialize>::deserialize(d)?;
        names.iter().try_fold(Self::none(), |terms, name| {
            if let Some(permission) = Permission::all().find(|p| p.to_string() == *name) {
                Ok(terms.permit(permission))
            } else if let Some(modifier) = Modifier::all().find(|m| m.to_string() == *name) {
                Ok(terms.modify(modifier))
            } else if let Some(grant) = Grant::ALL.iter().find(|g| g.to_string() == *name) {
                Ok(terms.grant(*grant))
            } else {
                Err(serde::de::Error::custom(format!(
                    "{name:?} is no term of consent"
                )))
            }
        })
    }
}

/// A consent with its opening: held by the subject, and by the custodian who is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// What is permitted, denied and granted.
    pub terms: Terms,
    /// First day on which the consent is in force.
    pub from: Day,
    /// Last day on which the consent is in force.
    pub until: Day,
    /// Only studies of this institution, if any is named (DUO IS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution: Option<Institution>,
    /// Only this study, if any is named (DUO PS).
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "read_project"
    )]
    pub project: Option<Scope>,
    /// Hides the consent commitment.
    pub salt: Salt,
    /// Hides the consent's row commitment.
    pub row_salt: RowSalt,
}

/// Refuses the scope zero: it commits as "no study named", so it would limit nothing.
fn read_project<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Scope>, D::Error> {
    let project = <Option<Scope> as Deserialize>::deserialize(d)?;
    if project.is_some_and(|scope| scope.element() == Fr::from(0u64)) {
        return Err(serde::de::Error::custom(
            "zero names no study: leave `project` out",
        ));
    }
    Ok(project)
}

impl Consent {
    /// The packed word: the terms' bits, the first day at bit 54, the last day at bit 74.
    #[must_use]
    pub fn word(&self) -> Fr {
        let packed = u128::from(self.terms.bits())
            | u128::from(self.from.number()) << FROM_BIT
            | u128::from(self.until.number()) << UNTIL_BIT;
        Fr::from(packed)
    }

    /// The named institution as circuits see it; zero when none is named.
    #[must_use]
    pub fn institution_element(&self) -> Fr {
        self.institution
            .as_ref()
            .map(Institution::element)
            .unwrap_or_default()
    }

    /// The named study as circuits see it; zero when none is named.
    #[must_use]
    pub fn project_element(&self) -> Fr {
        self.project
            .map(|scope| scope.element())
            .unwrap_or_default()
    }

    /// The consent commitment: `H_consent(word, institution, project, salt)`.
    #[must_use]
    pub fn commitment(&self) -> ConsentCommitment {
        let inputs = [
            self.word(),
            self.institution_element(),
            self.project_element(),
            self.salt.element(),
        ];
        ConsentCommitment::new(poseidon::hash(Domain::Consent, &inputs))
    }

    /// The consent as a row: the terms' bits, whether an institution is named
    /// ([`INSTITUTION_BIT`]) and whether a study is ([`STUDY_BIT`]), 16 a field, lowest first, in
    /// fields 0 to 3; first and last day in 4 and 5; the institution's and the study's element,
    /// lowest part first, in 6 to 21 and 22 to 37.
    #[must_use]
    pub fn row(&self) -> Row {
        let terms = self.terms.bits()
            | u64::from(self.institution.is_some()) << INSTITUTION_BIT
            | u64::from(self.project.is_some()) << STUDY_BIT;
        let parts = (0..4).map(|i| (terms >> (16 * i)) as u16);
        let days = [self.from.number(), self.until.number()];
        let elements = [self.institution_element(), self.project_element()];
        let limbs = elements.iter().flat_map(|element| {
            let bytes = crate::field::to_bytes(element);
            (0..16)
                .rev()
                .map(move |i| u16::from_be_bytes([bytes[2 * i], bytes[2 * i + 1]]))
        });
        let mut values = [0u16; FIELDS];
        for (slot, value) in values.iter_mut().zip(parts.chain(days).chain(limbs)) {
            *slot = value;
        }
        Row::new(values)
    }

    /// The consent's row commitment, for cohort proofs.
    #[must_use]
    pub fn row_commitment(&self) -> RowCommitment {
        RowCommitment::of_consent(&self.row(), &self.row_salt)
    }
}

impl std::fmt::Debug for Consent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Consent(redacted)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_term_has_its_own_bit_and_name() {
        let mut all = Terms::none();
        let mut count = 0;
        let single = Permission::all()
            .map(|p| Terms::none().permit(p))
            .chain(Modifier::all().map(|m| Terms::none().modify(m)))
            .chain(Grant::ALL.iter().map(|g| Terms::none().grant(*g)));
        for term in single {
            assert_eq!(term.bits().count_ones(), 1);
            all = Terms(all.0 | term.0);
            count += 1;
        }
        assert_eq!(all.bits().count_ones(), count);
        assert!(Terms::from_bits(all.bits()).is_some());
        assert!(Terms::from_bits(1 << TERM_BITS).is_none());
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Terms>(&text).unwrap(), all);
    }

    #[test]
    fn the_row_says_whom_the_consent_is_limited_to() {
        let consent = Consent {
            terms: Terms::none().grant(Grant::Counted),
            from: Day::FIRST,
            until: Day::LAST,
            institution: None,
            project: None,
            salt: Salt::new(Fr::from(7u64)),
            row_salt: RowSalt::zero(),
        };
        assert_eq!(consent.row().values()[..7], [0, 0, 0, 1, 1, 65_535, 0]);
        let institution = Consent {
            institution: Some(Institution::new("A").unwrap()),
            ..consent.clone()
        };
        assert_eq!(institution.row().values()[3], 0b01001);
        let study = Consent {
            project: Some(Scope::new(Fr::from(1u64))),
            ..consent
        };
        assert_eq!(study.row().values()[3], 0b10001);
        assert_eq!(study.row().values()[22], 1);
    }

    #[test]
    fn each_part_changes_the_commitment() {
        let consent = Consent {
            terms: Terms::none()
                .permit(Permission::HealthResearch)
                .grant(Grant::Contacted),
            from: "2020-01-01".parse().unwrap(),
            until: "2021-01-01".parse().unwrap(),
            institution: None,
            project: None,
            salt: Salt::new(Fr::from(7u64)),
            row_salt: RowSalt::random().unwrap(),
        };
        let base = consent.commitment();
        let changed = [
            Consent {
                terms: consent.terms.grant(Grant::Shared),
                ..consent.clone()
            },
            Consent {
                from: "2020-01-02".parse().unwrap(),
                ..consent.clone()
            },
            Consent {
                until: "2021-01-02".parse().unwrap(),
                ..consent.clone()
            },
            Consent {
                institution: Some(Institution::new("A").unwrap()),
                ..consent.clone()
            },
            Consent {
                project: Some(Scope::new(Fr::from(1u64))),
                ..consent.clone()
            },
            Consent {
                salt: Salt::new(Fr::from(8u64)),
                ..consent.clone()
            },
        ];
        let row = consent.row_commitment();
        for (i, other) in changed.iter().enumerate() {
            assert_ne!(other.commitment(), base);
            let is_salt = i + 1 == changed.len();
            assert_eq!(
                other.row_commitment() == row,
                is_salt,
                "the salts are separate"
            );
        }
    }
}
