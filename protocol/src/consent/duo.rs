//! GA4GH DUO's terms as Salus knows them, and where each stands among the bits.
//!
//! A term that cannot be decided from a study's declared purpose (RS, CC) is absent: a consent
//! that holds one cannot be imported.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Number of permission bits.
pub const PERMISSIONS: usize = 28;
/// Number of modifier bits.
pub const MODIFIERS: usize = 20;

/// What research a consent permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// GRU (DUO:0000042), and NRES (DUO:0000004): any research.
    GeneralResearch,
    /// HMB (DUO:0000006): health, medical and biomedical research, not of ancestry.
    HealthResearch,
    /// POA (DUO:0000011): population origins or ancestry.
    Ancestry,
    /// DS (DUO:0000007): research on a disease area, and all areas below it.
    Disease(DiseaseArea),
}

impl Permission {
    /// Every permission, by bit.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::GeneralResearch, Self::HealthResearch, Self::Ancestry]
            .into_iter()
            .chain(DiseaseArea::ALL.into_iter().map(Self::Disease))
    }

    /// The permission's bit, below 28.
    #[must_use]
    pub const fn bit(self) -> usize {
        match self {
            Self::GeneralResearch => 0,
            Self::HealthResearch => 1,
            Self::Ancestry => 2,
            Self::Disease(area) => 3 + area as usize,
        }
    }
}

impl std::fmt::Display for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::GeneralResearch => f.write_str("GRU"),
            Self::HealthResearch => f.write_str("HMB"),
            Self::Ancestry => f.write_str("POA"),
            Self::Disease(area) => write!(f, "DS:{area}"),
        }
    }
}

/// Declares an enum whose values have a stable number and a name.
macro_rules! named_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
                 BorshSerialize, BorshDeserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)* }

        impl $name {
            /// Every value, by number.
            pub const ALL: [Self; [$($text),*].len()] = [$(Self::$variant),*];
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$variant => $text,)* })
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownName;
            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.into_iter().find(|v| v.to_string() == text).ok_or_else(|| UnknownName {
                    text: text.chars().take(60).collect(),
                    known: [$($text),*].join(", "),
                })
            }
        }
    };
}

/// A name that stands for nothing here.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("{text:?} is not known; use one of: {known}")]
pub struct UnknownName {
    text: String,
    known: String,
}

named_enum! {
    /// A disease area. Areas form a tree: consent to one covers all below it, never above.
    DiseaseArea {
        /// Cancers.
        Cancer = "cancer",
        /// Breast cancer.
        BreastCancer = "breast-cancer",
        /// Lung cancer.
        LungCancer = "lung-cancer",
        /// Colorectal cancer.
        ColorectalCancer = "colorectal-cancer",
        /// Prostate cancer.
        ProstateCancer = "prostate-cancer",
        /// Cancers of blood and lymph.
        BloodCancer = "blood-cancer",
        /// Diseases of heart and vessels.
        Cardiovascular = "cardiovascular",
        /// Heart failure.
        HeartFailure = "heart-failure",
        /// Ischaemic heart disease, myocardial infarction included.
        IschaemicHeart = "ischaemic-heart",
        /// Stroke.
        Stroke = "stroke",
        /// Atrial fibrillation.
        AtrialFibrillation = "atrial-fibrillation",
        /// Hypertension.
        Hypertension = "hypertension",
        /// Endocrine and metabolic diseases.
        Metabolic = "metabolic",
        /// Diabetes.
        Diabetes = "diabetes",
        /// Type 2 diabetes.
        Type2Diabetes = "type-2-diabetes",
        /// Obesity.
        Obesity = "obesity",
        /// Kidney diseases.
        Kidney = "kidney",
        /// Respiratory diseases.
        Respiratory = "respiratory",
        /// Asthma.
        Asthma = "asthma",
        /// Mental health.
        MentalHealth = "mental-health",
        /// Neurological diseases.
        Neurological = "neurological",
        /// Dementia.
        Dementia = "dementia",
        /// Infectious diseases.
        Infectious = "infectious",
        /// Diseases of bones, joints and muscles.
        Musculoskeletal = "musculoskeletal",
        /// Immune-mediated diseases.
        Immune = "immune",
    }
}

impl DiseaseArea {
    /// The area right above, if any.
    #[must_use]
    pub const fn parent(self) -> Option<Self> {
        match self {
            Self::BreastCancer
            | Self::LungCancer
            | Self::ColorectalCancer
            | Self::ProstateCancer
            | Self::BloodCancer => Some(Self::Cancer),
            Self::HeartFailure
            | Self::IschaemicHeart
            | Self::Stroke
            | Self::AtrialFibrillation
            | Self::Hypertension => Some(Self::Cardiovascular),
            Self::Diabetes | Self::Obesity => Some(Self::Metabolic),
            Self::Type2Diabetes => Some(Self::Diabetes),
            Self::Asthma => Some(Self::Respiratory),
            Self::Dementia => Some(Self::Neurological),
            _ => None,
        }
    }

    /// This area and every area above it.
    pub fn with_ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |area| area.parent())
    }
}

named_enum! {
    /// A region of the world, for DUO's geographical restriction (GS).
    Region {
        /// Africa.
        Africa = "africa",
        /// Asia without the Middle East.
        Asia = "asia",
        /// The European Union, Iceland, Liechtenstein and Norway.
        EuropeanEconomicArea = "eea",
        /// Europe outside the European Economic Area.
        OtherEurope = "other-europe",
        /// The Middle East.
        MiddleEast = "middle-east",
        /// North America.
        NorthAmerica = "north-america",
        /// Latin America and the Caribbean.
        LatinAmerica = "latin-america",
        /// Oceania.
        Oceania = "oceania",
    }
}

/// A condition on the study. A study that does not meet it is denied, whatever is permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Modifier {
    /// NPU (DUO:0000045): not-for-profit organisations only.
    NonProfitOrganisation,
    /// NCU (DUO:0000046): non-commercial use only. NPUNCU (DUO:0000018) is this and NPU.
    NonCommercialUse,
    /// NPOA (DUO:0000044): no ancestry research.
    NoAncestry,
    /// NMDS (DUO:0000015): no general methods research.
    NoMethods,
    /// GSO (DUO:0000016): genetic studies only.
    GeneticOnly,
    /// PUB (DUO:0000019): results must be published.
    Publication,
    /// COL (DUO:0000020): collaboration with the primary investigators.
    Collaboration,
    /// RTN (DUO:0000029): derived data must be returned.
    ReturnData,
    /// IRB (DUO:0000021): ethics approval.
    EthicsApproval,
    /// MOR (DUO:0000024): a publication moratorium is kept.
    Moratorium,
    /// US (DUO:0000026): approved users only.
    ApprovedUsers,
    /// GS (DUO:0000022): not in this region.
    NotIn(Region),
}

impl Modifier {
    const PLAIN: [(Self, &'static str); 11] = [
        (Self::NonProfitOrganisation, "NPU"),
        (Self::NonCommercialUse, "NCU"),
        (Self::NoAncestry, "NPOA"),
        (Self::NoMethods, "NMDS"),
        (Self::GeneticOnly, "GSO"),
        (Self::Publication, "PUB"),
        (Self::Collaboration, "COL"),
        (Self::ReturnData, "RTN"),
        (Self::EthicsApproval, "IRB"),
        (Self::Moratorium, "MOR"),
        (Self::ApprovedUsers, "US"),
    ];

    /// Every modifier, by bit.
    pub fn all() -> impl Iterator<Item = Self> {
        let plain = Self::PLAIN.into_iter().map(|(modifier, _)| modifier);
        plain.chain(Region::ALL.into_iter().map(Self::NotIn))
    }

    /// The modifier's bit, below 20.
    #[must_use]
    pub fn bit(self) -> usize {
        match self {
            Self::NotIn(region) => Self::PLAIN.len() + region as usize,
            plain => Self::PLAIN
                .iter()
                .take_while(|(modifier, _)| *modifier != plain)
                .count(),
        }
    }
}

impl std::fmt::Display for Modifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotIn(region) => write!(f, "GS:not-{region}"),
            plain => f.write_str(Self::PLAIN[plain.bit()].1),
        }
    }
}

named_enum! {
    /// Something a subject grants, each on its own.
    Grant {
        /// Be counted in cohort answers.
        Counted = "be-counted",
        /// Be contacted by the study.
        Contacted = "be-contacted",
        /// Share record-level data with the study.
        Shared = "share-data",
    }
}

impl Grant {
    /// The grant's bit, below 3.
    #[must_use]
    pub const fn bit(self) -> usize {
        self as usize
    }
}
