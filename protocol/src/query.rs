//! Queries: text a clinician can read, compiled to at most 16 criteria over one edition.
//!
//! A [`Query`] is what is asked, as text and as JSON. Compiled against a profile it becomes a
//! [`CompiledQuery`], which is what circuits and ledgers see; its [`QueryDigest`] is the query's
//! identity. Spec: docs/spec/query.md.

pub mod ast;
mod compile;
mod compiled;
mod decompile;
mod error;
mod explain;
mod interval;
mod json;
mod parse;
mod place;
mod resolve;
mod suggest;
mod text;

use crate::day::Day;
use crate::profile::Profile;
use ast::{Amount, Bound, Criterion as Asked, Direction, Group, Need, Test};
use place::Places;

pub use compile::Compiled;
pub use compiled::{
    CRITERIA, CYCLE, CompiledError, CompiledQuery, Criterion, DIFFERENCE_OFFSET, QueryDigest,
    WORD_BITS, WORDS,
};
pub use decompile::OtherEdition;
pub use error::{Caution, Located, Problem, QueryError, QueryErrors, QueryWarning};
pub use explain::{CriterionExplanation, Explanation, GroupExplanation};
pub use place::{Part, Place};

/// A query as it is asked: well formed, but not yet held against a profile.
///
/// Two queries are equal when they ask the same in the same order; where their text came from
/// does not matter.
#[derive(Debug, Clone)]
pub struct Query {
    title: String,
    profile: Option<String>,
    index: Day,
    groups: Vec<Group>,
    places: Places,
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.title == other.title
            && self.profile == other.profile
            && self.index == other.index
            && self.groups == other.groups
    }
}

impl Eq for Query {}

impl Query {
    /// A query made of parts.
    ///
    /// # Errors
    /// [`QueryErrors`] when a name cannot be a name, or a group asks for more than it has.
    pub fn new(
        title: String,
        profile: Option<String>,
        index: Day,
        groups: Vec<Group>,
    ) -> Result<Self, QueryErrors> {
        let query = Self {
            title,
            profile,
            index,
            groups,
            places: Places::default(),
        };
        query.check()?;
        Ok(query)
    }

    /// Reads a query from its text.
    ///
    /// # Errors
    /// [`QueryErrors`], each with its byte range in the text.
    pub fn parse(text: &str) -> Result<Self, QueryErrors> {
        parse::parse(text)
    }

    /// Reads a query from JSON.
    ///
    /// # Errors
    /// [`QueryErrors`], each with its path in the JSON.
    pub fn from_json(json: &str) -> Result<Self, QueryErrors> {
        json::read(json)
    }

    /// The query as JSON, indented.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists only: nothing that JSON cannot hold.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The query as canonical text; reading it back gives an equal query.
    #[must_use]
    pub fn to_text(&self) -> String {
        text::write(self)
    }

    /// Compiles the query against a profile.
    ///
    /// # Errors
    /// [`QueryErrors`] when the profile lacks what is asked for, when a criterion can never
    /// hold, or when it takes more than 16 compiled criteria.
    pub fn compile(&self, profile: &Profile) -> Result<Compiled, QueryErrors> {
        compile::compile(self, profile)
    }

    /// Says in plain English what the query asks of a profile's patients.
    ///
    /// # Errors
    /// As [`Query::compile`].
    pub fn explain(&self, profile: &Profile) -> Result<Explanation, QueryErrors> {
        explain::explain(self, profile)
    }

    /// The title. It is no part of the query's identity.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The profile that the query names, if it names one.
    #[must_use]
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// The index day: the query is about what was on record by then.
    #[must_use]
    pub const fn index(&self) -> Day {
        self.index
    }

    /// The groups; all of them must be satisfied.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Something said about a part of this query.
    fn located<T>(&self, place: Place, what: T) -> Located<T> {
        Located {
            what,
            place,
            span: self.places.span(place),
            path: place.json_path(self),
        }
    }

    /// What no profile is needed for: names that are names, groups that can be satisfied.
    fn check(&self) -> Result<(), QueryErrors> {
        let mut problems = Vec::new();
        let title = &self.title;
        if title.chars().count() > 200 || title.chars().any(char::is_control) {
            problems.push((Place::Title, Problem::Title));
        }
        if let Some(profile) = &self.profile {
            problems.extend(not_a_name("profile", profile).map(|p| (Place::Profile, p)));
        }
        if self.groups.is_empty() {
            problems.push((Place::Query, Problem::NoGroups));
        }
        for (g, group) in self.groups.iter().enumerate() {
            problems.extend(unsatisfiable(group).map(|p| (Place::Group(g), p)));
            for (c, criterion) in group.criteria.iter().enumerate() {
                let found = malformed(criterion).into_iter();
                problems.extend(found.map(|(part, p)| (Place::Criterion(g, c, part), p)));
            }
        }
        let problems = problems.into_iter();
        QueryErrors::none_or(problems.map(|(place, p)| self.located(place, p)).collect())
    }
}

fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

fn not_a_name(what: &'static str, text: &str) -> Option<Problem> {
    let fits = match what {
        "value" => parse::is_value(text),
        _ => parse::is_name(text),
    };
    (!fits).then(|| Problem::Name {
        what,
        text: cut(text),
    })
}

fn unsatisfiable(group: &Group) -> Option<Problem> {
    let has = group.criteria.len();
    match group.need {
        _ if has == 0 => Some(Problem::EmptyGroup),
        Need::AtLeast(asks) if asks == 0 || usize::from(asks) > has => {
            Some(Problem::GroupSize { asks, has })
        }
        _ => None,
    }
}

fn malformed(criterion: &Asked) -> Vec<(Part, Problem)> {
    let mut problems = Vec::new();
    problems.extend(not_a_name("field", &criterion.field).map(|p| (Part::Field, p)));
    match &criterion.test {
        Test::OneOf(values) | Test::NotOneOf(values) => {
            if values.is_empty() {
                problems.push((Part::Whole, Problem::NoValues));
            }
            for (i, value) in values.iter().enumerate() {
                problems.extend(not_a_name("value", value).map(|p| (Part::Value(i), p)));
            }
        }
        Test::Value { unit, .. } => problems.extend(not_a_unit(unit.as_deref())),
        Test::Difference {
            is,
            unit,
            direction,
            than,
        } => {
            problems.extend(not_a_unit(unit.as_deref()));
            problems.extend(not_a_name("field", than).map(|p| (Part::Than, p)));
            let upper = match is {
                Bound::AtMost(_) | Bound::Below(_) => true,
                Bound::Equal(distance) => *distance == Amount::ZERO,
                _ => false,
            };
            if *direction == Direction::Of && !upper {
                problems.push((Part::Low, Problem::EitherWay));
            }
        }
        Test::Recorded | Test::NoneRecorded | Test::Date(_) | Test::BeforeIndex { .. } => {}
    }
    problems
}

fn not_a_unit(unit: Option<&str>) -> Option<(Part, Problem)> {
    let text = unit.filter(|unit| !parse::is_unit(unit))?;
    let text = cut(text);
    Some((Part::Unit, Problem::Name { what: "unit", text }))
}
