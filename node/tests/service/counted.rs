//! A cohort answer, from its transactions to what the study shows.

use salus_ledger::engine::Ledger;
use salus_node::Settings;

use crate::power::Disk;
use crate::scene::{SCENE, issuer_key};
use crate::service::Service;

#[test]
fn a_study_shows_released_cells_and_the_datasets_pages() {
    let ledger = Ledger::open_on(Disk::holding(SCENE.disk.bytes()), None).unwrap();
    let service = Service::of(ledger, Settings::default());
    let study = service.json(&format!("studies/{}", SCENE.study));
    let released = &study["released"][0];
    assert_eq!(released["issuer"]["key"], issuer_key().to_string());
    assert_eq!(released["issuer"]["name"], "General Hospital");
    assert_eq!(released["table"]["kind"], "strata");
    assert_eq!(
        released["table"]["by"][0]["bands"],
        serde_json::json!([[1, 1], [2, 2]])
    );
    // 52 people: 25 women and 20 men; the 7 others are too few to show.
    let cells = released["cells"].as_array().unwrap();
    assert_eq!(cells[0], 50);
    assert!(cells.contains(&serde_json::Value::Null), "{cells:?}");
    let entry = service.json(&format!("ledger/entries/{}", released["entry"]));
    assert_eq!(entry["kind"], "submit cohort");
    assert_eq!(entry["content"]["table"], released["table"]);
    let dataset = &service.json("datasets")[0];
    assert_eq!(dataset["pages"], 2);
    assert_eq!(dataset["current_pages"], 2);
    assert_eq!(dataset["records"], SCENE.people.len());
    // A registry of more than one page of leaves.
    let first = service.json("registry/leaves?count=4096");
    let second = service.json("registry/leaves?from=4096&count=4096");
    assert_eq!(first["leaves"].as_array().unwrap().len(), 4096);
    assert_eq!(
        second["leaves"].as_array().unwrap().len(),
        SCENE.people.len() - 4096
    );
    assert_eq!(first["root"], second["root"]);
}

#[test]
fn tiles_of_a_log_with_several_levels_are_those_of_the_log() {
    let ledger = Ledger::open_on(Disk::holding(SCENE.disk.bytes()), None).unwrap();
    let service = Service::of(ledger, Settings::default());
    let tiles = service.ledger.tiles().unwrap();
    assert!(tiles.iter().any(|file| file.path.starts_with("tile/1/")));
    for file in tiles {
        let answer = service.get(&format!("/{}", file.path));
        assert_eq!(answer.status, 200, "{}", file.path);
        assert!(answer.body == file.bytes, "{}", file.path);
    }
}

#[test]
fn what_proofs_rest_on_is_served_by_its_digest() {
    let ledger = Ledger::open_on(Disk::holding(SCENE.disk.bytes()), None).unwrap();
    let service = Service::of(ledger, Settings::default());
    for (digest, bytes) in &SCENE.attached {
        let answer = service.get(&format!("/api/v1/attachments/{digest}"));
        assert_eq!(answer.status, 200);
        assert!(
            answer
                .header("cache-control")
                .unwrap()
                .contains("immutable")
        );
        assert!(answer.body == *bytes, "{digest}");
    }
    let unknown = format!("/api/v1/attachments/{}", "0".repeat(64));
    assert_eq!(service.get(&unknown).problem().0, 404);
    let malformed = service.get("/api/v1/attachments/zz").problem();
    assert_eq!(malformed, (400, "Parameter".to_owned()));
}
