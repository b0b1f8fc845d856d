//! What can be wrong with a query, or worth a second look, and where.
//!
//! Errors carry byte ranges into the text they came from, so that a terminal or a page can
//! point; drawing is left to those.

use std::fmt;
use std::ops::Range;

use thiserror::Error;

use super::compiled::{CRITERIA, CompiledError};
use super::place::Place;
use super::suggest::{list, quoted};
use crate::day::DayError;

/// Something said about a part of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// What is said.
    pub what: T,
    /// The part it is said of.
    pub place: Place,
    /// Where that part stands in the source, in bytes; `None` where there is no source text.
    pub span: Option<Range<usize>>,
    /// The part's path in the query's JSON, such as `groups[0].criteria[2].field`; empty for
    /// the query as a whole.
    pub path: String,
}

/// An error in a query.
pub type QueryError = Located<Problem>;

/// A warning: the query compiles, yet may not mean what was intended.
pub type QueryWarning = Located<Caution>;

impl QueryError {
    /// What to do about it, where that can be said.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        self.what.help()
    }
}

impl<T: fmt::Display> fmt::Display for Located<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.span.is_none() && !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}", self.what)
    }
}

impl<T: fmt::Display + fmt::Debug> std::error::Error for Located<T> {}

/// The errors found in a query, in the order of its text; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryErrors(Vec<QueryError>);

impl QueryErrors {
    /// Most errors that are reported at once.
    pub const MOST: usize = 20;

    /// `Ok` when there are none.
    pub(crate) fn none_or(mut errors: Vec<QueryError>) -> Result<(), Self> {
        if errors.is_empty() {
            return Ok(());
        }
        errors.truncate(Self::MOST);
        Err(Self(errors))
    }
}

impl From<QueryError> for QueryErrors {
    fn from(error: QueryError) -> Self {
        Self(vec![error])
    }
}

impl std::ops::Deref for QueryErrors {
    type Target = [QueryError];
    fn deref(&self) -> &[QueryError] {
        &self.0
    }
}

impl IntoIterator for QueryErrors {
    type Item = QueryError;
    type IntoIter = std::vec::IntoIter<QueryError>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for QueryErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
            if let Some(help) = error.help() {
                write!(f, " ({help})")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for QueryErrors {}

/// What is wrong with a part of a query.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text does not go on as a query does.
    #[error("expected {}, found {found}", list(expected, "or"))]
    Expected {
        /// What could stand here.
        expected: Vec<String>,
        /// What does stand here.
        found: String,
        /// The likeliest of what was meant.
        near: Option<String>,
    },
    /// A word of the language where a name belongs.
    #[error("{word:?} is a word of the query language, not a name")]
    Reserved {
        /// The word.
        word: String,
    },
    /// Not a date of the calendar.
    #[error(transparent)]
    Date(#[from] DayError),
    /// Not a number.
    #[error("{text:?} is not a number")]
    NotANumber {
        /// The text, cut to a readable length.
        text: String,
    },
    /// JSON that is not a query.
    #[error("not a query in JSON: {message}")]
    Json {
        /// What serde found.
        message: String,
    },
    /// The text is too long to be a query.
    #[error("a query has at most {limit} bytes, this one has {found}")]
    TooLong {
        /// Bytes found.
        found: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// A character that could make a terminal show another query than the one compiled.
    #[error("the character U+{code:04X} may hide or rewrite what a reader sees")]
    Deceptive {
        /// The character's number.
        code: u32,
    },
    /// A title with control characters or too long.
    #[error("a title has at most 200 characters, and no control characters")]
    Title,
    /// A text that cannot be a name or a unit.
    #[error("{text:?} cannot be the name of a {what}")]
    Name {
        /// "field", "value", "unit" or "profile".
        what: &'static str,
        /// The text, cut to a readable length.
        text: String,
    },
    /// A criterion before the first group.
    #[error("this criterion stands before any `include` or `exclude`")]
    NoGroup,
    /// A query without groups.
    #[error("the query asks nothing: it has no `include` or `exclude`")]
    NoGroups,
    /// A group without criteria.
    #[error("this group has no criteria")]
    EmptyGroup,
    /// A group that asks for none, or for more criteria than it has.
    #[error("this group asks for {asks} of its {has} criteria")]
    GroupSize {
        /// How many it asks for.
        asks: u8,
        /// How many it has.
        has: usize,
    },
    /// A list of values without any.
    #[error("this list has no values")]
    NoValues,
    /// A distance "of" another field that is not an upper bound.
    #[error("a distance that counts either way is an upper bound")]
    EitherWay,
    /// The query names another profile than the one at hand.
    #[error("the query uses the profile {asked:?}, but is compiled against {given:?}")]
    OtherProfile {
        /// The profile the query names.
        asked: String,
        /// The profile at hand.
        given: String,
    },
    /// No such field.
    #[error("the profile {profile:?} has no field {name:?}")]
    UnknownField {
        /// The name asked for.
        name: String,
        /// The profile.
        profile: String,
        /// Names that are near.
        near: Vec<String>,
    },
    /// No such unit for the field.
    #[error("{field:?} is not measured in {unit:?}")]
    UnknownUnit {
        /// The unit asked for.
        unit: String,
        /// The field.
        field: String,
        /// The units that the field accepts.
        accepted: Vec<String>,
        /// The likeliest of them.
        near: Option<String>,
    },
    /// A number without its unit.
    #[error("the number needs a unit: {field:?} has one")]
    MissingUnit {
        /// The field.
        field: String,
        /// The units that the field accepts.
        accepted: Vec<String>,
    },
    /// A unit where there is none.
    #[error("{field:?} is a plain number and has no unit, so {unit:?} means nothing here")]
    NoUnit {
        /// The field.
        field: String,
        /// The unit given.
        unit: String,
    },
    /// No such value in a coded field.
    #[error("{value:?} is not a value of {field:?}")]
    UnknownValue {
        /// The value asked for.
        value: String,
        /// The field.
        field: String,
        /// The values that the field has.
        known: Vec<String>,
        /// The likeliest of them.
        near: Option<String>,
    },
    /// A test that does not go with what the field holds.
    #[error("{field:?} holds {holds}, so it cannot be {asked}")]
    Mismatch {
        /// The field.
        field: String,
        /// What the field holds.
        holds: &'static str,
        /// What was asked of it.
        asked: &'static str,
        /// How to ask of such a field.
        instead: &'static str,
    },
    /// The lower bound is above the upper.
    #[error("nothing lies between {low} and {high}: the first is the larger")]
    Reversed {
        /// The lower bound as written.
        low: String,
        /// The upper bound as written.
        high: String,
    },
    /// No row can satisfy it.
    #[error("this can never hold: {reason}")]
    NeverHolds {
        /// Why not.
        reason: String,
    },
    /// A number of days, months or years that is not a whole number.
    #[error("{amount} is not a whole number of {unit}, from 0 up")]
    NotWhole {
        /// The number as written.
        amount: String,
        /// The unit.
        unit: String,
    },
    /// A distance below 0.
    #[error("a distance is never negative, and {amount} is")]
    Negative {
        /// The number as written.
        amount: String,
    },
    /// A number whose conversion has more digits than are kept.
    #[error("{amount} cannot be compared exactly: it has too many digits")]
    Imprecise {
        /// The number as written.
        amount: String,
    },
    /// Two fields that cannot be subtracted.
    #[error("{field:?} and {than:?} cannot be compared: {reason}")]
    Incomparable {
        /// The one field.
        field: String,
        /// The other.
        than: String,
        /// Why not.
        reason: &'static str,
    },
    /// More criteria than a compiled query has.
    #[error("the query needs {needed} compiled criteria, and {CRITERIA} fit")]
    TooMany {
        /// Compiled criteria needed.
        needed: usize,
        /// What each criterion of the query takes, in order: its text and the number.
        used: Vec<(String, usize)>,
    },
    /// The compiled criteria are malformed; that is a fault of the compiler.
    #[error(transparent)]
    Compiled(#[from] CompiledError),
}

impl Problem {
    /// What to do about it, where that can be said.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        if let Some(meant) = self.meant() {
            return Some(meant);
        }
        Some(match self {
            Self::Reserved { .. } => "write the name of a field or value of the profile".into(),
            Self::NotANumber { .. } => {
                "write digits and at most one decimal point, such as 1200 or 7.5".into()
            }
            Self::Deceptive { .. } => {
                "take it out: control characters and turns of direction have no place in a query"
                    .into()
            }
            Self::Title => "shorten it, and keep it on one line".into(),
            Self::Name { .. } => "names are lower-case letters, digits, `_` and `.`, and begin \
                 with a letter; units are written without spaces"
                .into(),
            Self::NoGroup | Self::NoGroups => {
                "begin a group with `include all`, `include any`, `exclude any`, ...".into()
            }
            Self::EmptyGroup => "write one criterion a line below it, or take it away".into(),
            Self::GroupSize { has, .. } => format!("ask for 1 to {has}"),
            Self::NoValues => "name one value or more".into(),
            Self::EitherWay => "write `within N UNIT of FIELD`, or say `before`, `after`, `above` \
                 or `below`"
                .into(),
            Self::OtherProfile { given, .. } => format!("write `using {given}`, or leave it out"),
            Self::NoUnit { .. } => "leave the unit out".into(),
            Self::Mismatch { instead, .. } => (*instead).into(),
            Self::Reversed { low, high } => format!("write `between {high} and {low}`"),
            Self::NotWhole { .. } => "use a smaller unit, such as `18 months`".into(),
            Self::Negative { .. } => "turn the comparison round".into(),
            Self::Imprecise { .. } => "write it with fewer digits".into(),
            Self::TooMany { used, .. } => greediest(used),
            _ => return None,
        })
    }

    /// The names that may have been meant.
    fn meant(&self) -> Option<String> {
        let did_you_mean = |near: &str| format!("did you mean `{near}`?");
        match self {
            Self::Expected { near, .. } => near.as_deref().map(did_you_mean),
            Self::UnknownField { near, .. } if near.is_empty() => {
                Some("`salus profile show` lists the fields".into())
            }
            Self::UnknownField { near, .. } => {
                Some(format!("did you mean {}?", list(&quoted(near), "or")))
            }
            Self::UnknownUnit {
                near: Some(near), ..
            }
            | Self::UnknownValue {
                near: Some(near), ..
            } => Some(did_you_mean(near)),
            Self::UnknownUnit { accepted, .. } | Self::MissingUnit { accepted, .. } => {
                Some(format!("write {}", list(&quoted(accepted), "or")))
            }
            Self::UnknownValue { known, .. } => {
                Some(format!("its values are {}", list(&quoted(known), "and")))
            }
            _ => None,
        }
    }
}

/// What takes most compiled criteria, first: that is where to save.
fn greediest(used: &[(String, usize)]) -> String {
    let mut used: Vec<_> = used.iter().collect();
    used.sort_by_key(|(_, criteria)| std::cmp::Reverse(*criteria));
    let lines: Vec<String> = used
        .iter()
        .take(CRITERIA)
        .map(|(text, criteria)| format!("{criteria} for `{text}`"))
        .collect();
    format!("it takes {}", list(&lines, "and"))
}

/// What is worth a second look in a query that compiles.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Caution {
    /// The bound leaves nothing out.
    #[error("this holds of everyone with something recorded: no number of the field lies outside")]
    AlwaysHolds,
    /// A bound between two numbers that the field can hold.
    #[error("{asked} lies between two values that the field can hold; this means {held}")]
    BetweenSteps {
        /// The bound as written, with its unit.
        asked: String,
        /// The values that satisfy the criterion, as the field holds them.
        held: String,
    },
    /// Records hold nothing after the index day.
    #[error("records hold nothing after the index day {index}")]
    AfterIndex {
        /// The index day.
        index: String,
    },
}
