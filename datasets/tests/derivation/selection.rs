//! Which event a field takes, and that nothing else decides it.

use salus_protocol::day::Day;
use salus_protocol::profile::Profile;
use serde_json::json;

use crate::case::{
    INDEX, PROFILE, a1c, derived_at, diabetes, metformin, patient, smoking, value, with,
};

#[test]
fn each_selector_takes_its_own() {
    let four = [
        a1c("2019-03-01", 8.0),
        a1c("2018-03-01", 6.5),
        a1c("2017-03-01", 9.5),
        a1c("2019-09-01", 7.0),
    ];
    assert_eq!(value("a1c.first", &four), "9.5 %");
    assert_eq!(value("a1c.latest", &four), "7 %");
    assert_eq!(value("a1c.latest_date", &four), "2019-09-01");
    assert_eq!(value("a1c.min", &four), "6.5 %");
    assert_eq!(value("a1c.max_365", &four), "8 %");
    assert_eq!(value("a1c.count", &four), "4");
    assert_eq!(value("influenza", &four), "");
}

#[test]
fn on_one_day_the_time_decides() {
    let two = [
        a1c("2019-06-01T10:00:00Z", 6.0),
        a1c("2019-06-01T09:00:00Z", 7.0),
    ];
    assert_eq!(value("a1c.first", &two), "7 %");
    assert_eq!(value("a1c.latest", &two), "6 %");
    let untimed = [a1c("2019-06-01T10:00:00Z", 6.0), a1c("2019-06-01", 7.0)];
    assert_eq!(
        value("a1c.latest", &untimed),
        "6 %",
        "no time stands at midnight"
    );
}

#[test]
fn at_one_time_the_value_decides_in_any_order() {
    let (low, high) = (a1c("2019-06-01", 6.0), a1c("2019-06-01", 7.0));
    for two in [[low.clone(), high.clone()], [high, low]] {
        assert_eq!(value("a1c.first", &two), "6 %");
        assert_eq!(value("a1c.latest", &two), "7 %");
    }
}

#[test]
fn a_count_counts_days() {
    let three = [
        diabetes("2018-01-01T08:00:00Z"),
        diabetes("2018-01-01T09:00:00Z"),
        diabetes("2019-01-01"),
    ];
    assert_eq!(value("diabetes.count", &three), "2");
}

#[test]
fn the_order_in_the_source_does_not_matter() {
    let mut all = vec![
        patient(),
        a1c("2019-06-01", 6.0),
        a1c("2019-06-01", 7.0),
        a1c("2019-06-01T08:00:00Z", 6.5),
        diabetes("2018"),
        diabetes("2018-01-01"),
        metformin("2019-03-01"),
        smoking("2019-01-01", &["8517006"]),
        smoking("2019-01-01", &["266919005"]),
    ];
    let row = derived_at(INDEX, &all).rows[0].row.clone();
    all[1..].reverse();
    assert_eq!(derived_at(INDEX, &all).rows[0].row.values(), row.values());
    all.rotate_left(4);
    assert_eq!(derived_at(INDEX, &all).rows[0].row.values(), row.values());
}

#[test]
fn everyone_has_a_row_and_only_their_own_events() {
    let other = with(patient(), json!({ "id": "q" }));
    let theirs = with(
        a1c("2019-06-01", 9.0),
        json!({ "subject": { "reference": "Patient/q" } }),
    );
    let derivation = derived_at(INDEX, &[patient(), other, a1c("2019-07-01", 6.0), theirs]);
    let profile = Profile::from_toml(PROFILE).unwrap();
    let place = usize::from(profile.field("a1c.latest").unwrap().0);
    let rows: Vec<_> = derivation
        .rows
        .iter()
        .map(|row| (row.patient.as_str(), row.row.values()[place]))
        .collect();
    assert_eq!(rows, [("p", 61), ("q", 91)]);
    assert_eq!(derivation.report.filled["a1c.latest"], 2);
    assert_eq!(derivation.report.index, INDEX.parse::<Day>().unwrap());
}
