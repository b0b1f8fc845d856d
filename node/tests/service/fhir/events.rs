//! What happened to studies as AuditEvents, and that nobody is in them.

use salus_ledger::engine::Ledger;
use salus_node::Settings;

use super::{fhir, outcome, resources, service};
use crate::power::Disk;
use crate::scene::SCENE;
use crate::service::Service;

#[test]
fn events_tell_what_happened_and_of_nobody() {
    let (service, id) = service();
    for version in ["r4", "r5"] {
        let bundle = fhir(&service, &format!("{version}/AuditEvent"));
        let names: Vec<String> = resources(&bundle)
            .iter()
            .map(|event| {
                let coding = if version == "r4" {
                    &event["subtype"][0]
                } else {
                    &event["code"]["coding"][0]
                };
                coding["code"].as_str().unwrap().to_owned()
            })
            .collect();
        assert_eq!(
            names,
            [
                "open-study",
                "approve-study",
                "submit-eligibility",
                "open-study",
                "approve-study"
            ]
        );
        let mine = fhir(
            &service,
            &format!("{version}/AuditEvent?entity=ResearchStudy/{id}"),
        );
        assert_eq!(mine["total"], 2);
        let approved = &resources(&mine)[1];
        assert_eq!(approved["recorded"], "2024-03-02T00:00:00Z");
        assert!(
            approved["agent"][0]["who"]["display"]
                .as_str()
                .unwrap()
                .contains("oard")
        );
        assert_eq!(
            approved["entity"][0]["what"]["reference"],
            format!("ResearchStudy/{id}")
        );
        // Nothing of the answer's statement is in its event.
        let answer = &resources(&bundle)[2];
        let entry = service.json(&format!(
            "ledger/entries/{}",
            answer["id"].as_str().unwrap()
        ));
        assert_eq!(entry["kind"], "submit eligibility");
        let told = answer.to_string();
        let statement = entry["content"]["statement"].as_object().unwrap();
        assert!(statement.contains_key("nullifier"));
        let study = entry["content"]["study"].as_str().unwrap();
        let kept = |text: &str| text.len() < 32 || text == study;
        for value in statement.values().chain([&entry["signer"], &entry["id"]]) {
            let text = value.as_str().unwrap_or_default();
            assert!(kept(text) || !told.contains(text), "{text}");
        }
        assert!(answer["agent"][0]["who"].get("identifier").is_none());
    }
    // Entries that concern no study are no events.
    for id in ["0", "1", "999999", "+7", "x"] {
        let answer = service.get(&format!("/fhir/r4/AuditEvent/{id}"));
        assert_eq!(outcome(&answer), (404, "NotFound".to_owned()), "{id}");
    }
}

#[test]
fn a_custodians_answer_is_an_event() {
    let ledger = Ledger::open_on(Disk::holding(SCENE.disk.bytes()), None).unwrap();
    let service = Service::of(ledger, Settings::default());
    let entity = format!("ResearchStudy/{}", SCENE.study);
    let bundle = fhir(&service, &format!("r4/AuditEvent?entity={entity}"));
    let events = resources(&bundle);
    let answered: Vec<_> = events
        .iter()
        .filter(|event| event["subtype"][0]["code"] == "submit-cohort")
        .collect();
    assert!(!answered.is_empty());
    for event in answered {
        assert_eq!(event["type"]["code"], "disclose");
        assert_eq!(event["agent"][0]["who"]["display"], "General Hospital");
    }
    let study = fhir(&service, &format!("r5/{entity}"));
    assert_eq!(study["resourceType"], "ResearchStudy");
}
