//! Query texts, compiled once more in script: to the same compiled query, or refused alike.

#[allow(dead_code)] // rows are the query language's own tests'
#[path = "../../../protocol/tests/query/generate.rs"]
mod generate;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use salus_protocol::profile::Profile;
use salus_protocol::query::{CompiledQuery, Query};
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::process::{script, workspace};

/// Texts of each kind; more by the variable `PROPTEST_CASES`.
const TEXTS: u32 = 1000;
const SAMPLE: &str = include_str!("../../../protocol/tests/vectors/query/profile.toml");
const EXTREME: &str = include_str!("extreme.toml");

fn compiled(text: &str, profile: &Profile) -> Option<(Query, CompiledQuery)> {
    let query = Query::parse(text).ok()?;
    let compiled = query.compile(profile).ok()?.query;
    Some((query, compiled))
}

/// What the script must answer for a text.
fn expected(text: &str, profile: &Profile, digests: bool) -> Value {
    let Some((query, compiled)) = compiled(text, profile) else {
        return Value::Null;
    };
    let criteria: Vec<Value> = compiled
        .criteria()
        .iter()
        .map(|c| {
            json!([
                c.field,
                c.minus_previous,
                c.start,
                c.length,
                c.if_none,
                c.opens_group,
                c.at_least
            ])
        })
        .collect();
    let edition = compiled.edition().to_string();
    let day = query.index().number();
    if digests {
        json!([criteria, day, compiled.digest().to_string(), edition])
    } else {
        json!([criteria, day, edition])
    }
}

/// Asserts that both say the same of each text; gives how many compile.
fn agree(texts: &[String], document: &str, digests: bool) -> usize {
    let Some(mut script) = script() else {
        return 0;
    };
    let question =
        json!({ "ask": "queries", "many": texts, "profile": document, "digests": digests });
    let answers = script.ask(&question);
    let answers = answers.as_array().unwrap();
    assert_eq!(answers.len(), texts.len());
    let profile = Profile::from_toml(document).unwrap();
    let mut accepted = 0;
    let mut differ = Vec::new();
    for (text, said) in texts.iter().zip(answers) {
        let expected = expected(text, &profile, digests);
        accepted += usize::from(!expected.is_null());
        if expected != *said {
            differ.push(format!("{text:?}\nhere  {expected}\nthere {said}"));
        }
    }
    let shown: Vec<_> = differ.iter().take(10).map(String::as_str).collect();
    assert!(
        differ.is_empty(),
        "{} differ:\n{}",
        differ.len(),
        shown.join("\n")
    );
    accepted
}

fn vectors(file: &str) -> Vec<String> {
    let path = workspace().join("protocol/tests/vectors/query").join(file);
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let queries = table["query"].as_array().unwrap();
    let text = |query: &toml::Value| {
        let body = query["text"].as_str().unwrap();
        if body.to_lowercase().contains("cohort") || body.starts_with('#') {
            body.to_owned()
        } else {
            format!("cohort \"\" at 2020-01-01\n{body}")
        }
    };
    queries.iter().map(text).collect()
}

#[test]
fn the_vectors_compile_alike() {
    if script().is_none() {
        return;
    }
    let (accepted, refused) = (vectors("accepted.toml"), vectors("refused.toml"));
    assert_eq!(agree(&accepted, SAMPLE, true), accepted.len());
    assert_eq!(agree(&refused, SAMPLE, true), 0);
    assert!(accepted.len() >= 10 && refused.len() >= 20);
}

/// What a strategy gives, so many times or as many as `PROPTEST_CASES` says.
fn drawn<T>(strategy: impl Strategy<Value = T>) -> Vec<T> {
    let cases = std::env::var("PROPTEST_CASES").ok();
    let cases = cases.map_or(TEXTS, |number| number.parse().unwrap());
    let mut runner = TestRunner::new(Config::default());
    let draw = |_| strategy.new_tree(&mut runner).unwrap().current();
    (0..cases).map(draw).collect()
}

#[test]
fn queries_compile_alike_and_so_does_what_is_nearly_one() {
    if script().is_none() {
        return;
    }
    let drawn = drawn((generate::query(), any::<u64>()));
    let plain: Vec<_> = drawn.iter().map(|(query, _)| query.to_text()).collect();
    let accepted = agree(&plain, SAMPLE, false);
    assert!(accepted > plain.len() / 4, "{accepted}");
    let dressed = |(query, seed): &(Query, u64)| Chance::new(*seed).dress(&query.to_text());
    let dressed: Vec<_> = drawn.iter().map(dressed).collect();
    assert_eq!(agree(&dressed, SAMPLE, false), accepted);
    let damaged = |(query, seed): &(Query, u64)| Chance::new(*seed).damage(&query.to_text());
    let damaged: Vec<_> = drawn.iter().map(damaged).collect();
    assert!(agree(&damaged, SAMPLE, false) < damaged.len());
}

#[test]
fn criteria_of_any_words_are_read_alike() {
    if script().is_none() {
        return;
    }
    let texts: Vec<_> = drawn(any::<u64>())
        .into_iter()
        .map(|seed| Chance::new(seed).criterion())
        .collect();
    assert!(agree(&texts, SAMPLE, false) < texts.len());
}

#[test]
fn numbers_of_any_size_are_compared_alike() {
    if script().is_none() {
        return;
    }
    let texts: Vec<_> = drawn(any::<u64>())
        .into_iter()
        .map(|seed| Chance::new(seed).number())
        .collect();
    let accepted = agree(&texts, EXTREME, false);
    assert!((1..texts.len()).contains(&accepted), "{accepted}");
}

/// Every field of every shipped profile, asked for in a few ways.
#[test]
fn shipped_profiles_are_asked_alike() {
    if script().is_none() {
        return;
    }
    for entry in std::fs::read_dir(workspace().join("profiles")).unwrap() {
        let document = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let profile = Profile::from_toml(&document).unwrap();
        let mut texts = Vec::new();
        for field in profile.fields() {
            for test in [
                "recorded",
                "at least 5 %",
                "at most 60 mmol/mol",
                "is yes",
                "above 3",
                "within 6 months before index",
                "is female",
            ] {
                let name = &field.name;
                texts.push(format!(
                    "cohort \"\" at 2024-02-29\ninclude all\n {name} {test}"
                ));
            }
        }
        assert!(agree(&texts, &document, false) > profile.fields().len());
    }
}
