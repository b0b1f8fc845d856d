//! When an event counts, and on which day.

use salus_datasets::derivation::LeftOut;
use serde_json::json;

use crate::case::{a1c, derived_at, diabetes, left_out, patient, shown, value, with};

#[test]
fn the_index_day_itself_counts_and_the_next_does_not() {
    let two = [a1c("2019-06-01", 6.0), a1c("2020-01-01T23:59:00Z", 7.0)];
    assert_eq!(value("a1c.latest", &two), "7 %");
    let two = [a1c("2019-06-01", 6.0), a1c("2020-01-02T00:00:00Z", 7.0)];
    assert_eq!(value("a1c.latest", &two), "6 %");
}

#[test]
fn the_day_is_the_one_written() {
    // 2020-01-02 in Greenwich, but 2020-01-01 where it was measured.
    assert_eq!(
        value("a1c.latest", &[a1c("2020-01-01T22:00:00-05:00", 7.0)]),
        "7 %"
    );
    assert_eq!(
        value("a1c.latest", &[a1c("2020-01-02T01:00:00+05:00", 7.0)]),
        ""
    );
}

#[test]
fn a_window_begins_so_many_days_before_the_index() {
    assert_eq!(value("diabetes.any_30", &[diabetes("2019-12-02")]), "yes");
    assert_eq!(value("diabetes.any_30", &[diabetes("2019-12-01")]), "");
    assert_eq!(value("diabetes.any_30", &[diabetes("2020-01-01")]), "yes");
}

#[test]
fn a_partial_date_stands_at_its_first_day() {
    assert_eq!(value("diabetes.first", &[diabetes("2018")]), "2018-01-01");
    assert_eq!(
        value("diabetes.first", &[diabetes("2018-06")]),
        "2018-06-01"
    );
}

#[test]
fn a_partial_date_counts_only_if_all_of_it_is_past() {
    let mut all = vec![patient(), diabetes("2019")];
    assert_eq!(
        shown(&derived_at("2019-12-31", &all), "diabetes.first"),
        "2019-01-01"
    );
    let early = derived_at("2019-12-30", &all);
    assert_eq!(shown(&early, "diabetes.first"), "");
    assert_eq!(early.report.left_out(LeftOut::MaybeLater), 1);
    all[1] = diabetes("2021");
    let future = derived_at("2019-12-30", &all);
    assert_eq!(future.report.left_out(LeftOut::MaybeLater), 0);
    assert_eq!(future.report.after_index, 1);
}

#[test]
fn an_event_without_a_date_is_reported() {
    let undated = with(diabetes("2018"), json!({ "onsetDateTime": null }));
    assert_eq!(value("diabetes.first", std::slice::from_ref(&undated)), "");
    assert_eq!(left_out(LeftOut::NoDate, &[undated]), 1);
}

#[test]
fn a_date_outside_the_calendar_is_reported() {
    let old = diabetes("1879-12-31");
    assert_eq!(value("diabetes.first", std::slice::from_ref(&old)), "");
    assert_eq!(left_out(LeftOut::OutsideCalendar, &[old]), 1);
}
