//! Places in a query: where an error or a warning points, in text as well as in JSON.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Query;
use super::ast::Test;

/// A part of a query. Groups and criteria are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The whole query.
    Query,
    /// Its title.
    Title,
    /// The name of its profile.
    Profile,
    /// Its index day.
    Index,
    /// The heading of a group.
    Group(usize),
    /// Part of a criterion: group, criterion in the group, part.
    Criterion(usize, usize, Part),
}

/// A part of a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// All of it.
    Whole,
    /// The field's name.
    Field,
    /// The only bound, or the lower of two.
    Low,
    /// The upper of two bounds.
    High,
    /// The unit.
    Unit,
    /// One of the named values.
    Value(usize),
    /// The name of the other field, in a difference.
    Than,
}

/// Where the parts of a query stand in its text, as byte ranges. Empty for a query read from
/// JSON or built by hand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places(BTreeMap<Place, Range<usize>>);

impl Places {
    /// Notes where a part stands.
    pub(crate) fn note(&mut self, place: Place, span: Range<usize>) {
        self.0.insert(place, span);
    }

    /// Where a part stands, or the nearest part around it.
    pub(crate) fn span(&self, place: Place) -> Option<Range<usize>> {
        let around = match place {
            Place::Criterion(group, criterion, _) => {
                Place::Criterion(group, criterion, Part::Whole)
            }
            _ => Place::Query,
        };
        self.0.get(&place).or_else(|| self.0.get(&around)).cloned()
    }
}

impl Place {
    /// The path of this part in the query's JSON, such as `groups[0].criteria[2].field`.
    #[must_use]
    pub fn json_path(self, query: &Query) -> String {
        match self {
            Self::Query => String::new(),
            Self::Title => "title".to_owned(),
            Self::Profile => "profile".to_owned(),
            Self::Index => "index".to_owned(),
            Self::Group(group) => format!("groups[{group}]"),
            Self::Criterion(group, criterion, part) => {
                let path = format!("groups[{group}].criteria[{criterion}]");
                let test = query
                    .groups
                    .get(group)
                    .and_then(|g| g.criteria.get(criterion))
                    .map(|c| &c.test);
                path + &part.json_path(test)
            }
        }
    }
}

impl Part {
    fn json_path(self, test: Option<&Test>) -> String {
        let form = match test {
            Some(Test::OneOf(_)) => "one-of",
            Some(Test::NotOneOf(_)) => "not-one-of",
            Some(Test::Value { .. }) => "value",
            Some(Test::Date(_)) => "date",
            Some(Test::BeforeIndex { .. }) => "before-index",
            Some(Test::Difference { .. }) => "difference",
            Some(Test::Recorded | Test::NoneRecorded) | None => return String::new(),
        };
        match (self, test) {
            (Self::Whole, _) => String::new(),
            (Self::Field, _) => ".field".to_owned(),
            (Self::Low | Self::High, Some(Test::Date(_))) => ".test.date".to_owned(),
            (Self::Low | Self::High, _) => format!(".test.{form}.is"),
            (Self::Unit, _) => format!(".test.{form}.unit"),
            (Self::Value(i), _) => format!(".test.{form}[{i}]"),
            (Self::Than, _) => format!(".test.{form}.than"),
        }
    }
}
