//! Pages: every one answers, loads nothing from elsewhere, and shows what the ledger says.

use crate::client::{Answer, get, post, send};
use crate::service::Service;

/// A page, with what every page must have.
pub(crate) fn page(service: &Service, path: &str) -> String {
    let answer = get(service.address, path);
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    check_page(service, path, &answer);
    answer.text().to_owned()
}

fn check_page(service: &Service, path: &str, answer: &Answer) {
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8"),
        "{path}"
    );
    let policy = answer.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let text = answer.text();
    assert_eq!(text.matches("<h1>").count(), 1, "{path}");
    for elsewhere in ["http://", "https://", " style=", " onclick="] {
        assert!(!text.contains(elsewhere), "{path} has {elsewhere}");
    }
    // What a page loads is there.
    for part in text.split("=\"/assets/").skip(1) {
        let asset = part.split('"').next().unwrap();
        let asset = get(service.address, &format!("/assets/{asset}"));
        assert_eq!(asset.status, 200, "{path}: {asset:?}");
    }
}

/// The addresses that a page links to.
fn links(text: &str) -> Vec<String> {
    let parts = text.split("href=\"/").skip(1);
    parts
        .map(|part| format!("/{}", part.split(['"', '#']).next().unwrap()))
        .collect()
}

#[test]
fn every_page_that_is_linked_to_answers() {
    let service = Service::full();
    let mut seen = std::collections::BTreeSet::new();
    let mut next = vec!["/".to_owned(), "/query".to_owned()];
    while let Some(path) = next.pop() {
        // Verification has tests of its own.
        if path.ends_with("/verify") || !seen.insert(path.clone()) {
            continue;
        }
        let answer = get(service.address, &path);
        assert_eq!(answer.status, 200, "{path}");
        if answer.header("content-type") == Some("text/html; charset=utf-8")
            && !path.starts_with("/api/")
        {
            check_page(&service, &path, &answer);
            next.extend(links(answer.text()));
        }
    }
    assert!(
        seen.iter().any(|path| path.starts_with("/studies/")),
        "{seen:?}"
    );
    assert!(
        seen.iter()
            .any(|path| path.starts_with("/explorer/entries/")),
        "{seen:?}"
    );
}

#[test]
fn a_study_shows_its_terms_its_approval_and_its_question() {
    let service = Service::full();
    let listed = service.json("studies");
    let study = &listed["studies"][0];
    let text = page(
        &service,
        &format!("/studies/{}", study["id"].as_str().unwrap()),
    );
    let shown = service.json(&format!("studies/{}", study["id"].as_str().unwrap()));
    assert!(text.contains(study["title"].as_str().unwrap()));
    assert!(text.contains(shown["purpose"]["institution"].as_str().unwrap()));
    let criterion = &shown["explanation"]["groups"][0]["criteria"][0]["text"];
    assert!(text.contains(criterion.as_str().unwrap()), "{criterion}");
    for board in shown["boards"].as_array().unwrap() {
        assert!(text.contains(board["name"].as_str().unwrap()));
    }
}

#[test]
fn what_is_wrong_is_a_page_for_browsers_and_json_for_programs() {
    let service = Service::with(0);
    for path in [
        "/nowhere",
        "/studies/x",
        "/explorer/entries/999999",
        "/explorer?before=x",
    ] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: node\r\naccept: text/html,*/*\r\nconnection: close\r\n\r\n"
        );
        let answer = send(service.address, request.as_bytes()).unwrap();
        assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
        check_page(&service, path, &answer);
        let (status, _) = get(service.address, path).problem();
        assert_eq!(status, answer.status, "{path}");
    }
}

#[test]
fn a_query_is_explained_or_its_errors_are_named() {
    let service = Service::offering();
    let text = page(&service, "/query");
    assert!(text.contains("Explain") && text.contains("hba1c.latest"));
    let form = "profile=cardiometabolic&text=cohort+%22A%22+at+2025-01-01%0D%0Ainclude+all%0D%0Ahba1c.latest+at+least+7+%25";
    let media = "application/x-www-form-urlencoded";
    let good = post(service.address, "/query", media, form.as_bytes());
    assert_eq!(good.status, 200);
    assert!(good.text().contains("class=\"explanation\""));
    let bad = form.replace("hba1c.latest", "hba1c.lates");
    let bad = post(service.address, "/query", media, bad.as_bytes());
    assert_eq!(bad.status, 200);
    assert!(bad.text().contains("notice bad"), "{}", bad.text());
    assert!(!bad.text().contains("class=\"explanation\""));
}

#[test]
fn the_interface_reads_text_and_json_alike() {
    let service = Service::offering();
    let text = "cohort \"A\" at 2025-01-01\ninclude all\n  hba1c.latest at least 7 %\n";
    let check = |body: serde_json::Value| {
        let body = body.to_string();
        let answer = post(
            service.address,
            "/api/v1/queries/check",
            "application/json",
            body.as_bytes(),
        );
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let of_text = check(serde_json::json!({ "profile": "cardiometabolic", "text": text }));
    let of_json =
        check(serde_json::json!({ "profile": "cardiometabolic", "query": of_text["query"] }));
    assert_eq!(of_text["digest"], of_json["digest"]);
    assert!(of_text["digest"].is_string() && of_text["errors"].as_array().unwrap().is_empty());
    let wrong = check(serde_json::json!({ "profile": "cardiometabolic", "text": "cohort" }));
    assert!(wrong["digest"].is_null() && !wrong["errors"].as_array().unwrap().is_empty());
}

#[test]
fn the_explorer_names_whom_the_ledger_knows() {
    let service = Service::full();
    let text = page(&service, "/explorer?before=50");
    assert!(text.contains("<td>governance</td>"), "{text}");
    let party = &service.json("issuers")[0];
    let (name, key) = (
        party["name"].as_str().unwrap(),
        party["key"].as_str().unwrap(),
    );
    assert!(text.contains(&format!("<td>{name}</td>")), "{text}");
    // A patient's key has no name, and stays a key.
    assert!(text.contains("<td><code>"), "{text}");
    let signed = text.split("<tr>").find(|row| row.contains(name)).unwrap();
    let path = signed
        .split('"')
        .find(|part| part.starts_with("/explorer/entries/"));
    let entry = page(&service, path.unwrap());
    assert!(
        entry.contains(&format!("{name}, <code>{key}</code>")),
        "{entry}"
    );
}

#[test]
fn addresses_that_are_guessed_lead_somewhere() {
    let service = Service::with(0);
    for (path, to) in [
        ("/favicon.ico", "/assets/salus.svg"),
        ("/api", "/api/v1/reference"),
        ("/api/v1", "/api/v1/reference"),
        ("/docs", "/api/v1/reference"),
    ] {
        let answer = get(service.address, path);
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some(to)),
            "{path}"
        );
        assert_eq!(get(service.address, to).status, 200);
    }
    let robots = get(service.address, "/robots.txt");
    assert_eq!(robots.status, 200);
    assert!(robots.text().contains("Disallow: /desk"));
}

#[test]
fn assets_are_kept_by_their_tag() {
    let service = Service::with(0);
    let first = get(service.address, "/assets/salus.css");
    assert_eq!(first.status, 200);
    let tag = first.header("etag").unwrap();
    let request = format!(
        "GET /assets/salus.css HTTP/1.1\r\nhost: node\r\nif-none-match: {tag}\r\nconnection: close\r\n\r\n"
    );
    let again = send(service.address, request.as_bytes()).unwrap();
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(get(service.address, "/assets/../src/lib.rs").status, 404);
}
