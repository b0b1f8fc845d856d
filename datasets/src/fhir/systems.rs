//! The code systems that real exports use, by canonical URL.

/// SNOMED CT.
pub const SNOMED: &str = "http://snomed.info/sct";
/// LOINC.
pub const LOINC: &str = "http://loinc.org";
/// RxNorm.
pub const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
/// CVX, vaccines administered.
pub const CVX: &str = "http://hl7.org/fhir/sid/cvx";
/// ICD-10-CM.
pub const ICD10CM: &str = "http://hl7.org/fhir/sid/icd-10-cm";
/// UCUM, units of measure.
pub const UCUM: &str = "http://unitsofmeasure.org";
/// HL7's encounter classes (AMB, EMER, IMP...).
pub const ENCOUNTER_CLASS: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
/// GA4GH Data Use Ontology.
pub const DUO: &str = "http://purl.obolibrary.org/obo/duo.owl";

/// The same systems as some servers write them: by OID, or under an older address.
const ALIASES: [(&str, &str); 16] = [
    ("urn:oid:2.16.840.1.113883.6.96", SNOMED),
    ("http://snomed.info/id", SNOMED),
    ("https://snomed.info/sct", SNOMED),
    ("urn:oid:2.16.840.1.113883.6.1", LOINC),
    ("https://loinc.org", LOINC),
    ("http://loinc.org/", LOINC),
    ("urn:oid:2.16.840.1.113883.6.88", RXNORM),
    ("http://purl.bioontology.org/ontology/RXNORM", RXNORM),
    ("https://www.nlm.nih.gov/research/umls/rxnorm", RXNORM),
    ("urn:oid:2.16.840.1.113883.12.292", CVX),
    ("urn:oid:2.16.840.1.113883.6.90", ICD10CM),
    ("http://hl7.org/fhir/sid/icd-10-cm/", ICD10CM),
    ("http://www.cms.gov/Medicare/Coding/ICD10", ICD10CM),
    ("urn:oid:2.16.840.1.113883.6.8", UCUM),
    ("urn:oid:2.16.840.1.113883.5.4", ENCOUNTER_CLASS),
    ("http://hl7.org/fhir/v3/ActCode", ENCOUNTER_CLASS),
];

/// The canonical URL of a code system: SNOMED CT editions, OIDs and old addresses become one name.
/// A system that is not known here is returned as it is.
#[must_use]
pub fn canonical(system: &str) -> &str {
    let system = system.trim();
    // SNOMED CT editions and versions follow the plain address.
    if system
        .strip_prefix(SNOMED)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    {
        return SNOMED;
    }
    ALIASES
        .iter()
        .find(|(alias, _)| *alias == system)
        .map_or(system, |(_, canonical)| canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_become_one() {
        assert_eq!(canonical("urn:oid:2.16.840.1.113883.6.96"), SNOMED);
        assert_eq!(canonical("http://snomed.info/sct/731000124108"), SNOMED);
        assert_eq!(canonical(" http://loinc.org "), LOINC);
        assert_eq!(
            canonical("http://hospital.example/codes"),
            "http://hospital.example/codes"
        );
        assert_eq!(canonical(""), "");
    }
}
