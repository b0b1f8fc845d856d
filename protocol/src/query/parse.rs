//! From text to a query: the header, the headings of groups, and one criterion a line.
//!
//! Each line is parsed by itself, so one slip does not hide the next. Grammar: docs/spec/query.md.

mod criterion;
mod word;

use std::ops::Range;

use winnow::Parser;
use winnow::combinator::opt;
use winnow::stream::{LocatingSlice, Location};

use self::word::{Line, Slip, blank, choose, date, end, name, phrase, title, whole};
pub(in crate::query) use self::word::{is_name, is_unit, is_value};
use super::Query;
use super::ast::{Group, Need, Sense};
use super::error::{Problem, QueryError, QueryErrors};
use super::place::{Part, Place, Places};

/// Longest query, in bytes.
pub(crate) const LONGEST: usize = 1 << 16;

/// Reads a query from text.
pub(super) fn parse(text: &str) -> Result<Query, QueryErrors> {
    if text.len() > LONGEST {
        let problem = Problem::TooLong {
            found: text.len(),
            limit: LONGEST,
        };
        return Err(error(problem, Place::Query, 0..0).into());
    }
    if let Some(error) = deceptive(text) {
        return Err(error.into());
    }
    let mut reading = Reading::default();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        // An editor's byte order mark is no part of the query.
        match content.strip_prefix('\u{feff}') {
            Some(rest) if start == 0 => reading.line(content.len() - rest.len(), rest),
            _ => reading.line(start, content),
        }
        start += line.len();
    }
    reading.finish(text)
}

/// The first character, in a comment or not, that could make a terminal show another query than
/// the one that is compiled.
fn deceptive(text: &str) -> Option<QueryError> {
    let allowed = |at: usize, c| match c {
        '\n' | '\t' => true,
        '\r' => text[at..].starts_with("\r\n") || at + 1 == text.len(),
        _ => !crate::is_deceptive(c),
    };
    let (at, found) = text.char_indices().find(|(at, c)| !allowed(*at, *c))?;
    let code = u32::from(found);
    Some(error(
        Problem::Deceptive { code },
        Place::Query,
        at..at + found.len_utf8(),
    ))
}

/// An error with a place in the text.
fn error(what: Problem, place: Place, span: Range<usize>) -> QueryError {
    QueryError {
        what,
        place,
        span: Some(span),
        path: String::new(),
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    header: Option<word::Header>,
    seen_header: bool,
    groups: Vec<Group>,
    places: Places,
    errors: Vec<QueryError>,
}

impl Reading {
    fn line(&mut self, start: usize, line: &str) {
        let mut input = Line {
            input: LocatingSlice::new(line),
            state: Vec::new(),
        };
        let blank_line = blank.parse_next(&mut input).is_err() || end(&mut input).is_ok();
        if blank_line {
            return;
        }
        let read = if !self.seen_header {
            self.seen_header = true;
            self.header(start, &mut input)
        } else if let Ok(Some(sense)) = opt(sense).parse_next(&mut input) {
            self.heading(start, line, sense, &mut input)
        } else {
            self.criterion(start, line, &mut input)
        };
        if let Err(slip) = read {
            let place = match self.groups.len().checked_sub(1) {
                None => Place::Query,
                Some(group) => {
                    Place::Criterion(group, self.groups[group].criteria.len(), Part::Whole)
                }
            };
            let span = slip.span.start + start..slip.span.end + start;
            self.errors.push(error(slip.problem, place, span));
        }
    }

    fn header(&mut self, start: usize, input: &mut Line<'_>) -> Result<(), Slip> {
        let begin = start + input.input.current_token_start();
        self.header = Some(header(input)?);
        let whole = begin..start + input.input.previous_token_end();
        self.places.note(Place::Query, whole);
        end(input)?;
        for (place, span) in input.state.drain(..) {
            self.places
                .note(place, span.start + start..span.end + start);
        }
        Ok(())
    }

    fn heading(
        &mut self,
        start: usize,
        line: &str,
        sense: Sense,
        input: &mut Line<'_>,
    ) -> Result<(), Slip> {
        self.places
            .note(Place::Group(self.groups.len()), trimmed(line, start));
        // The group exists even when its heading is wrong, so its criteria are read as such.
        self.groups.push(Group {
            sense,
            need: Need::All,
            criteria: Vec::new(),
        });
        let need = need(input)?;
        end(input)?;
        if let Some(group) = self.groups.last_mut() {
            group.need = need;
        }
        Ok(())
    }

    fn criterion(&mut self, start: usize, line: &str, input: &mut Line<'_>) -> Result<(), Slip> {
        let place = self.groups.len().wrapping_sub(1);
        let Some(group) = self.groups.last_mut() else {
            return Err(Slip {
                span: trimmed(line, 0),
                problem: Problem::NoGroup,
            });
        };
        let number = group.criteria.len();
        let criterion = criterion::criterion(input)?;
        end(input)?;
        group.criteria.push(criterion);
        let whole = Place::Criterion(place, number, Part::Whole);
        self.places.note(whole, trimmed(line, start));
        for (part, span) in input.state.drain(..) {
            let part = match part {
                Place::Criterion(_, _, part) => Place::Criterion(place, number, part),
                other => other,
            };
            self.places.note(part, span.start + start..span.end + start);
        }
        Ok(())
    }

    fn finish(mut self, text: &str) -> Result<Query, QueryErrors> {
        if !self.seen_header {
            let problem = Problem::Expected {
                expected: vec!["`cohort`".to_owned()],
                found: "nothing".to_owned(),
                near: None,
            };
            let end = text.trim_end().len();
            self.errors.push(error(problem, Place::Query, end..end));
        }
        QueryErrors::none_or(self.errors)?;
        let header = self.header.unwrap_or_default();
        let index = header.index.unwrap_or(crate::day::Day::FIRST);
        let query = Query {
            title: header.title,
            profile: header.profile,
            index,
            groups: self.groups,
            places: self.places,
        };
        query.check()?;
        Ok(query)
    }
}

/// A line's extent without the white space around it and without its comment.
fn trimmed(line: &str, start: usize) -> Range<usize> {
    let content = match line.find(" #").or_else(|| line.find("\t#")) {
        Some(comment) => &line[..comment],
        None => line,
    };
    let begin = content.len() - content.trim_start().len();
    start + begin..start + content.trim_end().len().max(begin)
}

/// `cohort "TITLE" [using PROFILE] at DATE`
fn header(input: &mut Line<'_>) -> Result<word::Header, Slip> {
    choose(input, &[("cohort", ())])?;
    let title = title(input)?;
    let mut profile = None;
    if choose(input, &[("using", true), ("at", false)])? {
        profile = Some(name(input, Place::Profile)?);
        choose(input, &[("at", ())])?;
    }
    let (index, span) = date(input)?;
    input.state.push((Place::Index, span));
    Ok(word::Header {
        title,
        profile,
        index: Some(index),
    })
}

fn sense(input: &mut Line<'_>) -> Result<Sense, Slip> {
    winnow::combinator::alt((
        phrase("include").value(Sense::Include),
        phrase("exclude").value(Sense::Exclude),
    ))
    .parse_next(input)
}

/// `all | any | at least N of`
fn need(input: &mut Line<'_>) -> Result<Need, Slip> {
    let need = choose(
        input,
        &[
            ("all", Some(Need::All)),
            ("any", Some(Need::Any)),
            ("at least", None),
        ],
    )?;
    if let Some(need) = need {
        opt(phrase("of")).parse_next(input)?;
        return Ok(need);
    }
    let (number, span) = whole(input)?;
    let number = u8::try_from(number).map_err(|_| Slip {
        span,
        problem: Problem::GroupSize {
            asks: u8::MAX,
            has: 0,
        },
    })?;
    choose(input, &[("of", ())])?;
    Ok(Need::AtLeast(number))
}
