//! The sign-in file is checked as a whole, and says what is wrong with it.

use std::path::Path;

use jsonwebtoken::Algorithm;
use salus_node::sign_in::{Reception, SignInSettings};
use serde_json::{Value, json};

use crate::sign_in_provider::Key;

const PROVIDER: &str = "[provider]\nissuer = \"https://id.example\"\nclient_id = \"salus\"\nsecret_file = \"secret\"\n";
const PEOPLE: &str = "[[people]]\nsubject = \"7\"\nrole = \"board\"\nparty = \"ethics\"\n";
const SERVICE: &str = "[[services]]\nclient_id = \"hospital\"\njwks_file = \"keys.json\"\n\
    parties = [{ role = \"custodian\", party = \"north\" }]\n";

fn read(folder: &Path, text: &str) -> Result<SignInSettings, String> {
    let path = folder.join("sign-in.toml");
    std::fs::write(&path, text).unwrap();
    SignInSettings::read(&path).map_err(|error| error.to_string())
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "secret\n").unwrap();
    std::fs::write(folder.path().join("empty"), " \n").unwrap();
    keys(
        folder.path(),
        &json!({ "keys": [Key::es384("ec", 3).public()] }),
    );
    folder
}

fn keys(folder: &Path, keys: &Value) {
    std::fs::write(folder.join("keys.json"), keys.to_string()).unwrap();
}

#[test]
fn a_good_file_is_read_and_shows_no_secret() {
    let folder = folder();
    let text = format!("public_url = \"https://salus.example\"\n{PROVIDER}{PEOPLE}{SERVICE}");
    let settings = read(folder.path(), &text).unwrap();
    assert!(settings.is_https());
    assert!(format!("{settings:?}").contains("Secret(redacted)"));
    let text = format!("public_url = \"http://127.0.0.1:8080\"\n{SERVICE}");
    assert!(!read(folder.path(), &text).unwrap().is_https());
}

#[test]
fn what_is_wrong_is_said() {
    let folder = folder();
    let url = "public_url = \"https://salus.example\"\n";
    let provider = |line: &str, by: &str| format!("{url}{}{PEOPLE}", PROVIDER.replace(line, by));
    let people = |line: &str, by: &str| format!("{url}{PROVIDER}{}", PEOPLE.replace(line, by));
    let service = |line: &str, by: &str| format!("{url}{}", SERVICE.replace(line, by));
    let secret = "secret_file = \"secret\"";
    let subject = "subject = \"7\"";
    for (text, said) in [
        (String::new(), "public_url"),
        (format!("{url}unknown = 1\n"), "unknown"),
        ("public_url = \"salus.example\"".to_owned(), "public_url"),
        (
            "public_url = \"http://salus.example\"".to_owned(),
            "is not https",
        ),
        (
            "public_url = \"https://salus.example/path\"".to_owned(),
            "alone",
        ),
        (
            "public_url = \"https://u:p@salus.example\"".to_owned(),
            "alone",
        ),
        (format!("{url}{PEOPLE}"), "add [provider]"),
        (format!("{url}{PROVIDER}"), "add [[people]]"),
        (provider("https://id", "http://id"), "is not https"),
        (provider("\"salus\"", "\"\""), "client_id"),
        (provider(secret, "secret = \"x\""), "unknown field"),
        (provider(secret, "secret_file = \"none\""), "can't be read"),
        (
            provider(secret, "secret_file = \"empty\""),
            "the secret is empty",
        ),
        (
            provider(secret, "secret_env = \"SALUS_TEST_UNSET\""),
            "SALUS_TEST_UNSET",
        ),
        (
            provider(secret, &format!("{secret}\nsecret_env = \"X\"")),
            "not both",
        ),
        (people(subject, ""), "claim and value"),
        (people(subject, "claim = \"groups\""), "claim and value"),
        (
            people(subject, "claim = \"email\"\nvalue = \"x\""),
            "email =",
        ),
        (
            people(subject, "subject = \"7\"\nemail = \"x\""),
            "claim and value",
        ),
        (people("\"board\"", "\"king\""), "king"),
        (people("party = \"ethics\"\n", ""), "needs the party's name"),
        (people("\"ethics\"", "\"two words\""), "no party's name"),
        (people("\"board\"", "\"operator\""), "leave it out"),
        (service("keys.json", "none.json"), "can't be read"),
        (
            service("[{ role = \"custodian\", party = \"north\" }]", "[]"),
            "acts for nobody",
        ),
        (format!("{url}{SERVICE}{SERVICE}"), "there twice"),
    ] {
        let error = read(folder.path(), &text).unwrap_err();
        assert!(error.contains(said), "{said}: {error}\n{text}");
    }
}

#[test]
fn only_public_keys_of_the_two_algorithms_are_taken() {
    let folder = folder();
    let text = format!("public_url = \"https://salus.example\"\n{SERVICE}");
    let good = Key::es384("ec", 3).public();
    let with = |name: &str, value: Value| {
        let mut key = good.clone();
        key[name] = value;
        json!({ "keys": [key] })
    };
    let short = json!({ "kty": "RSA", "kid": "rsa", "n": "q".repeat(171), "e": "AQAB" });
    for (set, said) in [
        (json!([]), "not a JSON Web Key Set"),
        (json!({ "keys": [] }), "no key in it"),
        (json!({ "keys": [good, good] }), "there twice"),
        (with("kid", Value::Null), "missing"),
        (with("d", json!("AAAA")), "private part"),
        (with("alg", json!("ES256")), "another algorithm"),
        (with("crv", json!("P-256")), "another algorithm"),
        (
            json!({ "keys": [Key::es256("ec", 3).public()] }),
            "another algorithm",
        ),
        (json!({ "keys": [short] }), "another algorithm"),
        (
            json!({ "keys": [{ "kty": "oct", "kid": "x", "k": "AAAA" }] }),
            "private part",
        ),
    ] {
        keys(folder.path(), &set);
        let error = read(folder.path(), &text).unwrap_err();
        assert!(error.contains(said), "{said}: {error}\n{set}");
    }
    assert_eq!(Key::es384("ec", 3).algorithm, Algorithm::ES384);
    keys(folder.path(), &json!({ "keys": [good] }));
    read(folder.path(), &text).unwrap();
}

#[test]
fn a_provider_that_does_not_answer_is_named_at_the_start() {
    let folder = folder();
    // A port that was just free.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let provider = PROVIDER.replace("https://id.example", &format!("http://127.0.0.1:{port}"));
    let text = format!("public_url = \"https://salus.example\"\n{provider}{PEOPLE}");
    let settings = read(folder.path(), &text).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let error = runtime
        .unwrap()
        .block_on(Reception::open(settings))
        .unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains(&format!("127.0.0.1:{port}")) && error.contains("reached"),
        "{error}"
    );
}
