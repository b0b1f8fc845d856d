//! The words of a line: keywords, names, numbers, dates, units, and the slips found in them.

use std::ops::Range;

use winnow::Parser;
use winnow::ascii::Caseless;
use winnow::combinator::{not, opt};
use winnow::error::ParserError;
use winnow::stream::{LocatingSlice, Location, Stateful, Stream};
use winnow::token::{literal, one_of, rest, take_while};

use crate::day::Day;
use crate::query::ast::{Amount, CalendarUnit};
use crate::query::error::Problem;
use crate::query::place::{Part, Place};
use crate::query::suggest;

/// One line of the text, and where the parts found so far stand in it.
pub(super) type Line<'a> = Stateful<LocatingSlice<&'a str>, Vec<(Place, Range<usize>)>>;

/// What the header says.
#[derive(Default)]
pub(super) struct Header {
    pub(super) title: String,
    pub(super) profile: Option<String>,
    pub(super) index: Option<Day>,
}

/// Where a line goes wrong, and how.
#[derive(Debug)]
pub(super) struct Slip {
    pub(super) span: Range<usize>,
    pub(super) problem: Problem,
}

impl<'a> ParserError<Line<'a>> for Slip {
    type Inner = Self;

    fn from_input(input: &Line<'a>) -> Self {
        let span = next_word(input);
        let found = found(input, &span);
        Self {
            span,
            problem: Problem::Expected {
                expected: Vec::new(),
                found,
                near: None,
            },
        }
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

/// Words that belong to the language. None of them can be a field, a value or a unit.
const RESERVED: [&str; 31] = [
    "above", "after", "all", "and", "any", "at", "before", "below", "between", "cohort", "equal",
    "exactly", "exclude", "in", "include", "index", "is", "least", "less", "more", "most", "no",
    "none", "not", "of", "on", "or", "recorded", "than", "to", "within",
];

/// Words of the language that can be values all the same: nothing else can stand in their place.
const ALSO_VALUES: [&str; 6] = ["all", "any", "less", "more", "no", "none"];

/// Whether a word belongs to the language.
pub(in crate::query) fn reserved(word: &str) -> bool {
    RESERVED.iter().any(|r| word.eq_ignore_ascii_case(r))
}

const fn in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}

/// Spaces and tabs.
pub(super) fn blank(input: &mut Line<'_>) -> Result<(), Slip> {
    take_while(0.., [' ', '\t']).void().parse_next(input)
}

/// The next word of the line, for a message: up to white space or a comma or bracket.
fn next_word(input: &Line<'_>) -> Range<usize> {
    let text: &str = input.input.as_ref();
    let skipped = text.len() - text.trim_start_matches([' ', '\t']).len();
    let word = &text[skipped..];
    let stop = |c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')');
    let mut length = word.find(stop).unwrap_or(word.len());
    if length == 0 {
        length = word.chars().next().map_or(0, char::len_utf8);
    }
    let start = input.input.current_token_start() + skipped;
    start..start + length
}

fn found(input: &Line<'_>, span: &Range<usize>) -> String {
    let offset = input.input.current_token_start();
    let text: &str = input.input.as_ref();
    let word = text
        .get(span.start - offset..span.end - offset)
        .unwrap_or_default();
    if word.is_empty() || word.starts_with('#') {
        return "the end of the line".to_owned();
    }
    let short: String = word.chars().take(40).collect();
    format!("`{}`", short.escape_debug())
}

/// A slip at the next word: something else belongs there.
pub(super) fn expected(input: &Line<'_>, expected: &[&str]) -> Slip {
    let mut slip = Slip::from_input(input);
    if let Problem::Expected {
        expected: list,
        found,
        near,
    } = &mut slip.problem
    {
        let word = found.trim_matches('`');
        let words = expected.iter().filter_map(|e| e.strip_prefix('`'));
        *near = suggest::nearest(word, words.map(|e| e.trim_end_matches('`')));
        list.extend(expected.iter().map(|&e| e.to_owned()));
    }
    slip
}

/// The words of a phrase, in any case, with white space between them.
pub(super) fn phrase<'a>(words: &'static str) -> impl Parser<Line<'a>, Range<usize>, Slip> {
    move |input: &mut Line<'a>| {
        let mut span: Option<Range<usize>> = None;
        for word in words.split(' ') {
            blank(input)?;
            let found = literal(Caseless(word)).span().parse_next(input)?;
            if word.starts_with(in_name) {
                not(one_of(in_name)).parse_next(input)?;
            }
            span = Some(span.map_or(found.clone(), |s| s.start..found.end));
        }
        Ok(span.unwrap_or(0..0))
    }
}

/// One of several phrases, or a slip that lists them. Of phrases that begin alike, the longer
/// stands first.
pub(super) fn choose<T: Copy>(
    input: &mut Line<'_>,
    phrases: &[(&'static str, T)],
) -> Result<T, Slip> {
    if let Some(choice) = try_choose(input, phrases) {
        return Ok(choice);
    }
    let names: Vec<String> = phrases.iter().map(|(p, _)| format!("`{p}`")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Err(expected(input, &names))
}

/// One of several phrases, or nothing.
pub(super) fn try_choose<T: Copy>(
    input: &mut Line<'_>,
    phrases: &[(&'static str, T)],
) -> Option<T> {
    phrases.iter().find_map(|(words, choice)| {
        let start = input.checkpoint();
        let chosen = phrase(words).parse_next(input).is_ok();
        if !chosen {
            input.reset(&start);
        }
        chosen.then_some(*choice)
    })
}

/// The end of the line, perhaps after a comment.
pub(super) fn end(input: &mut Line<'_>) -> Result<(), Slip> {
    blank(input)?;
    let text: &str = input.input.as_ref();
    if text.is_empty() || text.starts_with('#') {
        rest.void().parse_next(input)
    } else {
        Err(expected(input, &["the end of the line"]))
    }
}

/// Whether only white space and a comment are left.
pub(super) fn at_end(input: &Line<'_>) -> bool {
    let text: &str = input.input.as_ref();
    let text = text.trim_start_matches([' ', '\t']);
    text.is_empty() || text.starts_with('#')
}

/// A name that is no word of the language, in lower case; notes its place.
pub(super) fn name(input: &mut Line<'_>, place: Place) -> Result<String, Slip> {
    blank(input)?;
    let read: Result<_, Slip> = take_while(1.., in_name).with_span().parse_next(input);
    let Ok((word, span)) = read else {
        return Err(expected(input, &["a name"]));
    };
    let value = matches!(place, Place::Criterion(_, _, Part::Value(_)));
    if reserved(word) && !(value && is_value(word)) {
        let problem = Problem::Reserved {
            word: word.to_owned(),
        };
        return Err(Slip { span, problem });
    }
    if !is_name(word) && !value || !is_value(word) {
        let problem = Problem::Expected {
            expected: vec!["a name".to_owned()],
            found: format!("`{}`", word.chars().take(40).collect::<String>()),
            // Names in capitals are the likeliest slip.
            near: Some(word.to_ascii_lowercase()).filter(|lower| is_name(lower)),
        };
        return Err(Slip { span, problem });
    }
    input.state.push((place, span));
    Ok(word.to_owned())
}

/// Whether a text can be a name of a profile, a field or a value.
pub(in crate::query) fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.';
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(plain)
        && text.len() <= 64
        && !reserved(text)
}

/// Whether a text can be a value of a coded field.
pub(in crate::query) fn is_value(text: &str) -> bool {
    is_name(text) || ALSO_VALUES.contains(&text)
}

/// Whether a text can be a unit.
pub(in crate::query) fn is_unit(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() || c.is_alphanumeric();
    let first = text.chars().next();
    text.chars().all(plain)
        && first.is_some_and(|c| c != '#' && c != ',')
        && text.len() <= 64
        && !reserved(text)
}

/// A title in double quotes, with `\"` and `\\` for a quote and a backslash.
pub(super) fn title(input: &mut Line<'_>) -> Result<String, Slip> {
    blank(input)?;
    let begin = input.input.current_token_start();
    let text: &str = input.input.as_ref();
    let slip = || expected(input, &["a title in double quotes"]);
    let mut chars = text.char_indices();
    if chars.next().is_none_or(|(_, c)| c != '"') {
        return Err(slip());
    }
    let mut title = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let length = at + 1;
                input.state.push((Place::Title, begin..begin + length));
                input.next_slice(length);
                return Ok(title);
            }
            '\\' => match chars.next() {
                Some((_, c @ ('"' | '\\'))) => title.push(c),
                _ => return Err(slip()),
            },
            c => title.push(c),
        }
    }
    let problem = Problem::Expected {
        expected: vec!["a closing `\"`".to_owned()],
        found: "the end of the line".to_owned(),
        near: None,
    };
    let end = begin + text.len();
    Err(Slip {
        span: end..end,
        problem,
    })
}

/// The characters of a number or a date, if one begins here.
fn figures<'a>(input: &mut Line<'a>) -> Result<Option<(&'a str, Range<usize>)>, Slip> {
    blank(input)?;
    let text: &str = input.input.as_ref();
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(None);
    }
    let sign = opt('-');
    let digits = take_while(1.., |c: char| {
        c.is_ascii_digit() || matches!(c, '.' | ',' | '-')
    });
    (sign, digits)
        .take()
        .with_span()
        .map(Some)
        .parse_next(input)
}

/// Whether figures are meant as a date: digits with a dash among them.
fn like_a_date(figures: &str) -> bool {
    figures.trim_start_matches('-').contains('-')
}

/// A date, written YYYY-MM-DD.
pub(super) fn date(input: &mut Line<'_>) -> Result<(Day, Range<usize>), Slip> {
    let start = input.checkpoint();
    match figures(input)? {
        Some((text, span)) => match text.parse() {
            Ok(day) => Ok((day, span)),
            Err(error) => Err(Slip {
                span,
                problem: Problem::Date(error),
            }),
        },
        None => {
            input.reset(&start);
            Err(expected(input, &["a date such as 2020-01-31"]))
        }
    }
}

/// A number, perhaps with a sign and a fraction.
pub(super) fn number(input: &mut Line<'_>) -> Result<(Amount, Range<usize>), Slip> {
    let start = input.checkpoint();
    match figures(input)? {
        Some((text, span)) => match text.parse() {
            Ok(amount) => Ok((amount, span)),
            Err(problem) => Err(Slip { span, problem }),
        },
        None => {
            input.reset(&start);
            Err(expected(input, &["a number"]))
        }
    }
}

/// A whole number.
pub(super) fn whole(input: &mut Line<'_>) -> Result<(u32, Range<usize>), Slip> {
    let (amount, span) = number(input)?;
    match amount.whole() {
        Some(number) => Ok((number, span)),
        None => Err(Slip {
            span,
            problem: Problem::NotWhole {
                amount: amount.to_string(),
                unit: "criteria".to_owned(),
            },
        }),
    }
}

/// What stands at a bound.
pub(super) enum Figure {
    /// A number.
    Number(Amount, Range<usize>),
    /// A date.
    Date(Day, Range<usize>),
}

/// A number or a date, if one begins here.
pub(super) fn figure(input: &mut Line<'_>) -> Result<Option<Figure>, Slip> {
    let start = input.checkpoint();
    let Some((text, _)) = figures(input)? else {
        input.reset(&start);
        return Ok(None);
    };
    let dated = like_a_date(text);
    input.reset(&start);
    Ok(Some(if dated {
        let (day, span) = date(input)?;
        Figure::Date(day, span)
    } else {
        let (amount, span) = number(input)?;
        Figure::Number(amount, span)
    }))
}

/// A unit, if one stands here: the characters up to white space, unless they are a word of the
/// language.
pub(super) fn unit(input: &mut Line<'_>) -> Result<Option<String>, Slip> {
    if at_end(input) {
        return Ok(None);
    }
    blank(input)?;
    let start = input.checkpoint();
    let (word, span) = take_while(1.., |c: char| !c.is_whitespace())
        .with_span()
        .parse_next(input)?;
    if !is_unit(word) {
        input.reset(&start);
        return if reserved(word) {
            Ok(None)
        } else {
            Err(expected(input, &["a unit"]))
        };
    }
    input.state.push((Place::Criterion(0, 0, Part::Unit), span));
    Ok(Some(word.to_owned()))
}

/// The calendar unit of this name, or a slip at the place where the name was noted.
pub(super) fn calendar_unit(input: &Line<'_>, unit: Option<&str>) -> Result<CalendarUnit, Slip> {
    let names = CalendarUnit::ALL.map(|(name, _)| name);
    let Some(name) = unit else {
        return Err(expected(
            input,
            &["`days`", "`weeks`", "`months`", "`years`"],
        ));
    };
    CalendarUnit::from_name(name).ok_or_else(|| {
        let noted = input.state.iter().rev();
        let mut spans =
            noted.filter(|(place, _)| matches!(place, Place::Criterion(_, _, Part::Unit)));
        Slip {
            span: spans.next().map_or(0..0, |(_, span)| span.clone()),
            problem: Problem::Expected {
                expected: suggest::quoted(&names),
                found: format!("`{name}`"),
                near: suggest::nearest(name, names),
            },
        }
    })
}
