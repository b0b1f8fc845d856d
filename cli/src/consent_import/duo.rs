//! The codes of GA4GH's Data Use Ontology, as terms of consent.

use salus_datasets::fhir::Coding;
use salus_datasets::fhir::consent::{DISEASE_AREA, Purpose, Qualifier, REGION};
use salus_datasets::fhir::systems::{DUO, SNOMED};
use salus_protocol::consent::{DiseaseArea, Modifier, Permission, Region, Terms};

use super::NoConsent;

const MONDO: &str = "http://purl.obolibrary.org/obo/mondo.owl";
/// UN M49, by whose areas a region can be given.
const M49: &str = "http://unstats.un.org/unsd/methods/m49/m49.htm";

/// The terms that purposes state together: permissions add up, and so do modifiers.
pub(super) fn terms(purposes: &[Purpose]) -> Result<Terms, NoConsent> {
    purposes.iter().try_fold(Terms::none(), |terms, purpose| {
        let code = number(&purpose.coding).ok_or_else(|| undecided(purpose))?;
        add(terms, code, purpose)
    })
}

fn undecided(purpose: &Purpose) -> NoConsent {
    NoConsent::Purpose(purpose.coding.to_string())
}

/// The digits of a DUO code, in either of its usual spellings.
fn number(coding: &Coding) -> Option<&str> {
    let code = &*coding.code;
    let digits = code
        .strip_prefix("DUO:")
        .or_else(|| code.strip_prefix("DUO_"))?;
    (&*coding.system == DUO || coding.system.is_empty()).then_some(digits)
}

fn add(terms: Terms, code: &str, purpose: &Purpose) -> Result<Terms, NoConsent> {
    use Modifier as M;
    use Permission as P;
    // Only these two are qualified; a qualifier elsewhere narrows in a way that isn't known here.
    match code {
        "0000007" => return diseases(terms, purpose),
        "0000022" => return regions(terms, purpose),
        _ if !purpose.qualifiers.is_empty() => return Err(undecided(purpose)),
        _ => {}
    }
    Ok(match code {
        "0000004" | "0000042" => terms.permit(P::GeneralResearch),
        "0000006" => terms.permit(P::HealthResearch),
        "0000011" => terms.permit(P::Ancestry),
        "0000045" => terms.modify(M::NonProfitOrganisation),
        "0000046" => terms.modify(M::NonCommercialUse),
        "0000018" => terms
            .modify(M::NonProfitOrganisation)
            .modify(M::NonCommercialUse),
        "0000044" => terms.modify(M::NoAncestry),
        "0000015" => terms.modify(M::NoMethods),
        "0000016" => terms.modify(M::GeneticOnly),
        "0000019" => terms.modify(M::Publication),
        "0000020" => terms.modify(M::Collaboration),
        "0000021" => terms.modify(M::EthicsApproval),
        "0000024" => terms.modify(M::Moratorium),
        "0000026" => terms.modify(M::ApprovedUsers),
        "0000029" => terms.modify(M::ReturnData),
        // RS, CC, PS, IS, TS and whatever comes later.
        _ => return Err(undecided(purpose)),
    })
}

/// DS: each area named is permitted.
fn diseases(terms: Terms, purpose: &Purpose) -> Result<Terms, NoConsent> {
    let areas = qualified(purpose, DISEASE_AREA, area)?;
    Ok(areas
        .into_iter()
        .fold(terms, |terms, area| terms.permit(Permission::Disease(area))))
}

/// GS: every region but those named is denied.
fn regions(terms: Terms, purpose: &Purpose) -> Result<Terms, NoConsent> {
    Ok(terms.only_in(&qualified(purpose, REGION, region)?))
}

fn qualified<T>(
    purpose: &Purpose,
    url: &str,
    read: impl Fn(&Coding) -> Option<T>,
) -> Result<Vec<T>, NoConsent> {
    let read = |qualifier: &Qualifier| {
        if qualifier.url != url {
            return None;
        }
        qualifier.codings.iter().find_map(&read)
    };
    let values: Option<Vec<T>> = purpose.qualifiers.iter().map(read).collect();
    values
        .filter(|values| !values.is_empty())
        .ok_or_else(|| match purpose.qualifiers.first() {
            Some(qualifier) => {
                let named: Vec<_> = qualifier.codings.iter().map(ToString::to_string).collect();
                NoConsent::Purpose(format!("{} ({})", purpose.coding.code, named.join(", ")))
            }
            None => undecided(purpose),
        })
}

/// A disease area by Salus's own name, or by the code that means just that.
fn area(coding: &Coding) -> Option<DiseaseArea> {
    use DiseaseArea as A;
    if &*coding.system == DISEASE_AREA {
        return coding.code.parse().ok();
    }
    Some(match (&*coding.system, &*coding.code) {
        (SNOMED, "363346000") | (MONDO, "MONDO:0004992") => A::Cancer,
        (SNOMED, "254837009") | (MONDO, "MONDO:0007254") => A::BreastCancer,
        (SNOMED, "363358000") | (MONDO, "MONDO:0008903") => A::LungCancer,
        (SNOMED, "399068003") | (MONDO, "MONDO:0008315") => A::ProstateCancer,
        (SNOMED, "49601007") | (MONDO, "MONDO:0004995") => A::Cardiovascular,
        (SNOMED, "84114007") | (MONDO, "MONDO:0005252") => A::HeartFailure,
        (SNOMED, "49436004") | (MONDO, "MONDO:0004981") => A::AtrialFibrillation,
        (SNOMED, "73211009") | (MONDO, "MONDO:0005015") => A::Diabetes,
        (SNOMED, "44054006") | (MONDO, "MONDO:0005148") => A::Type2Diabetes,
        (SNOMED, "90708001") | (MONDO, "MONDO:0005240") => A::Kidney,
        (SNOMED, "50043002") | (MONDO, "MONDO:0005087") => A::Respiratory,
        (SNOMED, "195967001") | (MONDO, "MONDO:0004979") => A::Asthma,
        (SNOMED, "74732009") | (MONDO, "MONDO:0002025") => A::MentalHealth,
        (SNOMED, "52448006") | (MONDO, "MONDO:0001627") => A::Dementia,
        _ => return None,
    })
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
