//! The query language against its written semantics: the compiled query, a second evaluator
//! that knows nothing of compiling, the text and the JSON must all agree.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "query/generate.rs"]
mod generate;
#[path = "query/reference.rs"]
mod reference;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use salus_protocol::day::Day;
use salus_protocol::profile::{Encoding, Profile};
use salus_protocol::query::ast::{Group, Need, Sense};
use salus_protocol::query::{CompiledQuery, Problem, Query};
use salus_protocol::row::Row;

fn profile() -> Profile {
    Profile::from_toml(include_str!("vectors/query/profile.toml")).unwrap()
}

/// Whether a coded field of the row holds a number beyond its list.
fn holds_undefined(profile: &Profile, row: &Row) -> bool {
    profile
        .fields()
        .iter()
        .zip(row.values())
        .any(|(field, number)| match &field.encoding {
            Encoding::Code(list) => usize::from(*number) > list.len(),
            _ => false,
        })
}

fn only(criterion: salus_protocol::query::ast::Criterion, index: Day) -> Query {
    let group = Group {
        sense: Sense::Include,
        need: Need::All,
        criteria: vec![criterion],
    };
    Query::new(String::new(), None, index, vec![group]).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_compiled_query_agrees_with_the_reference(
        query in generate::query(),
        seeds in prop::collection::vec(any::<u64>(), 24),
    ) {
        let profile = profile();
        let compiled = match query.compile(&profile) {
            Ok(compiled) => compiled.query,
            Err(errors) => {
                // Random bounds may be empty, and random groups too large; nothing else.
                for error in &*errors {
                    let fine = matches!(error.what, Problem::NeverHolds { .. } | Problem::TooMany { .. });
                    prop_assert!(fine, "{error}\n{}", query.to_text());
                }
                return Ok(());
            }
        };
        for row in generate::rows(&compiled, query.index(), &seeds) {
            prop_assert_eq!(
                compiled.matches(&row),
                reference::matches(&query, &profile, &row),
                "{}\n{:?}", query.to_text(), &row.values()[..19]
            );
        }
    }

    #[test]
    fn a_single_criterion_agrees_with_the_reference(
        criterion in generate::criterion(),
        index in 43_000u16..56_000,
        seeds in prop::collection::vec(any::<u64>(), 48),
    ) {
        let profile = profile();
        let index = Day::from_number(index).unwrap();
        let query = only(criterion, index);
        let compiled = query.compile(&profile).map(|c| c.query);
        let nothing = CompiledQuery::new(
            salus_protocol::profile::Edition::of(&profile.hash(), index), &[],
        ).unwrap();
        let points = compiled.as_ref().unwrap_or(&nothing);
        for row in generate::rows(points, index, &seeds) {
            if compiled.is_err() && holds_undefined(&profile, &row) {
                // "It can never hold" is said of numbers that the profile defines.
                continue;
            }
            let expected = reference::matches(&query, &profile, &row);
            // What is refused because it never holds, never holds.
            let found = compiled.as_ref().is_ok_and(|c| c.matches(&row));
            prop_assert_eq!(found, expected, "{}\n{:?}", query.to_text(), &row.values()[..19]);
        }
    }

    #[test]
    fn text_and_json_hold_the_same_query(query in generate::query()) {
        let text = query.to_text();
        let from_text = Query::parse(&text);
        prop_assert_eq!(from_text.as_ref(), Ok(&query), "{}", text);
        prop_assert_eq!(from_text.unwrap().to_text(), text);
        let json = query.to_json();
        let from_json = Query::from_json(&json);
        prop_assert_eq!(from_json.as_ref(), Ok(&query), "{}", json);
    }

    #[test]
    fn title_space_case_and_comments_do_not_matter(query in generate::query()) {
        let profile = profile();
        let Ok(compiled) = query.compile(&profile) else {
            return Ok(());
        };
        let text = query.to_text();
        let (header, rest) = text.split_once('\n').unwrap();
        let at = header.rfind(" at ").unwrap();
        let spread: String = rest
            .lines()
            .map(|line| format!("\t {}   # a comment\r\n\n", line.trim().replace(' ', " \t ")))
            .collect();
        let noisy = format!("\u{feff}# first\n  COHORT \"Another\" {}\n{spread}", &header[at..]);
        let again = Query::parse(&noisy).unwrap().compile(&profile).unwrap();
        prop_assert_eq!(again.query.digest(), compiled.query.digest());
    }

    #[test]
    fn what_compiles_can_be_explained(query in generate::query()) {
        let profile = profile();
        if let Ok(compiled) = query.compile(&profile) {
            let asked = query.explain(&profile).unwrap();
            prop_assert_eq!(asked.groups.len(), query.groups().len());
            let decompiled = compiled.query.explain(&profile, query.index()).unwrap();
            prop_assert_eq!(decompiled.groups.len(), query.groups().len());
            let tomorrow = Day::from_number(query.index().number() + 1).unwrap();
            prop_assert!(compiled.query.explain(&profile, tomorrow).is_err());
        }
    }
}

#[test]
fn the_random_queries_and_rows_are_worth_asking() {
    let profile = profile();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut compiled, mut matching, mut asked) = (0, 0, 0);
    for seed in 0..400u64 {
        let query = generate::query().new_tree(&mut runner).unwrap().current();
        let Ok(answer) = query.compile(&profile) else {
            continue;
        };
        compiled += 1;
        let rows = generate::rows(&answer.query, query.index(), &[seed, !seed, seed << 32]);
        asked += rows.len();
        matching += rows.iter().filter(|row| answer.query.matches(row)).count();
    }
    assert!(
        compiled > 60,
        "only {compiled} of 400 random queries compile"
    );
    assert!(
        matching > asked / 10,
        "only {matching} of {asked} random rows match"
    );
    assert!(
        matching < asked * 9 / 10,
        "{matching} of {asked} random rows match"
    );
}
