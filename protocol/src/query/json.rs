//! Queries as JSON: the same thing as their text.

use super::error::{Problem, QueryError, QueryErrors};
use super::parse::LONGEST;
use super::place::{Place, Places};
use super::{Query, ast};
use crate::day::Day;

/// The query as JSON holds it.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    index: Day,
    groups: Vec<ast::Group>,
}

impl serde::Serialize for Query {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let Self {
            title,
            profile,
            index,
            groups,
            places: _,
        } = self.clone();
        let document = Document {
            title,
            profile,
            index,
            groups,
        };
        document.serialize(s)
    }
}

impl<'de> serde::Deserialize<'de> for Query {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let document = <Document as serde::Deserialize>::deserialize(d)?;
        document.query().map_err(serde::de::Error::custom)
    }
}

impl Document {
    fn query(self) -> Result<Query, QueryErrors> {
        let query = Query {
            title: self.title,
            profile: self.profile,
            index: self.index,
            groups: self.groups,
            places: Places::default(),
        };
        query.check()?;
        Ok(query)
    }
}

/// Reads a query from JSON.
pub(super) fn read(json: &str) -> Result<Query, QueryErrors> {
    let error = |what, path, span| {
        QueryErrors::from(QueryError {
            what,
            place: Place::Query,
            span,
            path,
        })
    };
    if json.len() > LONGEST {
        let problem = Problem::TooLong {
            found: json.len(),
            limit: LONGEST,
        };
        return Err(error(problem, String::new(), None));
    }
    let mut reader = serde_json::Deserializer::from_str(json);
    let document: Document = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
        let path = e.path().to_string();
        let path = if path == "." { String::new() } else { path };
        json_error(json, path, e.inner(), error)
    })?;
    reader
        .end()
        .map_err(|e| json_error(json, String::new(), &e, error))?;
    document.query()
}

fn json_error(
    json: &str,
    path: String,
    e: &serde_json::Error,
    error: impl Fn(Problem, String, Option<std::ops::Range<usize>>) -> QueryErrors,
) -> QueryErrors {
    let at = offset(json, e.line(), e.column());
    let message = e.to_string();
    error(Problem::Json { message }, path, Some(at..at))
}

/// The byte at a line and column as serde_json counts them: from 1, in bytes.
fn offset(json: &str, line: usize, column: usize) -> usize {
    let lines = json.split_inclusive('\n').take(line.saturating_sub(1));
    let start: usize = lines.map(str::len).sum();
    let mut at = (start + column.saturating_sub(1)).min(json.len());
    while !json.is_char_boundary(at) {
        at -= 1;
    }
    at
}
