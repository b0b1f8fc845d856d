//! Queries that must compile, to pinned digests, and queries that must be refused, with the
//! place and the words of the refusal. The tables are in tests/vectors/query/.
#![allow(clippy::unwrap_used, missing_docs)]

use salus_protocol::profile::Profile;
use salus_protocol::query::{Query, QueryErrors};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accepted {
    query: Vec<Compiles>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Compiles {
    text: String,
    /// Compiled criteria in use.
    used: usize,
    digest: String,
    /// What each warning says, in part.
    #[serde(default)]
    warns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    query: Vec<Fails>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fails {
    /// The text after the header; all of the text when it has a header of its own.
    text: String,
    /// One entry per error.
    errors: Vec<Expected>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// The part of the text that the error points at.
    at: String,
    /// What it says, in part.
    says: String,
    /// What its help says, in part.
    #[serde(default)]
    help: String,
}

fn profile() -> Profile {
    Profile::from_toml(include_str!("vectors/query/profile.toml")).unwrap()
}

fn text_of(body: &str) -> String {
    if body.to_lowercase().contains("cohort") {
        body.to_owned()
    } else {
        format!("cohort \"Vector\" at 2020-01-01\n{body}")
    }
}

#[test]
fn accepted_queries_compile_to_their_digests() {
    let profile = profile();
    let vectors: Accepted = toml::from_str(include_str!("vectors/query/accepted.toml")).unwrap();
    let mut wrong = Vec::new();
    for vector in vectors.query {
        let text = text_of(&vector.text);
        let query = Query::parse(&text).unwrap_or_else(|e| panic!("{text}\n{e}"));
        let compiled = query
            .compile(&profile)
            .unwrap_or_else(|e| panic!("{text}\n{e}"));
        let digest = compiled.query.digest().to_string();
        if digest != vector.digest || compiled.used != vector.used {
            wrong.push(format!(
                "{text}\nused = {}\ndigest = {digest:?}\n",
                compiled.used
            ));
        }
        let said: Vec<String> = compiled
            .warnings
            .iter()
            .map(|w| w.what.to_string())
            .collect();
        assert_eq!(said.len(), vector.warns.len(), "{text}\n{said:?}");
        for (said, expected) in said.iter().zip(&vector.warns) {
            assert!(said.contains(expected), "{text}\n{said}");
        }
        let again = Query::parse(&query.to_text()).unwrap();
        assert_eq!(again, query);
        let from_json = Query::from_json(&query.to_json()).unwrap();
        assert_eq!(
            from_json.compile(&profile).unwrap().query.digest(),
            compiled.query.digest()
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn refusal(text: &str, profile: &Profile) -> QueryErrors {
    match Query::parse(text).and_then(|query| query.compile(profile)) {
        Ok(_) => panic!("it compiles:\n{text}"),
        Err(errors) => errors,
    }
}

#[test]
fn refused_queries_say_where_and_why() {
    let profile = profile();
    let vectors: Refused = toml::from_str(include_str!("vectors/query/refused.toml")).unwrap();
    for vector in vectors.query {
        let text = text_of(&vector.text);
        let errors = refusal(&text, &profile);
        assert_eq!(errors.len(), vector.errors.len(), "{text}\n{errors}");
        for (error, expected) in errors.iter().zip(&vector.errors) {
            let at = &text[error.span.clone().unwrap()];
            let help = error.help().unwrap_or_default();
            assert_eq!(at, expected.at, "{text}\n{error}");
            assert!(
                error.to_string().contains(&expected.says),
                "{text}\n{error}"
            );
            assert!(help.contains(&expected.help), "{text}\n{error}\n{help}");
        }
    }
}

#[test]
fn errors_in_json_give_the_path() {
    let profile = profile();
    let json = r#"{ "title": "", "index": "2020-01-01", "groups": [ { "sense": "include",
        "need": "all", "criteria": [
            { "field": "hba1c.latest", "test": { "value": { "is": { "above": 7.5 }, "unit": "%" } } },
            { "field": "hba1c.latest", "test": { "value": { "is": { "above": "7" }, "unit": "kg" } } }
        ] } ] }"#;
    let errors = Query::from_json(json)
        .unwrap()
        .compile(&profile)
        .unwrap_err();
    assert_eq!(errors[0].path, "groups[0].criteria[1].test.value.unit");
    assert_eq!(errors[0].span, None);

    let misspelt = json.replacen("\"above\"", "\"abov\"", 1);
    let errors = Query::from_json(&misspelt).unwrap_err();
    assert!(
        errors[0].path.starts_with("groups[0].criteria[0].test"),
        "{}",
        errors[0].path
    );
    assert!(errors[0].to_string().contains("abov"), "{errors}");

    let extra = json.replacen("\"title\"", "\"colour\": 1, \"title\"", 1);
    assert!(Query::from_json(&extra).is_err());
    let names = json.replacen("\"hba1c.latest\"", "\"HbA1c latest\"", 1);
    assert_eq!(
        Query::from_json(&names).unwrap_err()[0].path,
        "groups[0].criteria[0].field"
    );
    let number = json.replacen("7.5", "1e30", 1);
    assert!(Query::from_json(&number).is_err());
}

#[test]
fn explanations_read_as_prose() {
    let profile = profile();
    let text = "cohort \"Example\" using sample at 2020-01-01
include all
  age at least 18 years
  hba1c.latest above 53 mmol/mol
exclude any
  mi.latest within 6 months before index
  no smoking.latest
";
    let query = Query::parse(text).unwrap();
    assert_eq!(
        query.explain(&profile).unwrap().to_string(),
        "Example
Patients of whom, by what is on record up to 1 January 2020 (profile: A sample of every kind of field),
all of these hold:
  - the age is at least 18 completed years on the index day (born on or before 2002-01-01). With none recorded, this does not hold.
  - Latest haemoglobin A1c is above 53 mmol/mol (as held: 7.1 % or more). With none recorded, this does not hold.
and none of these holds:
  - Latest myocardial infarction is at most 6 months before the index day (from 2019-07-01 to 2020-01-01). With none recorded, this does not hold, so it does not exclude.
  - Latest smoking status: none is recorded. With none recorded, this holds, which counts towards exclusion.
"
    );
    let compiled = query.compile(&profile).unwrap().query;
    assert_eq!(
        compiled.explain(&profile, query.index()).unwrap().to_string(),
        "Patients of whom, by what is on record up to 1 January 2020 (profile: A sample of every kind of field),
all of these hold:
  - Date of birth (birth) is on or before 2002-01-01. With none recorded, this does not hold.
  - Latest haemoglobin A1c (hba1c.latest) is 7.1 % or more. With none recorded, this does not hold.
and all of these hold:
  - Latest myocardial infarction (mi.latest) is on or before 2019-06-30 or on or after 2020-01-02. With none recorded, this holds.
  - Latest smoking status (smoking.latest) is recorded, whatever it is. With none recorded, this does not hold.
"
    );
}

#[test]
fn explanations_count_as_english_does() {
    let profile = profile();
    let said = |criterion: &str| {
        let text = format!("cohort \"\" using sample at 2020-01-01\ninclude all\n  {criterion}\n");
        let explained = Query::parse(&text).unwrap().explain(&profile).unwrap();
        explained.groups[0].criteria[0].text.clone()
    };
    for (criterion, expected) in [
        ("age at least 1 years", "at least 1 completed year on"),
        (
            "age between 1 and 2 years",
            "from 1 to 2 completed years on",
        ),
        (
            "mi.latest within 1 month before index",
            "at most 1 month before the index day",
        ),
        (
            "mi.latest within 2 month before index",
            "at most 2 months before the index day",
        ),
        (
            "mi.latest before index",
            "Latest myocardial infarction is before the index day",
        ),
    ] {
        let text = said(criterion);
        assert!(text.contains(expected), "{criterion}: {text}");
    }
}

#[test]
fn somebody_born_on_29_february_ages_on_1_march() {
    let profile = profile();
    let matches = |index: &str, born: &str| {
        let text = format!("cohort \"\" at {index}\ninclude all\n age at least 18 years");
        let mut values = [0; 64];
        let born: salus_protocol::day::Day = born.parse().unwrap();
        values[0] = born.number();
        let row = salus_protocol::row::Row::new(values);
        Query::parse(&text)
            .unwrap()
            .compile(&profile)
            .unwrap()
            .query
            .matches(&row)
    };
    assert!(!matches("2022-02-28", "2004-02-29"));
    assert!(matches("2022-03-01", "2004-02-29"));
    assert!(matches("2024-02-29", "2006-02-28"));
    assert!(!matches("2024-02-29", "2006-03-01"));
    assert!(matches("2020-01-01", "2002-01-01"));
    assert!(!matches("2020-01-01", "2002-01-02"));
}

#[test]
fn names_of_the_shipped_profiles_can_be_asked_for() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../profiles");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: there is no folder {}", folder.display());
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let profile = Profile::from_toml(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for field in profile.fields() {
            let mut tests = vec!["recorded".to_owned(), "none recorded".to_owned()];
            match &field.encoding {
                salus_protocol::profile::Encoding::Code(values) => {
                    tests.extend(values.iter().map(|v| format!("is {}", v.name)));
                }
                salus_protocol::profile::Encoding::Quantity { unit, .. } => {
                    tests.push(format!("at least 5 {unit}"));
                }
                _ => {}
            }
            for test in tests {
                let text = format!(
                    "cohort \"\" at 2020-01-01\ninclude all\n {} {test}",
                    field.name
                );
                let compiled = Query::parse(&text).and_then(|query| query.compile(&profile));
                assert!(
                    compiled.is_ok(),
                    "{}: {text}\n{}",
                    path.display(),
                    compiled.unwrap_err()
                );
            }
        }
    }
}
