//! Research consents, in the shape that [`crate::fhir::consent`] documents. Some patients permit
//! widely, some narrowly, some refuse, some consents have lapsed or were withdrawn, and some patients
//! were never asked: there is no consent by default.

use super::chart::Chart;
use super::course::Course;
use super::day::Day;
use super::draw::Draw;
use super::json::{Object, array};
use crate::fhir::consent::{ACTION_SYSTEM, DISEASE_AREA, REGION};
use crate::fhir::systems::{DUO, SNOMED};

const MONDO: &str = "http://purl.obolibrary.org/obo/mondo.owl";
/// Disease areas: our own name, SNOMED CT, MONDO.
const AREAS: [(&str, &str, &str); 8] = [
    ("cancer", "363346000", "MONDO:0004992"),
    ("lung-cancer", "363358000", "MONDO:0008903"),
    ("cardiovascular", "49601007", "MONDO:0004995"),
    ("diabetes", "73211009", "MONDO:0005015"),
    ("type-2-diabetes", "44054006", "MONDO:0005148"),
    ("kidney", "90708001", "MONDO:0005240"),
    ("respiratory", "50043002", "MONDO:0005087"),
    ("mental-health", "74732009", "MONDO:0002025"),
];
/// DUO modifiers without a parameter: NPU, NCU, IRB.
const MODIFIERS: [&str; 3] = ["DUO:0000045", "DUO:0000046", "DUO:0000021"];

/// What a patient says.
struct Answer {
    permits: bool,
    status: &'static str,
    purposes: Vec<String>,
    actions: &'static [&'static str],
    from: Day,
    until: Day,
}

const ALL: &[&str] = &["be-counted", "be-contacted", "share-data"];
const COUNTED: &[&str] = &["be-counted"];
const COUNTED_AND_CONTACTED: &[&str] = &["be-counted", "be-contacted"];

/// Writes the consent of a patient, if there is one.
pub(super) fn write(course: &Course, chart: &mut Chart, draw: &mut Draw) {
    let from = course.end.plus(-draw.between(200, 900)).max(course.birth);
    let until = chart.at.plus_years(2.0).plus(draw.between(0, 1_500));
    let permit = |purposes: Vec<String>, actions| Answer {
        permits: true,
        status: "active",
        purposes,
        actions,
        from,
        until,
    };
    let general = "DUO:0000042";
    let health = "DUO:0000006";
    let answer = match draw.weighted(&[28, 16, 10, 10, 14, 3, 8, 5, 3, 3]) {
        0 => permit(vec![purpose(general)], ALL),
        1 => permit(vec![purpose(health)], ALL),
        2 => permit(vec![purpose(health)], COUNTED),
        3 => {
            let modifier = draw.pick(&MODIFIERS).unwrap_or("DUO:0000045");
            permit(
                vec![purpose(health), purpose(modifier)],
                COUNTED_AND_CONTACTED,
            )
        }
        4 => permit(
            vec![disease_purpose(draw)],
            if draw.chance(0.7) {
                ALL
            } else {
                COUNTED_AND_CONTACTED
            },
        ),
        5 => permit(vec![purpose(health), region_purpose()], ALL),
        6 => Answer {
            permits: false,
            ..permit(vec![purpose(general)], ALL)
        },
        7 => Answer {
            until: course.end.plus(-draw.between(5, 150)).max(from),
            ..permit(vec![purpose(general)], ALL)
        },
        8 => Answer {
            status: "inactive",
            ..permit(vec![purpose(general)], ALL)
        },
        _ => return,
    };
    let resource = consent(&answer, chart, draw);
    chart.add("Consent", resource);
}

fn consent(answer: &Answer, chart: &Chart, draw: &mut Draw) -> Object {
    let scope = codings(&[(
        "http://terminology.hl7.org/CodeSystem/consentscope",
        "research",
    )]);
    let category = codings(&[("http://loinc.org", "59284-0")]);
    let period = Object::new()
        .text("start", &answer.from.date().to_string())
        .text("end", &answer.until.date().to_string())
        .end();
    let actions: Vec<String> = answer
        .actions
        .iter()
        .map(|action| codings(&[(ACTION_SYSTEM, action)]))
        .collect();
    let provision = Object::new()
        .text("type", if answer.permits { "permit" } else { "deny" })
        .raw("period", &period)
        .raw("action", &array(&actions))
        .raw("purpose", &array(&answer.purposes));
    Object::resource("Consent", &draw.uuid())
        .text("status", answer.status)
        .raw("scope", &scope)
        .raw("category", &array(&[category]))
        .reference("patient", "Patient", &chart.patient)
        .text("dateTime", &chart.moment(answer.from, draw))
        .raw(
            "policyRule",
            &codings(&[("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN")]),
        )
        .raw("provision", &provision.end())
}

fn purpose(code: &str) -> String {
    Object::new().text("system", DUO).text("code", code).end()
}

fn disease_purpose(draw: &mut Draw) -> String {
    let (area, snomed, mondo) =
        draw.pick(&AREAS)
            .unwrap_or(("cancer", "363346000", "MONDO:0004992"));
    qualified(
        "DUO:0000007",
        DISEASE_AREA,
        &codings(&[(DISEASE_AREA, area), (SNOMED, snomed), (MONDO, mondo)]),
    )
}

fn region_purpose() -> String {
    qualified(
        "DUO:0000022",
        REGION,
        &codings(&[("urn:iso:std:iso:3166", "US")]),
    )
}

fn qualified(code: &str, url: &str, concept: &str) -> String {
    let extension = Object::new()
        .text("url", url)
        .raw("valueCodeableConcept", concept)
        .end();
    Object::new()
        .raw("extension", &array(&[extension]))
        .text("system", DUO)
        .text("code", code)
        .end()
}

fn codings(of: &[(&str, &str)]) -> String {
    let codings: Vec<String> = of
        .iter()
        .map(|(system, code)| {
            Object::new()
                .text("system", system)
                .text("code", code)
                .end()
        })
        .collect();
    Object::new().raw("coding", &array(&codings)).end()
}
