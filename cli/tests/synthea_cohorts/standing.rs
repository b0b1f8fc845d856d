//! How patients stand to a study, dealt out in turn: some consent, and some do not.

use salus_protocol::consent::{Consent, DiseaseArea, Grant, Modifier, Permission, Region, Terms};
use salus_protocol::nullifier::Scope;
use salus_protocol::purpose::{Ask, Institution, Purpose, Research};
use salus_protocol::record::Salt;
use salus_protocol::row_commitment::RowSalt;

/// A patient's consent, towards a company's study of type 2 diabetes that asks for contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    GeneralResearch,
    HealthResearch,
    Diabetes,
    ThisStudyOnly,
    None,
    OtherDisease,
    OtherStudyOnly,
    CountedOnly,
    NonProfitOnly,
    Expired,
}

impl Standing {
    /// Of twelve patients, six are covered and six are not.
    const TURNS: [Self; 12] = [
        Self::GeneralResearch,
        Self::None,
        Self::HealthResearch,
        Self::Diabetes,
        Self::OtherDisease,
        Self::ThisStudyOnly,
        Self::GeneralResearch,
        Self::CountedOnly,
        Self::HealthResearch,
        Self::NonProfitOnly,
        Self::Expired,
        Self::OtherStudyOnly,
    ];

    pub(crate) fn of(place: usize) -> Self {
        Self::TURNS[place % Self::TURNS.len()]
    }

    /// Whether it covers the study: what each of them means, not how it is encoded.
    pub(crate) fn covers(self) -> bool {
        matches!(
            self,
            Self::GeneralResearch | Self::HealthResearch | Self::Diabetes | Self::ThisStudyOnly
        )
    }

    /// Whether it lets a count for the study include them: asking for no contact, and not
    /// limited to one study.
    pub(crate) fn may_be_counted(self) -> bool {
        matches!(
            self,
            Self::GeneralResearch | Self::HealthResearch | Self::Diabetes | Self::CountedOnly
        )
    }

    /// The consent. Who gave none makes up one that would cover the study.
    pub(crate) fn consent(self, this_study: Scope, other_study: Scope) -> Consent {
        let contacted = Terms::none().grant(Grant::Counted).grant(Grant::Contacted);
        let general = contacted.permit(Permission::GeneralResearch);
        let terms = match self {
            Self::HealthResearch => contacted.permit(Permission::HealthResearch),
            Self::Diabetes => contacted.permit(Permission::Disease(DiseaseArea::Diabetes)),
            Self::OtherDisease => contacted.permit(Permission::Disease(DiseaseArea::Cancer)),
            Self::CountedOnly => Terms::none()
                .permit(Permission::GeneralResearch)
                .grant(Grant::Counted),
            Self::NonProfitOnly => general.modify(Modifier::NonProfitOrganisation),
            _ => general,
        };
        let until = match self {
            Self::Expired => "2026-06-30",
            _ => "2029-12-31",
        };
        Consent {
            terms,
            from: "2020-01-01".parse().unwrap(),
            until: until.parse().unwrap(),
            institution: None,
            project: match self {
                Self::ThisStudyOnly => Some(this_study),
                Self::OtherStudyOnly => Some(other_study),
                _ => None,
            },
            salt: Salt::random().unwrap(),
            row_salt: RowSalt::zero(),
        }
    }
}

/// What the study is for.
pub(crate) fn purpose() -> Purpose {
    Purpose {
        research: Research::Disease(DiseaseArea::Type2Diabetes),
        ask: Ask::Contact,
        institution: Institution::new("A company").unwrap(),
        region: Region::EuropeanEconomicArea,
        for_profit: true,
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
