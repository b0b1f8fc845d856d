//! People sign in through an identity provider, and are turned away whenever anything about its
//! answer is not as it must be.

use std::collections::HashMap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, Once};

use openidconnect::url::Url;
use salus_node::Settings;
use serde_json::{Value, json};

use crate::client::{Answer, call};
use crate::service::Service;
use crate::sign_in_provider::{CLIENT, Key, Provider, SECRET, forged, now};

const RULES: &str = r#"
[[people]]
claim = "groups"
value = "irb"
role = "board"
party = "ethics"
[[people]]
email = "ada@example.org"
role = "researcher"
party = "sponsor"
"#;

/// A node and its provider.
struct Scene {
    service: Service,
    provider: Provider,
    key: Key,
}

/// A browser: it keeps the node's cookie.
struct Browser {
    node: SocketAddr,
    cookie: Option<String>,
}

impl Scene {
    fn new() -> Self {
        let key = Key::es256("first", 7);
        let provider = Provider::start(&key);
        let folder = tempfile::tempdir().unwrap();
        let settings = provider.settings(folder.path(), RULES);
        Self {
            service: Service::receiving(settings, Settings::default()),
            provider,
            key,
        }
    }

    fn browser(&self) -> Browser {
        Browser {
            node: self.service.address,
            cookie: None,
        }
    }

    /// Begins a sign-in: the state and nonce that the node sent.
    fn begin(&self, browser: &mut Browser) -> (String, String) {
        let answer = browser.get("/sign-in/provider");
        assert_eq!(answer.status, 303, "{answer:?}");
        let url: Url = answer.header("location").unwrap().parse().unwrap();
        assert_eq!(url.path(), "/authorize");
        let sent: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(sent["response_type"], "code");
        assert_eq!(sent["client_id"], CLIENT);
        assert_eq!(sent["code_challenge_method"], "S256");
        assert_eq!(sent["scope"], "openid email");
        assert_eq!(sent["redirect_uri"], "http://localhost:1/sign-in/return");
        self.provider.script().challenge = sent["code_challenge"].clone();
        (sent["state"].clone(), sent["nonce"].clone())
    }

    /// A whole sign-in, with an ID token made from the good claims.
    fn sign_in(&self, token: impl Fn(Value) -> Option<String>) -> (Browser, Answer) {
        let mut browser = self.browser();
        let (state, nonce) = self.begin(&mut browser);
        self.provider.script().id_token = token(self.provider.claims(&nonce));
        let answer = browser.get(&format!("/sign-in/return?code=the-code&state={state}"));
        (browser, answer)
    }
}

impl Browser {
    fn call(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut headers = headers.to_vec();
        let cookie = self.cookie.clone();
        if let Some(cookie) = &cookie {
            headers.push(("cookie", cookie));
        }
        let answer = call(self.node, method, path, &headers, "");
        if let Some(set) = answer.header("set-cookie") {
            let ended = set.contains("Max-Age=0");
            let kept = set.contains("HttpOnly") && set.contains("SameSite=Lax");
            assert!(ended || kept, "{set}");
            let value = set.split(';').next().map(str::to_owned);
            self.cookie = value.filter(|_| !ended);
        }
        answer
    }

    fn get(&mut self, path: &str) -> Answer {
        self.call("GET", path, &[])
    }
}

#[test]
fn a_person_signs_in_acts_for_the_parties_of_all_rules_and_signs_out() {
    let scene = Scene::new();
    let mut browser = scene.browser();
    assert_eq!(
        browser.get("/desk/board/ethics").problem(),
        (401, "SignIn".to_owned())
    );
    let (state, nonce) = scene.begin(&mut browser);
    let before = browser.cookie.clone();
    scene.provider.script().id_token = Some(scene.key.sign(&scene.provider.claims(&nonce)));
    let back = format!("/sign-in/return?code=the-code&state={state}");
    let answer = browser.get(&back);
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some("/desk")),
        "{answer:?}"
    );
    // The id that was known before the sign-in is worth nothing.
    assert_ne!(browser.cookie, before);
    let old = call(
        browser.node,
        "GET",
        "/desk/board/ethics",
        &[("cookie", &before.unwrap())],
        "",
    );
    assert_eq!(old.problem(), (401, "SignIn".to_owned()));

    assert_eq!(browser.get("/desk/board/ethics").text(), "Ada Lovelace");
    assert_eq!(browser.get("/desk/researcher/sponsor").status, 200);
    // Another's desk and nobody's are one answer, but for the name that was asked for.
    let other = browser.get("/desk/custodian/ethics");
    let nobody = browser.get("/desk/custodian/nobody");
    assert_eq!(other.problem(), (404, "NotFound".to_owned()));
    assert_eq!(other.text().replace("ethics", "nobody"), nobody.text());
    // The answer was used: it is good once.
    let mut again = scene.browser();
    again.cookie.clone_from(&browser.cookie);
    assert_eq!(again.get(&back).problem(), (401, "NotSignedIn".to_owned()));
    assert_eq!(scene.provider.script().codes_redeemed, 1);

    let foreign = [("origin", "https://evil.example")];
    let answer = browser.call("POST", "/desk/board/ethics", &foreign);
    assert_eq!(answer.problem(), (403, "ForeignPage".to_owned()));
    let own = [("origin", "http://localhost:1")];
    assert_eq!(browser.call("POST", "/desk/board/ethics", &own).status, 200);
    let cookie = browser.cookie.clone();
    assert_eq!(browser.call("POST", "/sign-out", &own).status, 303);
    browser.cookie = cookie;
    assert_eq!(
        browser.get("/desk/board/ethics").problem(),
        (401, "SignIn".to_owned())
    );
}

#[test]
fn an_id_token_with_anything_wrong_signs_nobody_in() {
    let scene = Scene::new();
    let with = |name: &'static str, value: Value| {
        let key = &scene.key;
        move |mut claims: Value| {
            claims[name] = value.clone();
            Some(key.sign(&claims))
        }
    };
    let stranger = Key::es256("first", 8);
    let header = |alg: &str| json!({ "alg": alg, "kid": "first" });
    let hmac = |secret: &[u8], claims: &Value| {
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        header.kid = Some("first".to_owned());
        let key = jsonwebtoken::EncodingKey::from_secret(secret);
        Some(jsonwebtoken::encode(&header, claims, &key).unwrap())
    };
    let public = scene.key.public().to_string();
    type Make<'a> = Box<dyn Fn(Value) -> Option<String> + 'a>;
    let wrong: Vec<(&str, Make<'_>)> = vec![
        ("nonce", Box::new(with("nonce", json!("another")))),
        ("no nonce", Box::new(with("nonce", Value::Null))),
        ("audience", Box::new(with("aud", json!("another")))),
        (
            "one more audience",
            Box::new(with("aud", json!([CLIENT, "another"]))),
        ),
        ("no audience", Box::new(with("aud", json!([])))),
        ("authorized party", Box::new(with("azp", json!("another")))),
        (
            "issuer",
            Box::new(with("iss", json!("https://evil.example"))),
        ),
        ("expired", Box::new(with("exp", json!(now() - 1)))),
        ("issued later", Box::new(with("iat", json!(now() + 3600)))),
        ("key", Box::new(|claims| Some(stranger.sign(&claims)))),
        (
            "alg none",
            Box::new(|claims| Some(forged(&header("none"), &claims, b""))),
        ),
        ("HS256", Box::new(|claims| hmac(SECRET.as_bytes(), &claims))),
        (
            "HS256 with the key",
            Box::new(|claims| hmac(public.as_bytes(), &claims)),
        ),
        (
            "signature",
            Box::new(|claims| Some(forged(&header("ES256"), &claims, &[7; 64]))),
        ),
        (
            "no signature",
            Box::new(|claims| Some(forged(&header("ES256"), &claims, b""))),
        ),
        ("no token", Box::new(|_| Some("not.a.token".to_owned()))),
        ("nothing", Box::new(|_| None)),
    ];
    for (what, token) in wrong {
        let (mut browser, answer) = scene.sign_in(token);
        assert_eq!(answer.problem(), (401, "NotSignedIn".to_owned()), "{what}");
        assert_eq!(browser.get("/desk/board/ethics").status, 401, "{what}");
    }
    // The table was refused for what it says: the same, with nothing wrong, is taken.
    let (_, answer) = scene.sign_in(|claims| Some(scene.key.sign(&claims)));
    assert_eq!(answer.status, 303, "{answer:?}");
}

#[test]
fn an_answer_that_fits_no_sign_in_of_this_session_signs_nobody_in() {
    let scene = Scene::new();
    let wrong = |path: &str, state: &str| path.replace("STATE", state);
    for path in [
        "/sign-in/return?code=the-code&state=another",
        "/sign-in/return?code=the-code",
        "/sign-in/return?code=another&state=STATE",
        "/sign-in/return?error=access_denied&state=STATE",
        "/sign-in/return?code=the-code&state=STATE&iss=https://evil.example",
    ] {
        let mut browser = scene.browser();
        let (state, nonce) = scene.begin(&mut browser);
        scene.provider.script().id_token = Some(scene.key.sign(&scene.provider.claims(&nonce)));
        let answer = browser.get(&wrong(path, &state));
        assert_eq!(answer.problem(), (401, "NotSignedIn".to_owned()), "{path}");
        // A second try, with the right answer, comes too late.
        let answer = browser.get(&format!("/sign-in/return?code=the-code&state={state}"));
        assert_eq!(answer.problem(), (401, "NotSignedIn".to_owned()), "{path}");
    }
    assert_eq!(scene.provider.script().codes_redeemed, 0);

    // Somebody's answer in another's browser: neither with that one's session nor without any.
    let (mut mine, mut other, mut none) = (scene.browser(), scene.browser(), scene.browser());
    scene.begin(&mut other);
    let (state, nonce) = scene.begin(&mut mine);
    scene.provider.script().id_token = Some(scene.key.sign(&scene.provider.claims(&nonce)));
    let back = format!("/sign-in/return?code=the-code&state={state}");
    assert_eq!(other.get(&back).problem(), (401, "NotSignedIn".to_owned()));
    assert_eq!(none.get(&back).problem(), (401, "NotSignedIn".to_owned()));
    none.cookie = Some("salus=AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    assert_eq!(none.get(&back).problem(), (401, "NotSignedIn".to_owned()));
    assert_eq!(mine.get(&back).status, 303);
}

#[test]
fn somebody_without_a_rule_or_with_an_unverified_address_gets_nothing() {
    let scene = Scene::new();
    let claims = |change: fn(&mut Value)| {
        let key = &scene.key;
        move |mut claims: Value| {
            change(&mut claims);
            Some(key.sign(&claims))
        }
    };
    let (mut browser, answer) = scene.sign_in(claims(|c| {
        c["groups"] = json!(["staff"]);
        c["email"] = json!("other@example.org");
    }));
    assert_eq!(answer.problem(), (403, "NobodyHere".to_owned()));
    assert_eq!(browser.get("/desk/board/ethics").status, 401);
    let (mut browser, answer) = scene.sign_in(claims(|c| c["email_verified"] = json!(false)));
    assert_eq!(answer.status, 303);
    assert_eq!(browser.get("/desk/board/ethics").status, 200);
    assert_eq!(browser.get("/desk/researcher/sponsor").status, 404);
}

#[test]
fn a_new_key_of_the_provider_is_asked_for_and_not_over_and_over() {
    let scene = Scene::new();
    assert_eq!(scene.provider.script().keys_read, 1);
    let second = Key::es256("second", 9);
    scene.provider.script().keys.push(second.public());
    let (_, answer) = scene.sign_in(|claims| Some(second.sign(&claims)));
    assert_eq!(answer.status, 303, "{answer:?}");
    assert_eq!(scene.provider.script().keys_read, 2);
    let unknown = Key::es256("third", 10);
    for _ in 0..3 {
        let (_, answer) = scene.sign_in(|claims| Some(unknown.sign(&claims)));
        assert_eq!(answer.problem(), (401, "NotSignedIn".to_owned()));
    }
    assert_eq!(scene.provider.script().keys_read, 2);
}

/// All that this process logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

static LOG: std::sync::LazyLock<Log> = std::sync::LazyLock::new(Log::default);
static LOGGING: Once = Once::new();

#[test]
fn no_secret_and_nobody_is_in_the_log() {
    LOGGING.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_writer(|| LOG.clone())
            .init();
    });
    let scene = Scene::new();
    let mut browser = scene.browser();
    let (state, nonce) = scene.begin(&mut browser);
    let token = scene.key.sign(&scene.provider.claims(&nonce));
    scene.provider.script().id_token = Some(token.clone());
    browser.get(&format!("/sign-in/return?code=the-code&state={state}"));
    let cookie = browser.cookie.clone().unwrap();
    assert_eq!(browser.get("/desk/board/ethics").status, 200);
    scene.sign_in(|mut claims| {
        claims["nonce"] = json!("another");
        Some(scene.key.sign(&claims))
    });
    let log = LOG.0.lock().unwrap().clone();
    let log = String::from_utf8_lossy(&log);
    assert!(log.contains("a person signed in") && log.contains("does not hold: nonce"));
    let cookie = cookie.split('=').nth(1).unwrap();
    let (signature, secret) = (token.rsplit('.').next().unwrap(), SECRET);
    let known = [
        &state,
        &nonce,
        "the-code",
        "unused-access-token",
        signature,
        secret,
        cookie,
    ];
    let people = ["subject-7", "Ada", "ada@example.org", "ethics"];
    for kept in known.into_iter().chain(people) {
        assert!(!log.contains(kept), "{kept:?} is in the log");
    }
}
