//! Metrics: who may read them. What they say is tested with the other things that are read.

use jsonwebtoken::Algorithm;
use salus_node::Settings;

use crate::service::Service;
use crate::sign_in_provider::Key;
use crate::sign_in_services::{claims, rs, serving, sit, token};

#[test]
fn metrics_are_shown_to_nobody_where_nobody_signs_in() {
    let service = Service::founded(Settings::default());
    let answer = service.get("/metrics");
    assert_eq!(answer.problem(), (404, "NotFound".to_owned()));
}

#[test]
fn metrics_are_for_operators_where_people_sign_in() {
    let service = serving(Settings::default());
    let answer = service.get("/metrics");
    assert_eq!(answer.problem(), (401, "SignIn".to_owned()));
    let hospital = rs(Algorithm::RS384).sign(&claims("1"));
    let hospital = token(&service, &hospital, "custodian/north");
    let refused = sit(&service, "GET", "/metrics", &hospital);
    assert_eq!(refused.problem(), (403, "OperatorsOnly".to_owned()));
    let operator = Key::es384("ec", 3).sign(&claims("2"));
    let operator = token(&service, &operator, "operator");
    let answer = sit(&service, "GET", "/metrics", &operator);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.text().contains("salus_ledger_height"));
    let unknown = sit(&service, "GET", "/metrics", "AAAA");
    assert_eq!(unknown.problem(), (401, "Token".to_owned()));
}
