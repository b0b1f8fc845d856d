//! Whatever the text, the language answers: no panic, and errors that point into the text.
#![allow(clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use salus_protocol::profile::Profile;
use salus_protocol::query::{Query, QueryErrors};

fn profile() -> Profile {
    Profile::from_toml(include_str!("vectors/query/profile.toml")).unwrap()
}

/// Words of the language, names, numbers and noise, so that texts go far before they go wrong.
const WORDS: &[&str] = &[
    "cohort",
    "\"title\"",
    "\"",
    "\\",
    "using",
    "sample",
    "at",
    "2020-01-01",
    "2020-02-30",
    "include",
    "exclude",
    "all",
    "any",
    "at least",
    "2",
    "of",
    "\n",
    "\n ",
    "\r\n",
    "age",
    "sex",
    "hba1c.latest",
    "mi.first",
    "diabetes.first",
    "sbp.latest",
    "dbp.latest",
    "between",
    "and",
    "7.0",
    "-3",
    "35",
    "%",
    "mm[Hg]",
    "years",
    "months",
    "days",
    "before index",
    "before",
    "after",
    "above",
    "below",
    "within",
    "is",
    "not",
    "in",
    "(",
    "female",
    ",",
    "male",
    ")",
    "no",
    "recorded",
    "none recorded",
    "on or before",
    ">=",
    "<",
    "=",
    "≥",
    "#",
    "99999999999999999999",
    "0.0000000000000001",
    "µmol/L",
    "🦀",
    "\u{0}",
    "\t",
    "1e5",
    "7,5",
    "4294967296",
    "yes",
];

fn check(text: &str, errors: &QueryErrors) -> Result<(), TestCaseError> {
    prop_assert!(!errors.is_empty());
    prop_assert!(!errors.to_string().is_empty());
    for error in &**errors {
        let span = error.span.clone();
        prop_assert!(span.is_some(), "{error} has no place in\n{text:?}");
        let span = span.unwrap();
        prop_assert!(
            text.get(span.clone()).is_some(),
            "{span:?} is not in\n{text:?}"
        );
    }
    Ok(())
}

fn all_ways(text: &str) -> Result<(), TestCaseError> {
    let profile = profile();
    match Query::parse(text) {
        Err(errors) => check(text, &errors),
        Ok(query) => {
            let again = Query::parse(&query.to_text());
            prop_assert_eq!(again.as_ref(), Ok(&query));
            let from_json = Query::from_json(&query.to_json());
            prop_assert_eq!(from_json.as_ref(), Ok(&query));
            match query.compile(&profile) {
                Err(errors) => check(text, &errors),
                Ok(compiled) => {
                    prop_assert!(query.explain(&profile).is_ok());
                    prop_assert!(compiled.query.explain(&profile, query.index()).is_ok());
                    Ok(())
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        all_ways(&text)?;
    }

    #[test]
    fn any_words(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        all_ways(&words.join(" "))?;
    }

    #[test]
    fn any_words_as_a_criterion(words in prop::collection::vec(prop::sample::select(WORDS), 0..9)) {
        all_ways(&format!("cohort \"\" at 2020-01-01\ninclude all\n {}", words.join(" ")))?;
    }

    #[test]
    fn a_query_with_a_byte_changed(at in 0usize..300, byte in 0u8..128, cut in any::<bool>()) {
        let mut text = include_str!("vectors/query/example.txt").as_bytes().to_vec();
        let at = at % text.len();
        if cut { text.truncate(at) } else { text[at] = byte }
        all_ways(&String::from_utf8(text).unwrap())?;
    }

    #[test]
    fn json_with_a_byte_changed(at in 0usize..2000, byte in 32u8..127, cut in any::<bool>()) {
        let query = Query::parse(include_str!("vectors/query/example.txt")).unwrap();
        let mut json = query.to_json().into_bytes();
        let at = at % json.len();
        if cut { json.truncate(at) } else { json[at] = byte }
        let json = String::from_utf8(json).unwrap();
        match Query::from_json(&json) {
            Ok(query) => {
                // Only a title may differ in what text cannot hold, and titles are checked.
                let again = Query::parse(&query.to_text());
            prop_assert_eq!(again.as_ref(), Ok(&query));
                let _ = query.compile(&profile());
            }
            Err(errors) => {
                for error in &*errors {
                    let span = error.span.clone().unwrap_or(0..0);
                    prop_assert!(json.get(span).is_some());
                }
            }
        }
    }

    #[test]
    fn any_json(text in "[\\[\\]{}\",:a-z0-9. -]{0,60}") {
        prop_assert!(Query::from_json(&text).is_err());
    }
}

#[test]
fn a_text_too_long_is_refused() {
    let text = " ".repeat((1 << 16) + 1);
    assert!(Query::parse(&text).is_err());
    assert!(Query::from_json(&text).is_err());
}

#[test]
fn many_errors_are_cut_and_many_criteria_are_refused() {
    let header = "cohort \"\" at 2020-01-01\ninclude all\n";
    let wrong = header.to_owned() + &" sex is nothing else\n".repeat(500);
    assert_eq!(Query::parse(&wrong).unwrap_err().len(), QueryErrors::MOST);
    let many = header.to_owned() + &" sbp.latest above dbp.latest\n".repeat(2000);
    let errors = Query::parse(&many)
        .unwrap()
        .compile(&profile())
        .unwrap_err();
    assert!(errors[0].to_string().contains("16 fit"), "{errors}");
}

/// A comment could otherwise rewrite, on a terminal, the criteria above it.
#[test]
fn characters_that_deceive_are_refused() {
    let query =
        |comment: &str| format!("cohort \"A\" at 2020-01-01\ninclude all\n  no mi # {comment}\n");
    assert!(Query::parse(&query("plain, with a tab\tand Ünicode")).is_ok());
    assert!(Query::parse(&query("plain").replace('\n', "\r\n")).is_ok());
    for deceit in [
        "\u{1b}[1A\u{1b}[2K",
        "\rno stroke",
        "\u{202e}",
        "\u{2028}  no stroke",
        "\u{2029}",
        "\u{2066}",
        "\u{0}",
        "\u{9b}1A",
    ] {
        let text = query(deceit);
        let errors = Query::parse(&text).unwrap_err();
        let span = errors[0].span.clone().unwrap();
        assert!(text[span].chars().all(salus_protocol::is_deceptive));
    }
}
