//! Studies as FHIR: what a ledger with a study of many criteria says in R4 and R5.

mod criteria;
mod events;

use salus_ledger::engine::{Attachment, Ledger, Submission};
use salus_ledger::transaction::{ApproveStudy, CloseStudy, Envelope, OpenStudy, Title};
use salus_node::Settings;
use salus_protocol::consent::DiseaseArea;
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::Profile;
use salus_protocol::purpose::Research;
use salus_protocol::query::Query;
use serde_json::{Value, json};

use crate::client::{Answer, get, send};
use crate::fhir_models::Models;
use crate::power::Disk;
use crate::service::Service;
use crate::world::*;

const PROFILE: &str = include_str!("../../../profiles/cardiometabolic.toml");
const QUERY: &str = "cohort \"Uncontrolled <diabetes>\" at 2020-01-01
include all
  age between 35 and 75 years
  diabetes.first at least 3 years before index
  hba1c.latest between 7.05 and 10.0 %
  smoking.latest not in (current, former)
  stroke.first none recorded
include at least 2 of
  hba1c.count_730 at least 2
  sbp.latest above 140 mm[Hg]
  bmi.latest below 30 kg/m2
exclude any
  mi.latest within 6 months before index
  sex is other
exclude all
  hypertension.first before 2010-01-31
  hba1c.first_date after diabetes.first
";

/// The session's ledger with one more study, approved.
fn service() -> (Service, StudyId) {
    let service = Service::with(session::batches().len());
    let profile = Profile::from_toml(PROFILE).unwrap();
    let mut purpose = purpose();
    purpose.research = Research::Disease(DiseaseArea::Diabetes);
    let study = OpenStudy {
        title: Title::new("Uncontrolled diabetes").unwrap(),
        query_text: QUERY.to_owned(),
        profile: profile.hash(),
        query: Query::parse(QUERY)
            .unwrap()
            .compile(&profile)
            .unwrap()
            .query,
        purpose,
        ..open_study()
    };
    let ledger = service.ledger.state().unwrap().id();
    let envelope = Envelope::sign(study, &ledger, &sponsor());
    let id = StudyId::new(*envelope.id(&ledger).as_bytes());
    let opened = Submission::with(envelope, Attachment::Profile(PROFILE.to_owned()));
    let approve = Envelope::sign(ApproveStudy { study: id }, &ledger, &board(1));
    for submission in [opened, approve.into()] {
        service.ledger.submit(submission).unwrap().unwrap();
    }
    (service, id)
}

fn fhir(service: &Service, path: &str) -> Value {
    let answer = service.get(&format!("/fhir/{path}"));
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/fhir+json"));
    answer.json()
}

/// The code of an OperationOutcome, after a check that it is one.
fn outcome(answer: &Answer) -> (u16, String) {
    assert_eq!(
        answer.header("content-type"),
        Some("application/fhir+json"),
        "{answer:?}"
    );
    let outcome = answer.json();
    assert_eq!(outcome["resourceType"], "OperationOutcome");
    let issue = &outcome["issue"][0];
    assert_eq!(issue["severity"], "error");
    assert!(!issue["diagnostics"].as_str().unwrap().is_empty());
    let code = issue["details"]["coding"][0]["code"].as_str().unwrap();
    (answer.status, code.to_owned())
}

fn resources(bundle: &Value) -> Vec<Value> {
    let entries = bundle["entry"].as_array().into_iter().flatten();
    entries.map(|entry| entry["resource"].clone()).collect()
}

fn link(bundle: &Value, relation: &str) -> Option<String> {
    let mut links = bundle["link"].as_array().unwrap().iter();
    let found = links.find(|link| link["relation"] == relation)?;
    Some(found["url"].as_str().unwrap().to_owned())
}

#[test]
fn a_study_stands_where_the_ledger_says() {
    let (service, id) = service();
    let r4 = fhir(&service, &format!("r4/ResearchStudy/{id}"));
    assert_eq!(r4["status"], "active");
    assert_eq!(r4["title"], "Uncontrolled diabetes");
    assert_eq!(r4["sponsor"]["display"], "University Hospital");
    assert_eq!(
        r4["period"],
        json!({"start": "2024-03-02", "end": "2024-12-31"})
    );
    assert_eq!(r4["condition"][0]["coding"][0]["code"], "diabetes");
    assert_eq!(r4["enrollment"][0]["reference"], format!("Group/{id}"));
    let document = &r4["relatedArtifact"][0]["document"];
    assert_eq!(document["contentType"], "text/x-salus-query");
    let r5 = fhir(&service, &format!("r5/ResearchStudy/{id}"));
    assert_eq!(r5["status"], "active");
    assert_eq!(
        r5["progressStatus"][0]["state"]["coding"][0]["code"],
        "active"
    );
    assert_eq!(
        r5["recruitment"]["eligibility"]["reference"],
        format!("EvidenceVariable/{id}")
    );
    let roles: Vec<_> = r5["associatedParty"].as_array().unwrap().iter().collect();
    assert_eq!(roles.len(), 3, "a sponsor and two boards");

    let ledger = service.ledger.state().unwrap().id();
    let close = Envelope::sign(CloseStudy { study: id }, &ledger, &sponsor());
    service.ledger.submit(close).unwrap().unwrap();
    let closed = fhir(&service, &format!("r4/ResearchStudy/{id}"));
    assert_eq!(closed["status"], "administratively-completed");
    assert_eq!(closed["period"]["end"], "2024-03-02");
}

#[test]
fn searches_find_by_status_and_page_on() {
    let (service, id) = service();
    let all = fhir(&service, "r4/ResearchStudy");
    assert_eq!(
        (&all["type"], &all["total"]),
        (&"searchset".into(), &2.into())
    );
    assert_eq!(link(&all, "next"), None);
    let count = |path: &str| fhir(&service, path)["total"].clone();
    assert_eq!(count("r4/ResearchStudy?status=active"), 2);
    assert_eq!(count("r4/ResearchStudy?status=in-review,completed"), 0);
    assert_eq!(count(&format!("r4/ResearchStudy?_id={id}")), 1);
    assert_eq!(count("r5/ResearchStudy?progress-status-state=active"), 2);
    assert_eq!(count("r5/ResearchStudy?status=draft"), 0);
    assert_eq!(
        fhir(&service, "r5/ResearchStudy?status=draft").get("entry"),
        None
    );
    for path in [
        "r4/ResearchStudy",
        "r4/Group",
        "r5/EvidenceVariable",
        "r4/AuditEvent",
    ] {
        let whole = resources(&fhir(&service, path));
        // The client's requests name the host `node`.
        let mut url = format!("http://node/fhir/{path}?_count=1&_format=json");
        let mut paged = Vec::new();
        loop {
            let at =
                |url: &str| get(service.address, url.strip_prefix("http://node").unwrap()).json();
            let bundle = at(&url);
            for entry in bundle["entry"].as_array().unwrap() {
                assert_eq!(at(entry["fullUrl"].as_str().unwrap()), entry["resource"]);
            }
            if !paged.is_empty() {
                let before = at(&link(&bundle, "previous").unwrap());
                assert_eq!(resources(&before), paged[paged.len() - 1..]);
            }
            paged.extend(resources(&bundle));
            match link(&bundle, "next") {
                Some(next) => url = next,
                None => break,
            }
        }
        assert_eq!(paged, whole, "{path}");
    }
}

#[test]
fn links_begin_with_the_address_that_clients_use() {
    let ledger = Ledger::create_on(Disk::default(), &genesis(true), &checkpoint());
    let settings = Settings {
        public_url: Some("https://salus.example.org".to_owned()),
        ..Settings::default()
    };
    let service = Service::of(ledger.unwrap(), settings);
    let bundle = fhir(&service, "r5/AuditEvent?_id=a%7Cb%26");
    assert_eq!(
        link(&bundle, "self").unwrap(),
        "https://salus.example.org/fhir/r5/AuditEvent?_id=a%7Cb%26&_count=50&_offset=0"
    );
    let statement = fhir(&service, "r5/metadata");
    assert_eq!(statement["fhirVersion"], "5.0.0");
    assert_eq!(
        statement["implementation"]["url"],
        "https://salus.example.org/fhir/r5"
    );
}

#[test]
fn problems_are_operation_outcomes() {
    let (service, id) = service();
    let zero = "0".repeat(64);
    for (path, status, code) in [
        ("r4", 404, "NotFound"),
        ("r4/Patient", 404, "NotFound"),
        ("r3/metadata", 400, "Parameter"),
        ("r4/EvidenceVariable", 404, "NotFound"),
        ("r5/Group", 404, "NotFound"),
        (&format!("r4/Group/{zero}"), 404, "NotFound"),
        (&format!("r4/ResearchStudy/{zero}"), 404, "NotFound"),
        ("r4/ResearchStudy/1", 404, "NotFound"),
        ("r4/ResearchStudy?title=x", 400, "Parameter"),
        ("r4/ResearchStudy?_count=x", 400, "Parameter"),
        (
            "r4/ResearchStudy?progress-status-state=active",
            400,
            "Parameter",
        ),
        ("r4/AuditEvent?entity=Patient/1", 400, "Parameter"),
        ("r4/metadata?_format=xml", 406, "NotAcceptable"),
        (
            &format!("r4/ResearchStudy/{id}?_format=xml"),
            406,
            "NotAcceptable",
        ),
    ] {
        let answer = service.get(&format!("/fhir/{path}"));
        assert_eq!(outcome(&answer), (status, code.to_owned()), "{path}");
    }
    let posted = crate::client::post(
        service.address,
        "/fhir/r4/ResearchStudy",
        "application/fhir+json",
        b"{}",
    );
    assert_eq!(outcome(&posted), (405, "Method".to_owned()));
    let length: usize = posted.header("content-length").unwrap().parse().unwrap();
    assert_eq!(length, posted.body.len());
    // Also for a browser, which elsewhere would be shown a page.
    let browser = "GET /fhir/r4/Patient HTTP/1.1\r\nhost: node\r\naccept: text/html\r\n\
                   connection: close\r\n\r\n";
    let answer = send(service.address, browser.as_bytes()).unwrap();
    assert_eq!(outcome(&answer), (404, "NotFound".to_owned()));
    // Elsewhere a problem stays one.
    assert_eq!(service.get("/fhirx").problem().0, 404);
}

#[test]
fn independent_models_accept_every_resource() {
    let Some(models) = Models::find() else { return };
    let (service, _) = service();
    let mut checked = Vec::new();
    for version in ["r4", "r5"] {
        let criteria = if version == "r4" {
            "Group"
        } else {
            "EvidenceVariable"
        };
        for path in [
            "metadata",
            "ResearchStudy",
            criteria,
            "AuditEvent",
            "AuditEvent?_count=2&_offset=1",
        ] {
            let resource = fhir(&service, &format!("{version}/{path}"));
            checked.extend(resources(&resource).into_iter().map(|one| (version, one)));
            checked.push((version, resource));
        }
        let problem = service.get(&format!("/fhir/{version}/Patient")).json();
        checked.push((version, problem));
    }
    assert!(checked.len() > 30);
    models.accept(&checked).unwrap();
    // The models do object.
    let mut broken = fhir(&service, "r4/Group");
    broken["entry"][0]["resource"]["membership"] = "definitional".into();
    let objection = models.accept(&[("r4", broken)]).unwrap_err();
    assert!(objection.contains("membership"), "{objection}");
}
