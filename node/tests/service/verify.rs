//! The verification page: what it loads is there, and what its scripts may do is little.

use std::collections::BTreeSet;

use crate::client::get;
use crate::pages::page;
use crate::service::Service;

#[test]
fn any_bundle_and_a_study_s_can_be_opened() {
    let service = Service::full();
    let text = page(&service, "/verify");
    assert!(text.contains("type=\"file\"") && !text.contains("data-bundle"));
    let study = service.json("studies")["studies"][0].clone();
    let id = study["id"].as_str().unwrap();
    let text = page(&service, &format!("/studies/{id}/verify"));
    assert!(text.contains(study["title"].as_str().unwrap()));
    let path = format!("/api/v1/studies/{id}/bundle?log=true");
    assert!(text.contains(&format!("data-bundle=\"{path}\"")));
    assert_eq!(get(service.address, &path).status, 200);
    let unknown = format!("/studies/{}/verify", "0".repeat(64));
    assert_eq!(get(service.address, &unknown).status, 404);
}

/// The scripts that a script imports, as paths.
fn imports(path: &str, text: &str) -> Vec<String> {
    let folder = path.rsplit_once('/').unwrap().0;
    let named = text.split(" from \"").skip(1);
    let named = named.map(|rest| rest.split('"').next().unwrap());
    let resolve = |name: &str| match name.strip_prefix("../") {
        Some(above) => format!("{}/{above}", folder.rsplit_once('/').unwrap().0),
        None => format!("{folder}/{}", name.strip_prefix("./").unwrap()),
    };
    named.map(resolve).collect()
}

#[test]
fn its_scripts_are_all_here_and_may_load_nothing_else() {
    let service = Service::with(0);
    let mut next = vec![
        "/assets/verify/page.js".to_owned(),
        "/assets/verify/worker.js".to_owned(),
    ];
    let mut seen = BTreeSet::new();
    while let Some(path) = next.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let answer = get(service.address, &path);
        assert_eq!(answer.status, 200, "{path}");
        let media = answer.header("content-type");
        assert_eq!(media, Some("text/javascript; charset=utf-8"), "{path}");
        // A thread of its own follows its script's policy: no connection at all.
        let policy = answer.header("content-security-policy");
        assert_eq!(
            policy,
            Some("default-src 'none'; script-src 'self'"),
            "{path}"
        );
        if path.starts_with("/assets/vendor/") {
            continue;
        }
        let text = answer.text();
        assert!(!text.contains("//cdn") && !text.contains("http"), "{path}");
        next.extend(imports(&path, text));
    }
    for library in ["noble", "toml"] {
        let path = format!("/assets/vendor/{library}.js");
        assert!(seen.contains(&path), "{seen:?}");
    }
    assert!(seen.len() > 20, "{seen:?}");
}
