//! A study's purpose, in the same DUO terms as consent, and how the two match.
//!
//! [`Purpose::masks`] is the one place that decides which permissions cover a study and which
//! modifiers deny it. Spec: docs/spec/consent.md, section "Matching".

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::consent::{
    DiseaseArea, Grant, MODIFIERS, Modifier, PERMISSIONS, Permission, Region, Terms,
};
use crate::field::{self, Fr, element_type};

/// What kind of research a study is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    BorshSerialize,
    BorshDeserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Research {
    /// Research of any kind, beyond health: only general consent covers it.
    General,
    /// Health, medical or biomedical research without a stated disease.
    Health,
    /// Research on a disease area.
    Disease(DiseaseArea),
    /// Population origins or ancestry.
    Ancestry,
}

/// An institution's name, as DUO's institution-specific restriction compares it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, BorshSerialize)]
#[serde(try_from = "String", into = "String")]
pub struct Institution(String);

/// Why a text is not an institution's name.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error(
    "an institution's name has 1 to 200 bytes, no space at either end and no control characters"
)]
pub struct InstitutionError;

impl Institution {
    /// Checks a name.
    ///
    /// # Errors
    /// [`InstitutionError`] for an empty, padded or overlong name, or one with control characters.
    pub fn new(name: impl Into<String>) -> Result<Self, InstitutionError> {
        let name = name.into();
        let plain = !name.chars().any(crate::is_deceptive);
        let fits = !name.is_empty() && name.len() <= 200 && name.trim() == name && plain;
        if fits {
            Ok(Self(name))
        } else {
            Err(InstitutionError)
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The institution as circuits see it: 248 bits of a SHA-256 digest.
    #[must_use]
    pub fn element(&self) -> Fr {
        let mut hasher = Sha256::new();
        hasher.update(b"salus/v1/institution\0");
        hasher.update(self.0.as_bytes());
        field::from_digest(&hasher.finalize().into())
    }
}

impl TryFrom<String> for Institution {
    type Error = InstitutionError;
    fn try_from(name: String) -> Result<Self, InstitutionError> {
        Self::new(name)
    }
}

impl From<Institution> for String {
    fn from(institution: Institution) -> Self {
        institution.0
    }
}

impl BorshDeserialize for Institution {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        Self::new(<String as BorshDeserialize>::deserialize_reader(reader)?)
            .map_err(|e| std::io::Error::new(std::io::ErrorKind::InvalidData, e))
    }
}

/// What a study asks of the people it finds. Being counted alone is no reason to prove
/// eligibility, so every purpose asks for one of these.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    BorshSerialize,
    BorshDeserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// To contact them.
    Contact,
    /// To receive record-level data.
    Data,
    /// Both.
    ContactAndData,
}

/// What a study is for, as its sponsor declares and ethics boards approve it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// The kind of research.
    pub research: Research,
    /// What it asks of people.
    pub ask: Ask,
    /// The institution that runs it.
    pub institution: Institution,
    /// Where it is run.
    pub region: Region,
    /// Run by an organisation for profit.
    pub for_profit: bool,
    /// For commercial use.
    pub commercial: bool,
    /// Develops methods, such as software or algorithms.
    pub methods: bool,
    /// Genetic data only.
    pub genetic: bool,
    /// Undertakes to publish.
    pub publishes: bool,
    /// Undertakes to collaborate with the primary investigators.
    pub collaborates: bool,
    /// Undertakes to return derived data.
    pub returns_data: bool,
    /// Has ethics approval.
    pub ethics_approval: bool,
    /// Undertakes to keep a publication moratorium.
    pub moratorium: bool,
    /// Its users are approved by name.
    pub approved_users: bool,
}

element_type! {
    /// A purpose's masks in one public input.
    PurposeCode
}

/// What a consent's bits are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Masks {
    /// Permissions of which one at least must be given.
    pub covering: u64,
    /// Modifiers of which none may be given.
    pub denying: u64,
    /// Grants that must all be given.
    pub required: u64,
}

impl Masks {
    /// The masks as one number: covering at bit 0, denying at bit 28, required at bit 48.
    #[must_use]
    pub fn code(&self) -> PurposeCode {
        let bits = self.covering
            | self.denying << PERMISSIONS
            | self.required << (PERMISSIONS + MODIFIERS);
        PurposeCode::new(Fr::from(bits))
    }
}

impl Purpose {
    /// A purpose of which nothing is declared and nothing undertaken.
    #[must_use]
    pub const fn undeclared(
        research: Research,
        ask: Ask,
        institution: Institution,
        region: Region,
    ) -> Self {
        Self {
            research,
            ask,
            institution,
            region,
            for_profit: false,
            commercial: false,
            methods: false,
            genetic: false,
            publishes: false,
            collaborates: false,
            returns_data: false,
            ethics_approval: false,
            moratorium: false,
            approved_users: false,
        }
    }

    /// Which permissions cover this purpose, which modifiers deny it, which grants it needs.
    #[must_use]
    pub fn masks(&self) -> Masks {
        let terms = Terms::none();
        let terms = self
            .covering()
            .fold(terms, |terms, permission| terms.permit(permission));
        let terms = self
            .denying()
            .fold(terms, |terms, modifier| terms.modify(modifier));
        let terms = self
            .required()
            .iter()
            .fold(terms, |terms, grant| terms.grant(*grant));
        let part = |from: usize, bits: usize| terms.bits() >> from & ((1 << bits) - 1);
        Masks {
            covering: part(0, PERMISSIONS),
            denying: part(PERMISSIONS, MODIFIERS),
            required: part(PERMISSIONS + MODIFIERS, crate::consent::GRANTS),
        }
    }

    /// Permissions each of which covers this purpose.
    fn covering(&self) -> impl Iterator<Item = Permission> {
        let health = matches!(self.research, Research::Health | Research::Disease(_));
        let ancestry = self.research == Research::Ancestry;
        let area = match self.research {
            Research::Disease(area) => Some(area),
            _ => None,
        };
        std::iter::once(Permission::GeneralResearch)
            .chain(health.then_some(Permission::HealthResearch))
            .chain(ancestry.then_some(Permission::Ancestry))
            .chain(
                area.into_iter()
                    .flat_map(DiseaseArea::with_ancestors)
                    .map(Permission::Disease),
            )
    }

    /// Modifiers each of which denies this purpose.
    fn denying(&self) -> impl Iterator<Item = Modifier> {
        use Modifier as M;
        [
            (self.for_profit, M::NonProfitOrganisation),
            (self.commercial, M::NonCommercialUse),
            (self.research == Research::Ancestry, M::NoAncestry),
            (self.methods, M::NoMethods),
            (!self.genetic, M::GeneticOnly),
            (!self.publishes, M::Publication),
            (!self.collaborates, M::Collaboration),
            (!self.returns_data, M::ReturnData),
            (!self.ethics_approval, M::EthicsApproval),
            (!self.moratorium, M::Moratorium),
            (!self.approved_users, M::ApprovedUsers),
            (true, M::NotIn(self.region)),
        ]
        .into_iter()
        .filter_map(|(denies, modifier)| denies.then_some(modifier))
    }

    /// Grants that this purpose needs.
    #[must_use]
    pub const fn required(&self) -> &'static [Grant] {
        match self.ask {
            Ask::Contact => &[Grant::Contacted],
            Ask::Data => &[Grant::Shared],
            Ask::ContactAndData => &[Grant::Contacted, Grant::Shared],
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    pub(crate) fn purpose(research: Research) -> Purpose {
        Purpose {
            research,
            ask: Ask::Contact,
            institution: Institution::new("University Hospital").unwrap(),
            region: Region::EuropeanEconomicArea,
            for_profit: false,
            commercial: false,
            methods: false,
            genetic: false,
            publishes: true,
            collaborates: true,
            returns_data: true,
            ethics_approval: true,
            moratorium: true,
            approved_users: true,
        }
    }

    fn covers(permission: Permission, research: Research) -> bool {
        purpose(research).masks().covering >> permission.bit() & 1 == 1
    }

    #[test]
    fn consent_for_cancer_covers_lung_cancer_never_the_reverse() {
        use DiseaseArea::{Cancer, LungCancer};
        assert!(covers(
            Permission::Disease(Cancer),
            Research::Disease(LungCancer)
        ));
        assert!(covers(
            Permission::Disease(Cancer),
            Research::Disease(Cancer)
        ));
        assert!(!covers(
            Permission::Disease(LungCancer),
            Research::Disease(Cancer)
        ));
        assert!(!covers(Permission::Disease(LungCancer), Research::Health));
    }

    #[test]
    fn general_covers_all_and_health_covers_no_ancestry() {
        for research in [Research::General, Research::Health, Research::Ancestry] {
            assert!(covers(Permission::GeneralResearch, research));
        }
        assert!(covers(
            Permission::HealthResearch,
            Research::Disease(DiseaseArea::Asthma)
        ));
        assert!(!covers(Permission::HealthResearch, Research::Ancestry));
        assert!(!covers(Permission::HealthResearch, Research::General));
        assert!(!covers(Permission::Ancestry, Research::Health));
    }

    #[test]
    fn a_condition_that_is_not_met_denies() {
        let denies = |purpose: &Purpose, m: Modifier| purpose.masks().denying >> m.bit() & 1 == 1;
        let mut study = purpose(Research::Health);
        assert!(!denies(&study, Modifier::NonProfitOrganisation));
        study.for_profit = true;
        assert!(denies(&study, Modifier::NonProfitOrganisation));
        assert!(denies(
            &study,
            Modifier::NotIn(Region::EuropeanEconomicArea)
        ));
        assert!(!denies(&study, Modifier::NotIn(Region::Asia)));
        assert!(denies(&study, Modifier::GeneticOnly));
    }
}
