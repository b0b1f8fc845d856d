//! The codes of GA4GH's Data Use Ontology and the terms of consent that they stand for, both ways.

use salus_protocol::consent::{DiseaseArea, Modifier, Permission, Region, Terms};
use salus_protocol::nullifier::Scope;
use salus_protocol::purpose::Institution;

use super::wish::{NoConsent, Wish, one_value};
use super::{DISEASE_AREA, INSTITUTION, Purpose, Qualifier, REGION, STUDY};
use crate::fhir::coding::Coding;
use crate::fhir::systems::{DUO, SNOMED};

/// The Mondo Disease Ontology.
const MONDO: &str = "http://purl.obolibrary.org/obo/mondo.owl";
/// UN M49, by whose areas a region can be given.
const M49: &str = "http://unstats.un.org/unsd/methods/m49/m49.htm";
/// Where the terms of OBO ontologies, DUO among them, have their addresses.
const OBO: &str = "http://purl.obolibrary.org/obo/";

/// DS: its qualifiers are disease areas.
const DISEASE: &str = "0000007";
/// GS: its qualifiers are regions.
const GEOGRAPHY: &str = "0000022";
/// IS: its qualifier is an institution.
const INSTITUTION_ONLY: &str = "0000028";
/// PS: its qualifier is a study.
const STUDY_ONLY: &str = "0000027";

/// Permissions without a qualifier. NRES reads as GRU, which is listed first.
const PERMISSIONS: [(Permission, &str); 4] = [
    (Permission::GeneralResearch, "0000042"),
    (Permission::GeneralResearch, "0000004"),
    (Permission::HealthResearch, "0000006"),
    (Permission::Ancestry, "0000011"),
];

/// Modifiers without a qualifier. 0000018 is NPU and NCU in one code, and written as the two.
const MODIFIERS: [(Modifier, &str); 13] = [
    (Modifier::NonProfitOrganisation, "0000045"),
    (Modifier::NonCommercialUse, "0000046"),
    (Modifier::NonProfitOrganisation, "0000018"),
    (Modifier::NonCommercialUse, "0000018"),
    (Modifier::NoAncestry, "0000044"),
    (Modifier::NoMethods, "0000015"),
    (Modifier::GeneticOnly, "0000016"),
    (Modifier::Publication, "0000019"),
    (Modifier::Collaboration, "0000020"),
    (Modifier::EthicsApproval, "0000021"),
    (Modifier::Moratorium, "0000024"),
    (Modifier::ApprovedUsers, "0000026"),
    (Modifier::ReturnData, "0000029"),
];

/// Disease areas that have a code of just that meaning: SNOMED CT, Mondo.
const AREAS: [(DiseaseArea, &str, &str); 14] = [
    (DiseaseArea::Cancer, "363346000", "MONDO:0004992"),
    (DiseaseArea::BreastCancer, "254837009", "MONDO:0007254"),
    (DiseaseArea::LungCancer, "363358000", "MONDO:0008903"),
    (DiseaseArea::ProstateCancer, "399068003", "MONDO:0008315"),
    (DiseaseArea::Cardiovascular, "49601007", "MONDO:0004995"),
    (DiseaseArea::HeartFailure, "84114007", "MONDO:0005252"),
    (DiseaseArea::AtrialFibrillation, "49436004", "MONDO:0004981"),
    (DiseaseArea::Diabetes, "73211009", "MONDO:0005015"),
    (DiseaseArea::Type2Diabetes, "44054006", "MONDO:0005148"),
    (DiseaseArea::Kidney, "90708001", "MONDO:0005240"),
    (DiseaseArea::Respiratory, "50043002", "MONDO:0005087"),
    (DiseaseArea::Asthma, "195967001", "MONDO:0004979"),
    (DiseaseArea::MentalHealth, "74732009", "MONDO:0002025"),
    (DiseaseArea::Dementia, "52448006", "MONDO:0001627"),
];

/// What purposes state together.
#[derive(Debug, Default)]
pub(super) struct Stated {
    pub(super) terms: Terms,
    pub(super) institution: Option<Institution>,
    pub(super) project: Option<Scope>,
}

/// The terms that purposes state together: permissions add up, and so do modifiers.
pub(super) fn read(purposes: &[Purpose]) -> Result<Stated, NoConsent> {
    let mut stated = Stated::default();
    for purpose in purposes {
        let code = number(&purpose.coding).ok_or_else(|| undecided(purpose))?;
        stated.add(code, purpose)?;
    }
    Ok(stated)
}

impl Stated {
    fn add(&mut self, code: &str, purpose: &Purpose) -> Result<(), NoConsent> {
        match code {
            DISEASE => {
                for area in qualified(purpose, DISEASE_AREA, coded(area))? {
                    self.terms = self.terms.permit(Permission::Disease(area));
                }
            }
            GEOGRAPHY => {
                let regions = qualified(purpose, REGION, coded(region))?;
                self.terms = self.terms.only_in(&regions);
            }
            INSTITUTION_ONLY => {
                let named = one(purpose, INSTITUTION, |text| Institution::new(text).ok())?;
                // A second name leaves no institution, which can't be said.
                if self.institution.replace(named).is_some() {
                    return Err(undecided(purpose));
                }
            }
            STUDY_ONLY => {
                let named = one(purpose, STUDY, study)?;
                if self.project.replace(named).is_some() {
                    return Err(undecided(purpose));
                }
            }
            // A qualifier elsewhere narrows in a way that isn't known here.
            _ if !purpose.qualifiers.is_empty() => return Err(undecided(purpose)),
            _ => self.terms = plain(self.terms, code).ok_or_else(|| undecided(purpose))?,
        }
        Ok(())
    }
}

/// Terms with what a code without qualifier adds; `None` for RS, CC, TS and whatever comes later.
fn plain(terms: Terms, code: &str) -> Option<Terms> {
    let permission = PERMISSIONS.iter().find(|(_, known)| *known == code);
    if let Some((permission, _)) = permission {
        return Some(terms.permit(*permission));
    }
    let mut found = MODIFIERS
        .iter()
        .filter(|(_, known)| *known == code)
        .peekable();
    found.peek()?;
    Some(found.fold(terms, |terms, (modifier, _)| terms.modify(*modifier)))
}

fn undecided(purpose: &Purpose) -> NoConsent {
    let code = &purpose.coding.code;
    NoConsent::Purpose(if code.is_empty() {
        "without a code".to_owned()
    } else {
        purpose.coding.to_string()
    })
}

/// The digits of a DUO code, in one of its usual spellings: `DUO:0000042`, `DUO_0000042`, or the
/// term's address.
fn number(coding: &Coding) -> Option<&str> {
    let code = coding.code.strip_prefix(OBO).unwrap_or(&coding.code);
    let digits = code
        .strip_prefix("DUO:")
        .or_else(|| code.strip_prefix("DUO_"))?;
    ["", DUO, OBO].contains(&&*coding.system).then_some(digits)
}

fn qualified<T>(
    purpose: &Purpose,
    url: &str,
    read: impl Fn(&Qualifier) -> Option<T>,
) -> Result<Vec<T>, NoConsent> {
    let read = |qualifier: &Qualifier| {
        if qualifier.url != url {
            return None;
        }
        read(qualifier)
    };
    let values: Option<Vec<T>> = purpose.qualifiers.iter().map(read).collect();
    values
        .filter(|values| !values.is_empty())
        .ok_or_else(|| match purpose.qualifiers.first() {
            Some(qualifier) if !qualifier.codings.is_empty() => {
                let named: Vec<_> = qualifier.codings.iter().map(ToString::to_string).collect();
                NoConsent::Purpose(format!("{} ({})", purpose.coding.code, named.join(", ")))
            }
            _ => undecided(purpose),
        })
}

/// The one value that every coding of a qualifier has. Where one isn't known or has another value,
/// the widest of them isn't what was meant.
fn coded<T: PartialEq>(read: impl Fn(&Coding) -> Option<T>) -> impl Fn(&Qualifier) -> Option<T> {
    move |qualifier| one_value(&qualifier.codings, &read)
}

/// The value of a purpose's only qualifier, which is a text.
fn one<T>(purpose: &Purpose, url: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, NoConsent> {
    let texts = qualified(purpose, url, |qualifier| read(qualifier.text.as_deref()?))?;
    let mut texts = texts.into_iter();
    match (texts.next(), texts.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(undecided(purpose)),
    }
}

/// A study by its scope. Zero stands for no study, so it would limit nothing.
fn study(text: &str) -> Option<Scope> {
    let scope: Scope = text.parse().ok()?;
    (scope.to_bytes() != [0; 32]).then_some(scope)
}

/// A disease area by Salus's own name, or by the code that means just that.
fn area(coding: &Coding) -> Option<DiseaseArea> {
    if &*coding.system == DISEASE_AREA {
        return coding.code.parse().ok();
    }
    let known = AREAS
        .iter()
        .find(|(_, snomed, mondo)| coding.is(SNOMED, snomed) || coding.is(MONDO, mondo));
    known.map(|(area, ..)| *area)
}

/// A region. A country is finer than any region that Salus knows, and taking it for its region
/// would allow more than was said; so a country can't be decided.
fn region(coding: &Coding) -> Option<Region> {
    match (&*coding.system, &*coding.code) {
        (REGION, name) => name.parse().ok(),
        (M49, "021") => Some(Region::NorthAmerica),
        (M49, "419") => Some(Region::LatinAmerica),
        (M49, "009") => Some(Region::Oceania),
        _ => None,
    }
}

/// The purposes that state a wish's terms, institution and study. The caller has checked that the
/// wish leaves a region.
pub(super) fn write(wish: &Wish) -> Vec<Purpose> {
    let mut purposes: Vec<Purpose> = wish
        .terms
        .permissions()
        .into_iter()
        .filter_map(permission)
        .collect();
    let modifiers = wish.terms.modifiers();
    let plain = |modifier: &Modifier| {
        let known = MODIFIERS.iter().find(|(known, _)| known == modifier);
        known.map(|(_, code)| purpose(code, Vec::new()))
    };
    purposes.extend(modifiers.iter().filter_map(plain));
    let left = |region: &Region| !modifiers.contains(&Modifier::NotIn(*region));
    let regions: Vec<Region> = Region::ALL.into_iter().filter(left).collect();
    if regions.len() < Region::ALL.len() {
        let named = regions.iter().map(|region| {
            let own = Coding::new(REGION, &region.to_string());
            qualifier(REGION, vec![own])
        });
        purposes.push(purpose(GEOGRAPHY, named.collect()));
    }
    let said = |url: &str, text: String| Qualifier {
        url: url.to_owned(),
        codings: [].into(),
        text: Some(text),
    };
    if let Some(institution) = &wish.institution {
        let named = said(INSTITUTION, institution.name().to_owned());
        purposes.push(purpose(INSTITUTION_ONLY, vec![named]));
    }
    if let Some(scope) = wish.project {
        let named = said(STUDY, scope.to_string());
        purposes.push(purpose(STUDY_ONLY, vec![named]));
    }
    purposes
}

/// A permission as a purpose. Each but that for a disease area is in the table.
fn permission(permission: Permission) -> Option<Purpose> {
    let Permission::Disease(area) = permission else {
        let known = PERMISSIONS.iter().find(|(known, _)| *known == permission)?;
        return Some(purpose(known.1, Vec::new()));
    };
    let mut codings = vec![Coding::new(DISEASE_AREA, &area.to_string())];
    if let Some((_, snomed, mondo)) = AREAS.iter().find(|(known, ..)| *known == area) {
        codings.push(Coding::new(SNOMED, snomed));
        codings.push(Coding::new(MONDO, mondo));
    }
    Some(purpose(DISEASE, vec![qualifier(DISEASE_AREA, codings)]))
}

fn purpose(code: &str, qualifiers: Vec<Qualifier>) -> Purpose {
    Purpose {
        coding: Coding::new(DUO, &format!("DUO:{code}")),
        qualifiers,
    }
}

fn qualifier(url: &str, codings: Vec<Coding>) -> Qualifier {
    Qualifier {
        url: url.to_owned(),
        codings: codings.into(),
        text: None,
    }
}
