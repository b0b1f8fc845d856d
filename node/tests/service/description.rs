//! The interface's description: docs/openapi.json, the node's own copy, and the page for people.

use std::path::Path;

use salus_node::Settings;
use serde_json::Value;

use crate::service::Service;
use crate::sign_in_services;

/// When the interface changes on purpose, run this test with SALUS_WRITE_OPENAPI=1.
#[test]
fn the_kept_description_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let current = salus_node::document().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("SALUS_WRITE_OPENAPI").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(
        kept == current,
        "docs/openapi.json is not what the code says: run this test with SALUS_WRITE_OPENAPI=1 and \
         read the difference"
    );
    let service = Service::with(0);
    let served = service.json("openapi.json");
    assert_eq!(served, serde_json::from_str::<Value>(&kept).unwrap());
}

#[test]
fn every_described_path_is_served_and_on_the_page() {
    // With a sign-in file, which some of them need.
    let service = sign_in_services::serving(Settings::default());
    let described = service.json("openapi.json");
    let page = service.get("/api/v1/reference");
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let page = page.text();
    let paths = described["paths"].as_object().unwrap();
    assert!(paths.len() >= 17, "{paths:?}");
    for (path, methods) in paths {
        assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
        for (method, operation) in methods.as_object().unwrap() {
            let responses = &operation["responses"];
            assert!(responses["503"].is_object(), "{method} {path}");
            let path = path.replace("{index}", "0").replace(['{', '}'], "");
            let request = format!(
                "{} {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n",
                method.to_uppercase()
            );
            let answer = crate::client::send(service.address, request.as_bytes()).unwrap();
            assert!(
                !matches!(answer.status, 404 | 405 | 500),
                "{method} {path}: {answer:?}"
            );
            assert!(
                responses[answer.status.to_string()].is_object(),
                "{method} {path} is not said to answer {}",
                answer.status
            );
        }
    }
    for shape in described["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        assert!(page.contains(&format!("<h3 id=\"{shape}\">")), "{shape}");
    }
    // Nothing on the page is from elsewhere, and nothing runs.
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
    assert_eq!(service.get("/api/v1/reference.css").status, 200);
}
