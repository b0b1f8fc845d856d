//! The whole path through single commands, with real proofs, and what must be refused on the way.
#![allow(clippy::unwrap_used)]

mod home;

use std::fs;

use home::TestHome;

#[test]
fn from_export_to_verified_bundle() {
    let home = TestHome::with_key();
    let [alice, bob, carol] = home.found("2025-01-01");
    let adults = home.write("adults.salus", ADULTS);
    home.ok(&[
        "consent",
        "grant",
        "--wallet",
        &alice,
        "--permit",
        "HMB",
        "--be-contacted",
        "--until",
        "2027-01-01",
    ]);
    home.ok(&[
        "consent",
        "grant",
        "--wallet",
        &bob,
        "--permit",
        "HMB",
        "--be-counted",
        "--until",
        "2027-01-01",
    ]);
    home.ok(&[
        "consent",
        "grant",
        "--wallet",
        &carol,
        "--permit",
        "DS:cancer",
        "--be-contacted",
        "--until",
        "2027-01-01",
    ]);
    let opened = home.ok(&open(&adults, "adults"));
    assert_eq!(opened["standing"], "proposed");

    // Before approval nobody may answer.
    home.fails(4, &["prove", "adults", "--wallet", &alice], "approvals");
    home.fails(
        2,
        &["study", "approve", "adults", "--board", "nobody"],
        "no ethics board",
    );
    assert_eq!(
        home.ok(&["study", "approve", "adults", "--board", "ethics"])["standing"],
        "open"
    );

    let answer = home.path("answer.json");
    home.ok(&[
        "prove",
        "adults",
        "--wallet",
        &alice,
        "--contact",
        "alice@example.org",
        "--out",
        &answer,
    ]);
    home.fails(4, &["verify", &answer], "insecure development key");
    let snarkjs = home.path("snarkjs");
    let verified = home.ok(&[
        "verify",
        &answer,
        "--allow-insecure-keys",
        "--export-snarkjs",
        &snarkjs,
    ]);
    assert_eq!(verified["valid"], true);
    assert_eq!(verified["proof_bytes"], 128);
    home.ok(&[
        "verify",
        &answer,
        "--allow-insecure-keys",
        "--import-snarkjs",
        &snarkjs,
    ]);

    // Any other statement is not what was proven.
    let text = fs::read_to_string(&answer).unwrap();
    let altered = home.write(
        "altered.json",
        &text.replace("\"2025-01-01\"", "\"2025-01-02\""),
    );
    home.fails(
        3,
        &["verify", &altered, "--allow-insecure-keys"],
        "does not show",
    );
    home.fails(
        3,
        &[
            "verify",
            &home.write("cut.json", &text[..text.len() / 2]),
            "--allow-insecure-keys",
        ],
        "not an answer",
    );

    assert_eq!(home.ok(&["study", "submit", &answer])["answers"], 1);
    home.fails(4, &["study", "submit", &answer], "already answered");
    home.fails(
        4,
        &["prove", "adults", "--wallet", &alice],
        "already answered",
    );
    home.fails(
        4,
        &["prove", "adults", "--wallet", &bob],
        "being counted is not being contacted",
    );
    home.fails(4, &["prove", "adults", "--wallet", &carol], "no permission");
    let inbox = home.ok(&["study", "inbox", "adults"]);
    assert_eq!(inbox["volunteers"][0]["contact"], "alice@example.org");

    verify_bundle(&home);
    home.ok(&["consent", "revoke", "--wallet", &alice]);
    home.fails(
        4,
        &["consent", "revoke", "--wallet", &alice],
        "no consent to revoke",
    );
    home.fails(4, &["prove", "adults", "--wallet", &alice], "no consent");
    let report = home.ok(&["ledger", "verify"]);
    assert_eq!(report["answers"], 1);
}

fn verify_bundle(home: &TestHome) {
    let bundle = home.path("bundle.json");
    let exported = home.ok(&["audit", "export", "adults", "--out", &bundle, "--whole-log"]);
    let ledger = exported["ledger"].as_str().unwrap().to_owned();
    let elsewhere = TestHome::empty();
    let arguments = [
        "audit",
        "verify",
        &bundle,
        "--ledger",
        &ledger,
        "--allow-insecure-keys",
    ];
    let report = elsewhere.ok(&arguments);
    assert_eq!(report["valid"], true);
    assert_eq!(report["answers"].as_array().unwrap().len(), 1);
    assert!(!report["not_shown"].as_array().unwrap().is_empty());
    elsewhere.fails(4, &arguments[..5], "insecure development key");
    let other = "00".repeat(32);
    elsewhere.fails(
        3,
        &[
            "audit",
            "verify",
            &bundle,
            "--ledger",
            &other,
            "--allow-insecure-keys",
        ],
        "not of",
    );
    let text = fs::read_to_string(&bundle).unwrap();
    let cut = elsewhere.write("cut.json", &text[..text.len() - 10]);
    elsewhere.fails(
        3,
        &["audit", "verify", &cut, "--allow-insecure-keys"],
        "not an audit bundle",
    );
    let altered = elsewhere.write(
        "altered.json",
        &text.replacen("age at least 18", "age at least 19", 1),
    );
    let changed = fs::read_to_string(&altered).unwrap() != text;
    if changed {
        elsewhere.fails(
            3,
            &["audit", "verify", &altered, "--allow-insecure-keys"],
            "",
        );
    }
}

#[test]
fn consent_is_for_its_window_and_its_study_only() {
    let home = TestHome::with_key();
    let [alice, bob, carol] = home.found("2025-01-01");
    let adults = home.write("adults.salus", ADULTS);
    for name in ["one", "two"] {
        home.ok(&open(&adults, name));
        home.ok(&["study", "approve", name, "--board", "ethics"]);
    }
    let grant = |wallet: &str, rest: &[&str]| {
        let mut arguments = vec![
            "consent",
            "grant",
            "--wallet",
            wallet,
            "--permit",
            "health",
            "--be-contacted",
        ];
        arguments.extend(rest);
        home.ok(&arguments);
    };
    grant(&alice, &["--until", "2027-01-01", "--only-study", "one"]);
    grant(&bob, &["--until", "2024-12-31", "--from", "2020-01-01"]);
    grant(&carol, &["--until", "2027-01-01", "--from", "2025-01-02"]);
    home.fails(4, &["prove", "two", "--wallet", &alice], "another study");
    home.fails(4, &["prove", "one", "--wallet", &bob], "expired");
    home.fails(4, &["prove", "one", "--wallet", &carol], "not yet valid");
    let proven = home.ok(&["prove", "one", "--all"]);
    assert_eq!(
        (&proven["answers"], &proven["submitted"]),
        (&1.into(), &1.into())
    );

    // An answer of yesterday does not enter today.
    let answer = home.path("answer.json");
    grant(&bob, &["--until", "2027-01-01"]);
    home.ok(&["prove", "one", "--wallet", &bob, "--out", &answer]);
    home.ok(&["ledger", "day", "2025-01-02"]);
    home.fails(1, &["study", "submit", &answer], "prove again for today");
    home.fails(1, &["ledger", "day", "2024-12-31"], "not later");
    home.ok(&["prove", "one", "--wallet", &carol]);
    home.ok(&["study", "close", "one"]);
    home.fails(4, &["prove", "one", "--wallet", &bob], "closed");
}

#[test]
fn a_wallet_with_another_issuers_records_takes_no_more_unless_it_is_said_to_be_the_same_persons() {
    let home = TestHome::empty();
    let [alice, ..] = home.found("2025-01-01");
    home.ok(&["issuer", "new", "clinic"]);
    let export = home.path("export");
    // An issuer's own records do not stand in its way.
    let earlier = [
        "record",
        "issue",
        &export,
        "--issuer",
        "hospital",
        "--at",
        "2024-01-01",
    ];
    home.ok(&earlier);
    let issue = [
        "record",
        "issue",
        &export,
        "--issuer",
        "clinic",
        "--at",
        "2025-01-01",
    ];
    home.fails(4, &issue, "holds records of another custodian");
    let records = |home: &TestHome| home.ok(&["wallet", "show", &alice])["records"].clone();
    assert_eq!(records(&home).as_array().unwrap().len(), 2);
    let same_people = home.ok(&[&issue[..], &["--same-people"]].concat());
    assert!(same_people["records"].as_u64().unwrap() > 1);
    assert_eq!(records(&home).as_array().unwrap().len(), 3);
}

#[test]
fn records_are_issued_once_and_erased_for_good() {
    let home = TestHome::empty();
    let [alice, ..] = home.found("2025-01-01");
    let export = home.path("export");
    let again = home.ok(&[
        "record",
        "issue",
        &export,
        "--issuer",
        "hospital",
        "--at",
        "2025-01-01",
    ]);
    assert_eq!(again["records"], 0);
    let amended = home.ok(&[
        "record",
        "amend",
        &export,
        "--issuer",
        "hospital",
        "--at",
        "2025-01-01",
    ]);
    assert_eq!(amended["amended"], 0);
    let granted = home.ok(&["consent", "grant", "--all", "--from-fhir", &export]);
    assert!(granted["wallets"].as_u64().unwrap() > 0);
    let erased = home.ok(&["record", "erase", &alice, "--issuer", "hospital"]);
    assert_eq!(erased["erased"], 1);
    let wallet = home.ok(&["wallet", "show", &alice]);
    assert_eq!(wallet["records"].as_array().unwrap().len(), 0);
    assert_eq!(home.ok(&["ledger", "status"])["erased"], 1);
    home.fails(
        2,
        &["record", "erase", &alice, "--issuer", "hospital"],
        "no record",
    );
    home.ok(&["ledger", "verify"]);
}

/// Two patients' records are amended. One of them is never given the new opening, as if the
/// issuer had kept it: consent can be taken back all the same.
#[test]
fn consent_to_an_amended_record_is_revoked_with_or_without_its_opening() {
    let home = TestHome::empty();
    let [alice, bob, _] = home.found("2025-01-01");
    let until = "2027-01-01";
    for wallet in [&alice, &bob] {
        let arguments = ["--permit", "HMB", "--be-counted", "--until", until];
        home.ok(&[&["consent", "grant", "--wallet", wallet], &arguments[..]].concat());
    }
    let bobs = home.state(&format!("wallets/{bob}/wallet.json"));
    let before = fs::read(&bobs).unwrap();
    let export = home.path("export");
    born_a_year_earlier(&format!("{export}/Patient.ndjson"), &[&alice, &bob]);
    let at = ["--issuer", "hospital", "--at", "2025-01-01"];
    let amended = home.ok(&[&["record", "amend", &export], &at[..]].concat());
    assert_eq!(amended["amended"], 2);
    fs::write(&bobs, before).unwrap();

    for wallet in [&alice, &bob] {
        let revoked = home.ok(&["consent", "revoke", "--wallet", wallet]);
        assert_eq!(revoked["records"], 1, "{wallet}");
    }
    assert_eq!(home.ok(&["ledger", "status"])["consents"], 0);
}

/// Changes the year of birth of patients in an export.
fn born_a_year_earlier(file: &str, patients: &[&String]) {
    let mut changed = String::new();
    for line in fs::read_to_string(file).unwrap().lines() {
        let mut patient: serde_json::Value = serde_json::from_str(line).unwrap();
        if patients.iter().any(|id| patient["id"] == id.as_str()) {
            let born = patient["birthDate"].as_str().unwrap();
            let year: u16 = born[..4].parse().unwrap();
            // No leap day is needed of the year before.
            patient["birthDate"] =
                format!("{}{}", year - 1, born[4..].replace("-29", "-28")).into();
        }
        changed.push_str(&patient.to_string());
        changed.push('\n');
    }
    fs::write(file, changed).unwrap();
}

#[cfg(unix)]
#[test]
fn secrets_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let home = TestHome::empty();
    let [alice, ..] = home.found("2025-01-01");
    for file in [
        "governance/governance.json",
        "ledger/checkpoint.json",
        "issuers/hospital/issuer.json",
        "issuers/hospital/records.json",
        "boards/ethics/board.json",
        &format!("wallets/{alice}/wallet.json"),
    ] {
        let mode = fs::metadata(home.state(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let shown = home.ok(&["wallet", "show", &alice]).to_string();
    let kept = fs::read_to_string(home.state(&format!("wallets/{alice}/wallet.json"))).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert!(!shown.contains(kept["secret"].as_str().unwrap()));
}

#[test]
fn a_damaged_ledger_is_reported() {
    let home = TestHome::empty();
    home.found("2025-01-01");
    let file = home.state("ledger/ledger.redb");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    home.fails_with_any(&[1, 3], &["ledger", "status"]);
    fs::write(&file, &bytes).unwrap();
    home.ok(&["ledger", "status"]);
    let wallet = home.state("governance/governance.json");
    fs::write(&wallet, "{").unwrap();
    home.fails(1, &["issuer", "new", "other"], "is not a signing key");
}

#[test]
fn an_older_copy_or_another_ledger_in_its_place_is_refused() {
    let home = TestHome::empty();
    home.ok(&["ledger", "init", "--day", "2025-01-01"]);
    let file = home.state("ledger/ledger.redb");
    let older = fs::read(&file).unwrap();
    home.ok(&["ledger", "day", "2025-01-02"]);
    home.ok(&["ledger", "status"]);
    let newer = fs::read(&file).unwrap();
    fs::write(&file, older).unwrap();
    home.fails(3, &["ledger", "status"], "rolled back");
    home.fails(3, &["ledger", "day", "2025-01-03"], "rolled back");
    fs::write(&file, newer).unwrap();
    home.ok(&["ledger", "status"]);

    let other = TestHome::empty();
    other.ok(&["ledger", "init", "--day", "2025-01-01"]);
    fs::copy(other.state("ledger/ledger.redb"), &file).unwrap();
    home.fails(3, &["ledger", "status"], "checkpoint");
}

const ADULTS: &str = "cohort \"Grown-ups\" using cardiometabolic at 2025-01-01\n\
                      include all\n  age at least 18 years\n";

fn open<'a>(query: &'a str, name: &'a str) -> Vec<&'a str> {
    vec![
        "study",
        "open",
        query,
        "--name",
        name,
        // Two studies that say the very same would be one.
        "--title",
        name,
        "--sponsor",
        "lab",
        "--purpose",
        "health",
        "--institution",
        "University Hospital",
        "--region",
        "eea",
        "--board",
        "ethics",
        "--expires",
        "2026-01-01",
    ]
}
