//! Terms of consent in plain words.

use salus_node::pages::{area_name, region_name};
use salus_protocol::consent::{Consent, Grant, Modifier, Permission, Terms};

/// A consent in words.
#[derive(Debug)]
pub(super) struct ConsentInWords {
    /// What is granted, each with whether it is.
    pub(super) grants: Vec<(&'static str, bool)>,
    /// What research is permitted.
    pub(super) permits: Vec<String>,
    /// What is not, all the same.
    pub(super) conditions: Vec<String>,
    pub(super) from: String,
    pub(super) until: String,
}

impl ConsentInWords {
    pub(super) fn of(consent: &Consent) -> Self {
        let terms = consent.terms;
        let mut conditions: Vec<String> = conditions(terms);
        if let Some(institution) = &consent.institution {
            conditions.push(format!("only studies of {}", institution.name()));
        }
        if consent.project.is_some() {
            conditions.push("only one study".to_owned());
        }
        Self {
            grants: Grant::ALL
                .map(|each| (grant(each), terms.grants(each)))
                .to_vec(),
            permits: terms.permissions().into_iter().map(permission).collect(),
            conditions,
            from: consent.from.to_string(),
            until: consent.until.to_string(),
        }
    }
}

const fn grant(grant: Grant) -> &'static str {
    match grant {
        Grant::Counted => "be counted in totals",
        Grant::Contacted => "be contacted by a study, when you volunteer",
        Grant::Shared => "share record-level data with a study, when you volunteer",
    }
}

fn permission(permission: Permission) -> String {
    match permission {
        Permission::GeneralResearch => "research of any kind".to_owned(),
        Permission::HealthResearch => "health and medical research".to_owned(),
        Permission::Ancestry => "research on population origins or ancestry".to_owned(),
        Permission::Disease(area) => {
            format!(
                "research on {}, and all that belongs to it",
                area_name(area)
            )
        }
    }
}

/// The regions that are left come as one sentence rather than as all that are denied.
fn conditions(terms: Terms) -> Vec<String> {
    let modifiers = terms.modifiers();
    let denied = |region| modifiers.contains(&Modifier::NotIn(region));
    let regions = salus_protocol::consent::Region::ALL;
    let left: Vec<String> = regions
        .into_iter()
        .filter(|region| !denied(*region))
        .map(region_name)
        .collect();
    let plain = modifiers.iter().filter_map(|modifier| plain(*modifier));
    let mut conditions: Vec<String> = plain.map(str::to_owned).collect();
    if left.len() < regions.len() {
        conditions.push(format!("only in these regions: {}", left.join(", ")));
    }
    conditions
}

const fn plain(modifier: Modifier) -> Option<&'static str> {
    Some(match modifier {
        Modifier::NonProfitOrganisation => "only by organisations that are not for profit",
        Modifier::NonCommercialUse => "not for commercial use",
        Modifier::NoAncestry => "no ancestry research",
        Modifier::NoMethods => "no research on methods",
        Modifier::GeneticOnly => "genetic studies only",
        Modifier::Publication => "results must be published",
        Modifier::Collaboration => "the primary investigators must be part of it",
        Modifier::ReturnData => "derived data must be returned",
        Modifier::EthicsApproval => "only with ethics approval",
        Modifier::Moratorium => "a publication moratorium is kept",
        Modifier::ApprovedUsers => "only users approved by name",
        Modifier::NotIn(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use salus_protocol::consent::{DiseaseArea, Region};

    #[test]
    fn terms_are_said_in_words() {
        let terms = Terms::none()
            .permit(Permission::Disease(DiseaseArea::Diabetes))
            .modify(Modifier::NonCommercialUse)
            .only_in(&[Region::EuropeanEconomicArea, Region::Africa]);
        let said = conditions(terms);
        assert_eq!(
            said,
            [
                "not for commercial use",
                "only in these regions: Africa, the European Economic Area"
            ]
        );
        assert_eq!(
            permission(Permission::Disease(DiseaseArea::Diabetes)),
            "research on diabetes, and all that belongs to it"
        );
        assert!(conditions(Terms::none()).is_empty());
    }
}
