//! Services get access tokens by SMART Backend Services, or do not.

use std::sync::LazyLock;

use jsonwebtoken::{Algorithm, EncodingKey};
use openidconnect::url::form_urlencoded;
use rsa::pkcs1::EncodeRsaPrivateKey;
use salus_node::sign_in::SignInSettings;
use salus_node::{Allowance, Settings};
use serde_json::{Value, json};

use crate::client::{Answer, call};
use crate::service::Service;
use crate::sign_in_provider::{Key, forged, now};

const URL: &str = "http://localhost:1/auth/token";
const FORM: &str = "application/x-www-form-urlencoded";
const BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

static RSA: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    key.to_pkcs1_der().unwrap().as_bytes().to_vec()
});

pub(crate) fn rs(algorithm: Algorithm) -> Key {
    Key {
        kid: "rsa".to_owned(),
        algorithm,
        secret: EncodingKey::from_rsa_der(&RSA),
    }
}

/// Serves a node with two services: `hospital`, with an RSA and a P-384 key, and `other`.
pub(crate) fn serving(settings: Settings) -> Service {
    serving_at("http://localhost:1", settings)
}

/// The same, as browsers see it at an address.
fn serving_at(public_url: &str, settings: Settings) -> Service {
    let folder = tempfile::tempdir().unwrap();
    let keys = |name: &str, keys: Vec<Value>| {
        let text = json!({ "keys": keys }).to_string();
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    let public = [rs(Algorithm::RS384).public(), Key::es384("ec", 3).public()];
    keys("hospital.json", public.to_vec());
    keys("other.json", vec![Key::es384("ec", 4).public()]);
    let text = r#"
        [[services]]
        client_id = "hospital"
        jwks_file = "hospital.json"
        parties = [{ role = "custodian", party = "north" }, { role = "board", party = "ethics" }, { role = "operator" }]
        [[services]]
        client_id = "other"
        jwks_file = "other.json"
        parties = [{ role = "custodian", party = "south" }]
    "#;
    let path = folder.path().join("sign-in.toml");
    std::fs::write(&path, format!("public_url = {public_url:?}\n{text}")).unwrap();
    Service::receiving(SignInSettings::read(&path).unwrap(), settings)
}

/// Settings with tokens enough for a test.
fn plenty() -> Settings {
    Settings {
        tokens: Allowance {
            at_once: 1000,
            a_minute: 1000,
        },
        ..Settings::default()
    }
}

pub(crate) fn claims(id: &str) -> Value {
    json!({ "iss": "hospital", "sub": "hospital", "aud": URL, "exp": now() + 240, "jti": id })
}

fn request(assertion: &str, scope: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("scope", scope)
        .append_pair("client_assertion_type", BEARER)
        .append_pair("client_assertion", assertion)
        .finish()
}

fn ask(service: &Service, body: &str) -> Answer {
    call(
        service.address,
        "POST",
        "/auth/token",
        &[("content-type", FORM)],
        body,
    )
}

fn error(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    assert!(!body["error_description"].as_str().unwrap().is_empty());
    (answer.status, body["error"].as_str().unwrap().to_owned())
}

pub(crate) fn token(service: &Service, assertion: &str, scope: &str) -> String {
    let answer = ask(service, &request(assertion, scope));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    assert_eq!(
        (&body["token_type"], &body["expires_in"]),
        (&json!("bearer"), &json!(300))
    );
    assert_eq!(body["scope"], scope);
    body["access_token"].as_str().unwrap().to_owned()
}

pub(crate) fn sit(service: &Service, method: &str, path: &str, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    call(
        service.address,
        method,
        path,
        &[("authorization", &bearer)],
        "",
    )
}

#[test]
fn a_service_gets_a_token_for_what_it_asks_of_its_own() {
    let service = serving(plenty());
    let known = service.get("/.well-known/smart-configuration").json();
    assert_eq!(known["token_endpoint"], URL);
    assert_eq!(
        known["token_endpoint_auth_methods_supported"],
        json!(["private_key_jwt"])
    );
    assert_eq!(
        known["token_endpoint_auth_signing_alg_values_supported"],
        json!(["RS384", "ES384"])
    );
    let rsa = rs(Algorithm::RS384).sign(&claims("1"));
    let first = token(&service, &rsa, "custodian/north");
    let ec = Key::es384("ec", 3).sign(&claims("2"));
    let second = token(&service, &ec, "board/ethics operator");
    assert_ne!(first, second);

    assert_eq!(
        sit(&service, "GET", "/desk/custodian/north", &first).text(),
        "hospital"
    );
    // A token is for what was asked, and another's desk is one with nobody's.
    let nobody = sit(&service, "GET", "/desk/board/nobody", &first);
    let own_elsewhere = sit(&service, "GET", "/desk/board/ethics", &first);
    assert_eq!(own_elsewhere.problem(), (404, "NotFound".to_owned()));
    assert_eq!(
        own_elsewhere.text().replace("ethics", "nobody"),
        nobody.text()
    );
    assert_eq!(
        sit(&service, "GET", "/desk/custodian/south", &first).status,
        404
    );
    assert_eq!(
        sit(&service, "GET", "/desk/board/ethics", &second).status,
        200
    );
    // Tokens come from no page, so a change needs no page of this site.
    assert_eq!(
        sit(&service, "POST", "/desk/custodian/north", &first).status,
        200
    );
    for wrong in ["", "x", &first[1..], &format!("{first}0")] {
        let answer = sit(&service, "GET", "/desk/custodian/north", wrong);
        assert_eq!(answer.problem(), (401, "Token".to_owned()), "{wrong}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let basic = [("authorization", "Basic aG9zcGl0YWw6eA==")];
    let answer = call(service.address, "GET", "/desk/custodian/north", &basic, "");
    assert_eq!(answer.problem(), (401, "Token".to_owned()));
}

#[test]
fn a_session_that_is_over_is_taken_back_through_tls_alone() {
    let unknown = |name: &str| format!("{name}=AAAAAAAAAAAAAAAAAAAAAA");
    for (url, name, secure) in [
        ("https://salus.example", "__Host-salus", true),
        ("http://localhost:1", "salus", false),
    ] {
        let service = serving_at(url, plenty());
        let cookie = unknown(name);
        let headers = [("cookie", cookie.as_str())];
        let answer = call(
            service.address,
            "GET",
            "/desk/custodian/north",
            &headers,
            "",
        );
        assert_eq!(answer.status, 401);
        let taken = answer.header("set-cookie").unwrap();
        assert!(taken.starts_with(&format!("{name}=;")), "{taken}");
        assert!(
            taken.contains("Path=/") && taken.contains("Max-Age=0"),
            "{taken}"
        );
        assert_eq!(
            taken.matches("Secure").count(),
            usize::from(secure),
            "{taken}"
        );
    }
}

#[test]
fn an_assertion_with_anything_wrong_gives_no_token() {
    let service = serving(plenty());
    let ec = Key::es384("ec", 3);
    let with = |name: &str, value: Value| {
        let mut claims = claims("1");
        claims[name] = value;
        ec.sign(&claims)
    };
    let without = |name: &str| {
        let mut claims = claims("1");
        claims.as_object_mut().unwrap().remove(name);
        ec.sign(&claims)
    };
    let secret = EncodingKey::from_secret(Key::es384("ec", 3).public().to_string().as_bytes());
    let hmac = Key {
        kid: "ec".to_owned(),
        algorithm: Algorithm::HS256,
        secret,
    };
    let critical = json!({ "alg": "ES384", "kid": "ec", "crit": ["exp"], "exp": 1 });
    let none = json!({ "alg": "none", "kid": "ec" });
    let es384 = json!({ "alg": "ES384", "kid": "ec" });
    let no_kid = jsonwebtoken::Header::new(Algorithm::ES384);
    let wrong = [
        ("issuer", with("iss", json!("other"))),
        ("unknown issuer", with("iss", json!("nobody"))),
        ("subject", with("sub", json!("other"))),
        (
            "audience",
            with("aud", json!("http://localhost:1/auth/token/")),
        ),
        ("expired", with("exp", json!(now() - 1))),
        ("good for longer", with("exp", json!(now() + 310))),
        ("for ever", with("exp", json!(u64::MAX))),
        ("not yet", with("nbf", json!(now() + 60))),
        ("empty id", with("jti", json!(""))),
        ("long id", with("jti", json!("x".repeat(300)))),
        ("no id", without("jti")),
        ("no expiry", without("exp")),
        ("no issuer", without("iss")),
        ("no subject", without("sub")),
        ("no audience", without("aud")),
        ("other's key", Key::es384("ec", 4).sign(&claims("1"))),
        ("unknown key", Key::es384("ec2", 3).sign(&claims("1"))),
        (
            "no key",
            jsonwebtoken::encode(&no_kid, &claims("1"), &ec.secret).unwrap(),
        ),
        ("RS256", rs(Algorithm::RS256).sign(&claims("1"))),
        ("PS384", rs(Algorithm::PS384).sign(&claims("1"))),
        ("HS256", hmac.sign(&claims("1"))),
        ("none", forged(&none, &claims("1"), b"")),
        ("critical", forged(&critical, &claims("1"), &[1; 96])),
        ("signature", forged(&es384, &claims("1"), &[1; 96])),
        ("no signature", forged(&es384, &claims("1"), b"")),
        ("no token", "x".to_owned()),
        ("nothing", String::new()),
    ];
    for (what, assertion) in wrong {
        let answer = ask(&service, &request(&assertion, "custodian/north"));
        assert_eq!(error(&answer), (401, "invalid_client".to_owned()), "{what}");
    }
    // None of them used the id up; once is what it is good for, by whichever key.
    token(&service, &ec.sign(&claims("1")), "custodian/north");
    let again = [
        ec.sign(&claims("1")),
        rs(Algorithm::RS384).sign(&claims("1")),
    ];
    for assertion in again {
        let answer = ask(&service, &request(&assertion, "custodian/north"));
        assert_eq!(error(&answer), (401, "invalid_client".to_owned()));
    }
    // Another client's ids are its own.
    let mut south = claims("1");
    (south["iss"], south["sub"]) = (json!("other"), json!("other"));
    token(
        &service,
        &Key::es384("ec", 4).sign(&south),
        "custodian/south",
    );
}

#[test]
fn malformed_requests_are_told_so_in_oauths_words() {
    let service = serving(plenty());
    let ec = Key::es384("ec", 3);
    let asked = |scope: &str, id: &str| request(&ec.sign(&claims(id)), scope);
    for (number, scope) in [
        "",
        "custodian/south",
        "custodian/nobody",
        "custodian/north board/x",
    ]
    .into_iter()
    .enumerate()
    {
        let answer = ask(&service, &asked(scope, &format!("scope {number}")));
        assert_eq!(error(&answer), (400, "invalid_scope".to_owned()), "{scope}");
    }
    let good = asked("custodian/north", "form");
    let grant = good.replace("client_credentials", "password");
    assert_eq!(
        error(&ask(&service, &grant)),
        (400, "unsupported_grant_type".to_owned())
    );
    let kind = good.replace("jwt-bearer", "saml2-bearer");
    assert_eq!(
        error(&ask(&service, &kind)),
        (400, "invalid_request".to_owned())
    );
    let twice = format!("{good}&scope=operator");
    assert_eq!(
        error(&ask(&service, &twice)),
        (400, "invalid_request".to_owned())
    );
    let json = [("content-type", "application/json")];
    let answer = call(service.address, "POST", "/auth/token", &json, &good);
    assert_eq!(error(&answer), (400, "invalid_request".to_owned()));
    let long = format!("{good}&x={}", "x".repeat(16 << 10));
    assert_eq!(
        error(&ask(&service, &long)),
        (413, "invalid_request".to_owned())
    );
    // Nothing of that used the assertion up; and what is not known is ignored.
    assert_eq!(ask(&service, &format!("{good}&resource=x")).status, 200);
}

#[test]
fn one_client_can_ask_only_so_often_and_keeps_no_other_out() {
    let service = serving(Settings {
        tokens: Allowance {
            at_once: 2,
            a_minute: 1,
        },
        ..Settings::default()
    });
    let ec = Key::es384("ec", 3);
    for id in ["1", "2"] {
        token(&service, &ec.sign(&claims(id)), "custodian/north");
    }
    let answer = ask(
        &service,
        &request(&ec.sign(&claims("3")), "custodian/north"),
    );
    assert_eq!(error(&answer), (429, "temporarily_unavailable".to_owned()));
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    // Who does not show who it is takes nothing from whom it names.
    let mut south = claims("1");
    (south["iss"], south["sub"]) = (json!("other"), json!("other"));
    for _ in 0..3 {
        assert_eq!(
            ask(&service, &request(&ec.sign(&south), "custodian/south")).status,
            401
        );
    }
    token(
        &service,
        &Key::es384("ec", 4).sign(&south),
        "custodian/south",
    );
}

#[test]
fn one_identity_can_ask_desks_only_so_often_with_whichever_token() {
    let service = serving(Settings {
        desk_requests: Allowance {
            at_once: 2,
            a_minute: 1,
        },
        ..Settings::default()
    });
    let ec = Key::es384("ec", 3);
    let first = token(&service, &ec.sign(&claims("1")), "custodian/north");
    let second = token(&service, &ec.sign(&claims("2")), "board/ethics");
    assert_eq!(
        sit(&service, "GET", "/desk/custodian/north", &first).status,
        200
    );
    assert_eq!(
        sit(&service, "GET", "/desk/board/nobody", &second).status,
        404
    );
    let answer = sit(&service, "GET", "/desk/board/ethics", &second);
    assert_eq!(answer.problem(), (429, "TooOften".to_owned()));
    // Who shows no token is told so, not how often somebody else asked.
    let answer = sit(&service, "GET", "/desk/board/ethics", "x");
    assert_eq!(answer.problem(), (401, "Token".to_owned()));
    let mut south = claims("1");
    (south["iss"], south["sub"]) = (json!("other"), json!("other"));
    let south = token(
        &service,
        &Key::es384("ec", 4).sign(&south),
        "custodian/south",
    );
    assert_eq!(
        sit(&service, "GET", "/desk/custodian/south", &south).status,
        200
    );
}

#[test]
fn a_node_without_a_sign_in_file_knows_no_service() {
    let service = Service::with(0);
    let assertion = Key::es384("ec", 3).sign(&claims("1"));
    let answer = ask(&service, &request(&assertion, "custodian/north"));
    assert_eq!(error(&answer), (401, "invalid_client".to_owned()));
    assert_eq!(service.get("/.well-known/smart-configuration").status, 404);
    assert_eq!(
        service.get("/sign-in/provider").problem(),
        (401, "SignIn".to_owned())
    );
}
