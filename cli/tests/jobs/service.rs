//! Jobs of a custodian's own system: it signs in as SMART Backend Services say, and asks by JSON.

use std::fs;
use std::time::{Duration, SystemTime};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::home::TestHome;
use crate::site::{Browser, Site};
use crate::{DAY, entered, founded, hospital, ledger};

const JOBS: &str = "/api/v1/custodians/hospital/jobs";
const BEARER: &str = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";

/// A key on P-384: PKCS #8 puts its private number behind a prefix that names the curve.
fn key() -> EncodingKey {
    let prefix = hex::decode("304e020100301006072a8648ce3d020106052b81040022043730350201010430");
    EncodingKey::from_ec_der(&[prefix.unwrap().as_slice(), &[3; 48]].concat())
}

/// A file by which one service may act for the hospital and for a sponsor.
fn sign_in(home: &TestHome) -> String {
    let mut public = Jwk::from_encoding_key(&key(), Algorithm::ES384).unwrap();
    public.common.key_id = Some("etl".to_owned());
    home.write("etl.jwks.json", &json!({ "keys": [public] }).to_string());
    let text = r#"
        public_url = "http://localhost:1"
        [[services]]
        client_id = "etl"
        jwks_file = "etl.jwks.json"
        parties = [{ role = "custodian", party = "hospital" }, { role = "researcher", party = "lab" }]
    "#;
    home.write("sign-in.toml", text)
}

/// Signs in for a scope, with an assertion of its own.
fn signed_in(site: &Site, scope: &str) -> Browser {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.unwrap();
    let claims = json!({
        "iss": "etl", "sub": "etl", "aud": "http://localhost:1/auth/token",
        "exp": now.as_secs() + 240, "jti": now.as_nanos().to_string(),
    });
    let mut header = Header::new(Algorithm::ES384);
    header.kid = Some("etl".to_owned());
    let assertion = jsonwebtoken::encode(&header, &claims, &key()).unwrap();
    let form = format!(
        "grant_type=client_credentials&scope={scope}&client_assertion_type={BEARER}\
         &client_assertion={assertion}"
    );
    let answer = site.browser.post("/auth/token", &form);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    site.browser
        .with(&format!("authorization: Bearer {token}\r\n"))
}

/// A job once it is over.
fn ended(me: &Browser, job: &str) -> Value {
    assert_eq!(me.end(job)["over"], true);
    me.get(job).json()
}

#[test]
fn a_service_takes_an_export_to_an_answer() {
    let (home, imports) = hospital("60");
    let site = Site::receiving(&home, &imports, &sign_in(&home));
    let me = signed_in(&site, "custodian/hospital");
    assert_eq!(me.get(JOBS).json(), json!({ "jobs": [] }));

    let custodian = "/api/v1/custodians/hospital";
    let known = me.get(custodian).json();
    assert_eq!(known["folders"], json!(["export"]));
    let dataset = &known["datasets"][0];
    assert_eq!(
        (&dataset["profile"], &dataset["current"]),
        (&json!("cardiometabolic"), &json!(0))
    );
    let study = &known["studies"][0];
    assert_eq!(
        (&study["title"], &study["tables"]),
        (&json!("adults"), &json!([]))
    );
    assert!(
        study["hindrance"].is_string(),
        "its dataset is not published: {study}"
    );

    let before = ledger(&me, "records");
    let asked =
        json!({ "kind": "import", "folder": "export", "profile": "general", "index_day": DAY });
    let import = me.ask(JOBS, &asked).accepted();
    let done = ended(&me, &import);
    assert_eq!(
        (&done["standing"], &done["can_commit"]),
        (&json!("done"), &json!(true))
    );
    assert_eq!(done["work"]["source"], json!({ "folder": "export" }));
    assert!(done["report"]["rows"].as_u64().unwrap() > 30, "{done}");
    assert!(!done["report"]["files"].as_array().unwrap().is_empty());
    assert_eq!(
        ledger(&me, "records"),
        before,
        "an import alone enters nothing"
    );

    let commit = me.ask(&format!("{import}/commit"), &Value::Null).accepted();
    assert_eq!(ended(&me, &commit)["standing"], "done");
    assert!(ledger(&me, "records") > before + 30);
    let again = me.ask(&format!("{import}/commit"), &Value::Null);
    assert_eq!(again.problem(), (409, "NoRows".to_owned()));

    let asked = json!({ "kind": "publish", "profile": "cardiometabolic", "index_day": DAY });
    let publish = me.ask(JOBS, &asked).accepted();
    assert_eq!(ended(&me, &publish)["standing"], "done");
    let study = me.get(custodian).json()["studies"][0].clone();
    assert_eq!(study["tables"].as_array().unwrap().len(), 3, "{study}");
    let by = json!({ "strata": ["sex"] });
    let asked = json!({ "kind": "count", "study": "adults", "table": by });
    let count = me.ask(JOBS, &asked).accepted();
    let done = ended(&me, &count);
    assert_eq!(done["standing"], "done", "{done}");

    let list = me.get(JOBS).json();
    let listed = list["jobs"].as_array().unwrap().iter();
    let listed: Vec<&str> = listed.map(|job| job["id"].as_str().unwrap()).collect();
    let asked = [&count, &publish, &commit, &import];
    assert_eq!(listed, asked.map(|job| job.rsplit('/').next().unwrap()));
    assert_eq!(me.delete(&count).status, 204);
    assert_eq!(me.get(&count).problem(), (404, "NotFound".to_owned()));
    site.terminate();
    assert_eq!(home.ok(&["ledger", "verify"])["cohort_answers"], 1);
}

#[test]
fn an_upload_of_a_service_is_a_job() {
    let (home, imports) = founded("12");
    let site = Site::receiving(&home, &imports, &sign_in(&home));
    let me = signed_in(&site, "custodian/hospital");
    let uploads = "/api/v1/custodians/hospital/uploads";
    let fields = [("profile", "general"), ("index_day", DAY)];
    let files: Vec<_> = fs::read_dir(format!("{imports}/hospital/export"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    let import = me.upload(uploads, &fields, &files).accepted();
    let done = ended(&me, &import);
    assert_eq!(
        (&done["standing"], &done["work"]["source"]),
        (&json!("done"), &json!("upload"))
    );
    let outside = [("../x.ndjson".to_owned(), b"{}".to_vec())];
    let refused = me.upload(uploads, &fields, &outside);
    assert_eq!(refused.problem(), (400, "Form".to_owned()));
}

#[test]
fn what_makes_no_sense_is_a_problem_with_a_code() {
    let (home, imports) = founded("12");
    let site = Site::receiving(&home, &imports, &sign_in(&home));
    let me = signed_in(&site, "custodian/hospital");
    let import = |folder: &str, profile: &str, day: &str| json!({ "kind": "import", "folder": folder, "profile": profile, "index_day": day });
    for (asked, status, code) in [
        (json!({ "kind": "erase" }), 400, "Body"),
        (
            json!({ "kind": "publish", "profile": "general" }),
            400,
            "Body",
        ),
        (import("../clinic", "general", DAY), 400, "Body"),
        (import("other", "general", DAY), 404, "NotFound"),
        (import("export", "/etc/passwd", DAY), 404, "NotFound"),
        (import("export", "general", "soon"), 400, "Form"),
        (
            json!({ "kind": "count", "study": "abcdef", "table": "count" }),
            404,
            "NotFound",
        ),
        (
            json!({ "kind": "count", "study": "abcdef", "table": "rows" }),
            400,
            "Body",
        ),
        (
            json!({ "kind": "publish", "profile": "general", "index_day": DAY, "again": true }),
            400,
            "Body",
        ),
    ] {
        let answer = me.ask(JOBS, &asked);
        assert_eq!(
            answer.problem(),
            (status, code.to_owned()),
            "{asked}: {}",
            answer.body
        );
    }
    let form = me.post(JOBS, "kind=publish");
    assert_eq!(form.problem(), (415, "MediaType".to_owned()));
    assert_eq!(
        me.get(JOBS).json(),
        json!({ "jobs": [] }),
        "nothing was kept"
    );
    let kept = include_str!("../../../docs/openapi-desk.json");
    let kept: Value = serde_json::from_str(kept).unwrap();
    assert_eq!(site.browser.get("/api/v1/openapi-desk.json").json(), kept);
}

#[test]
fn only_a_token_for_this_custodian_opens_its_jobs() {
    let (home, imports) = founded("12");
    let site = Site::receiving(&home, &imports, &sign_in(&home));
    let me = signed_in(&site, "custodian/hospital");
    let asked =
        json!({ "kind": "import", "folder": "export", "profile": "general", "index_day": DAY });
    let import = me.ask(JOBS, &asked).accepted();
    me.end(&import);

    let nobody = site.browser.ask(JOBS, &asked);
    assert_eq!(nobody.problem(), (401, "SignIn".to_owned()));
    let forged = site.browser.with("authorization: Bearer 00\r\n");
    assert_eq!(forged.get(&import).problem(), (401, "Token".to_owned()));
    // Of another role, and for another party: as where there is nobody.
    let sponsor = signed_in(&site, "researcher/lab");
    for (who, path) in [
        (&sponsor, JOBS.to_owned()),
        (&sponsor, import.clone()),
        (&sponsor, format!("{import}/events")),
        (&me, "/api/v1/custodians/clinic".to_owned()),
        (&me, JOBS.replace("hospital", "clinic")),
        (&me, import.replace("hospital", "clinic")),
    ] {
        let answer = who.get(&path);
        assert_eq!(answer.problem(), (404, "NotFound".to_owned()), "{path}");
        let party = path.split('/').nth(4).unwrap();
        let unknown = who.get(&path.replace(party, "nobody"));
        assert_eq!(answer.body.replace(party, "nobody"), unknown.body);
    }
    for (path, refused) in [
        (
            format!("{import}/commit"),
            sponsor.ask(&format!("{import}/commit"), &Value::Null),
        ),
        (import.clone(), sponsor.delete(&import)),
    ] {
        assert_eq!(refused.status, 404, "{path}");
    }
    assert_eq!(me.get(&import).status, 200);
}

#[test]
fn another_sites_page_asks_for_nothing_with_a_persons_cookie() {
    let (home, imports) = founded("12");
    let site = Site::start(&home, &imports);
    let me = &site.browser;
    let asked =
        json!({ "kind": "import", "folder": "export", "profile": "general", "index_day": DAY });
    let import = me.ask(JOBS, &asked).accepted();
    me.end(&import);
    for foreign in [
        "origin: http://evil.example",
        "sec-fetch-site: cross-site",
        "origin: null",
    ] {
        let page = me.and(foreign);
        for refused in [
            page.ask(JOBS, &asked),
            page.ask(&format!("{import}/commit"), &Value::Null),
            page.delete(&import),
        ] {
            assert_eq!(
                refused.problem(),
                (403, "ForeignPage".to_owned()),
                "{foreign}"
            );
        }
    }
    assert_eq!(me.get(&import).json()["can_commit"], true);
}

#[test]
fn a_services_jobs_are_cancelled_and_go_on_after_a_restart() {
    let (home, imports) = hospital("60");
    let file = sign_in(&home);
    let site = Site::receiving(&home, &imports, &file);
    let me = signed_in(&site, "custodian/hospital");
    let before = ledger(&me, "size");
    let publish = json!({ "kind": "publish", "profile": "cardiometabolic", "index_day": DAY });
    let publication = me.ask(JOBS, &publish).accepted();
    let count = json!({ "kind": "count", "study": "adults", "table": "attrition" });
    let attrition = me.ask(JOBS, &count).accepted();
    assert_eq!(
        me.ask(JOBS, &count).accepted(),
        attrition,
        "asked again, it is the same"
    );
    let refused = me.delete(&attrition);
    assert_eq!(refused.problem(), (409, "JobNotOver".to_owned()));
    let cancelled = me.ask(&format!("{attrition}/cancel"), &Value::Null);
    assert_eq!(cancelled.accepted(), attrition);
    assert_eq!(
        cancelled.json()["standing"],
        "cancelled",
        "it had not begun"
    );
    let began = me.watch(&publication, |event| event["standing"] != "waiting");
    assert_eq!(began.last().unwrap()["standing"], "running");
    site.kill();

    let site = Site::receiving(&home, &imports, &file);
    // A token ends with the process that gave it.
    let old = site.browser.like(&me).get(JOBS);
    assert_eq!(old.problem(), (401, "Token".to_owned()));
    let me = signed_in(&site, "custodian/hospital");
    assert_eq!(ended(&me, &publication)["standing"], "done");
    assert_eq!(me.get(&attrition).json()["standing"], "cancelled");
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(entered(&me, before), ["publish page"], "once, and no count");
}
