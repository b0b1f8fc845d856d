//! A wallet's consents written as FHIR, and granted again from what was written.
#![allow(clippy::unwrap_used)]

mod home;

use std::fs;

use home::TestHome;
use serde_json::Value;

fn shown(home: &TestHome, wallet: &str) -> Value {
    home.ok(&["consent", "show", wallet])["records"][0]["consent"].clone()
}

#[test]
fn what_is_exported_grants_the_same_consent_again() {
    let home = TestHome::empty();
    let [alice, bob, _] = home.found("2025-01-01");
    let terms = "--permit DS:diabetes --permit GRU --deny-for-profit --only-in eea --only-in asia \
                 --only-institution Hospital --be-counted --share-data --until 2027-01-01";
    let terms: Vec<&str> = terms.split_whitespace().collect();
    home.ok(&[&["consent", "grant", "--wallet", &alice], &terms[..]].concat());
    let before = shown(&home, &alice);
    for version in ["r4", "r5"] {
        let export = ["consent", "export", "--wallet", &alice, "--fhir", version];
        let file = home.path(&format!("{version}.json"));
        let written = home.ok(&[&export[..], &["--out", &file]].concat());
        assert_eq!(written["consents"], 1);
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(
            home.ok(&export),
            serde_json::from_str::<Value>(&text).unwrap()
        );
        // Nothing on the ledger leads to it.
        let record = home.ok(&["wallet", "show", &alice])["records"][0]["commitment"].clone();
        assert!(!text.contains(record.as_str().unwrap()));

        home.ok(&["consent", "revoke", "--wallet", &alice]);
        home.fails(4, &export, "no consent in force");
        home.ok(&["consent", "grant", "--wallet", &alice, "--from-fhir", &file]);
        assert_eq!(shown(&home, &alice), before);
        // It is hers, not his.
        let his = ["consent", "grant", "--wallet", &bob, "--from-fhir", &file];
        home.fails(4, &his, "none on record");
    }
    home.ok(&["ledger", "day", "2027-01-02"]);
    let lapsed = ["consent", "export", "--wallet", &alice, "--fhir", "r4"];
    home.fails(4, &lapsed, "no consent in force");
}

/// A source that broke off may have held a refusal, so nothing is granted from it.
#[test]
fn a_source_that_broke_off_grants_nothing() {
    let home = TestHome::empty();
    let [alice, ..] = home.found("2025-01-01");
    let grant = ["--permit", "GRU", "--be-counted", "--until", "2027-01-01"];
    home.ok(&[&["consent", "grant", "--wallet", &alice], &grant[..]].concat());
    let folder = home.path("consents");
    fs::create_dir(&folder).unwrap();
    let file = format!("{folder}/1.json");
    home.ok(&[
        "consent", "export", "--wallet", &alice, "--fhir", "r4", "--out", &file,
    ]);
    home.ok(&[
        "consent",
        "grant",
        "--wallet",
        &alice,
        "--from-fhir",
        &folder,
    ]);
    fs::write(
        format!("{folder}/2.json"),
        "{\"resourceType\": \"Bundle\", \"ent",
    )
    .unwrap();
    for who in [&["--wallet", &alice][..], &["--all"]] {
        let again = [&["consent", "grant", "--from-fhir", &folder], who].concat();
        home.fails(2, &again, "could not be read to its end");
    }
    let import = home.ok(&["dataset", "import", &folder]);
    assert_eq!(
        (&import["complete"], &import["consenting"]),
        (&false.into(), &0.into())
    );
    let reasons = import["no_consent"].as_object().unwrap();
    assert!(
        reasons.keys().all(|reason| reason.contains("broke off")),
        "{reasons:?}"
    );
    assert_eq!(reasons.len(), 1);
}
