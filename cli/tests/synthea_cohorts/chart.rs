//! One patient's raw resources, read at one index day with a profile's lists.
//!
//! Lives here: which resources count, on which day, with which number. Everything is read off the
//! JSON by hand, as docs/spec/derivation.md has it. Never here: rows, encodings, queries.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use crate::export::{Fact, Person, span};
use crate::lists::{Concept, Lists, Sorted};

/// A patient on an index day.
pub(crate) struct Chart<'a> {
    pub(crate) index: Date,
    person: &'a Person,
    lists: &'a Lists,
    sorted: Sorted<'a>,
}

impl<'a> Chart<'a> {
    /// The patient's, which can be read at any index day by setting it.
    pub(crate) fn new(person: &'a Person, lists: &'a Lists) -> Self {
        Self {
            index: Date::MAX,
            person,
            lists,
            sorted: lists.sort(person),
        }
    }

    /// Born by the index day, and not known, or possibly, dead before it.
    pub(crate) fn is_alive(&self) -> bool {
        let patient = &self.person.patient;
        let born = span(patient["birthDate"].as_str()).is_none_or(|(_, last)| last <= self.index);
        let died = match span(patient["deceasedDateTime"].as_str()) {
            Some((first, _)) => first < self.index,
            None => patient["deceasedBoolean"] == true,
        };
        born && !died
    }

    pub(crate) fn birth(&self) -> Option<Date> {
        span(self.person.patient["birthDate"].as_str()).map(|(first, _)| first)
    }

    /// Completed years.
    pub(crate) fn age(&self) -> Option<i16> {
        let born = self.birth()?;
        let before_birthday = (self.index.month(), self.index.day()) < (born.month(), born.day());
        Some(self.index.year() - born.year() - i16::from(before_birthday))
    }

    /// The administrative sex, if it is one of the profiles'.
    pub(crate) fn sex(&self) -> Option<&str> {
        let sex = self.person.patient["gender"].as_str();
        sex.filter(|sex| ["female", "male", "other"].contains(sex))
    }

    pub(crate) fn is(&self, sex: &str) -> bool {
        self.sex() == Some(sex)
    }

    /// The one of the profiles' races that the patient reports.
    pub(crate) fn race(&self) -> Option<&'static str> {
        self.reported("us-core-race", |code| match code {
            "1002-5" => Some("american_indian"),
            "2028-9" => Some("asian"),
            "2054-5" => Some("black"),
            "2076-8" => Some("pacific_islander"),
            "2106-3" => Some("white"),
            "2131-1" => Some("other"),
            _ => None,
        })
    }

    /// `hispanic` or `not_hispanic`, as the patient reports it.
    pub(crate) fn ethnicity(&self) -> Option<&'static str> {
        self.reported("us-core-ethnicity", |code| match code {
            "2135-2" => Some("hispanic"),
            "2186-5" => Some("not_hispanic"),
            _ => None,
        })
    }

    /// What an extension's codes mean, if they mean one thing.
    fn reported(
        &self,
        extension: &str,
        meaning: fn(&str) -> Option<&'static str>,
    ) -> Option<&'static str> {
        let mut meant = BTreeSet::new();
        let extensions = self.person.patient["extension"].as_array()?;
        for found in extensions {
            if found["url"]
                .as_str()
                .is_some_and(|url| url.ends_with(extension))
            {
                for part in found["extension"].as_array().into_iter().flatten() {
                    meant.extend(part["valueCoding"]["code"].as_str().and_then(meaning));
                }
            }
        }
        let one = meant.pop_first();
        one.filter(|_| meant.is_empty())
    }

    /// The day so many months before the index day, or the last one of a shorter month.
    pub(crate) fn months_ago(&self, months: i16) -> Date {
        let month = self.index.year() * 12 + i16::from(self.index.month()) - 1 - months;
        let (year, month) = (month / 12, (month % 12 + 1) as i8);
        let last = Date::constant(year, month, 1).days_in_month();
        Date::constant(year, month, self.index.day().min(last))
    }

    pub(crate) fn days_ago(&self, days: i32) -> Date {
        self.index.checked_sub(days.days()).unwrap()
    }

    pub(crate) fn years_ago(&self, years: i16) -> Date {
        self.months_ago(12 * years)
    }

    /// Whether there is an event of the concept.
    pub(crate) fn has(&self, concept: &str) -> bool {
        self.latest(concept).is_some()
    }

    /// Whether the latest event is not before a day.
    pub(crate) fn has_since(&self, concept: &str, day: Date) -> bool {
        self.latest(concept).is_some_and(|latest| latest >= day)
    }

    pub(crate) fn first(&self, concept: &str) -> Option<Date> {
        self.days(concept).first().copied()
    }

    pub(crate) fn latest(&self, concept: &str) -> Option<Date> {
        self.days(concept).last().copied()
    }

    /// The days with an event of the concept.
    pub(crate) fn days(&self, concept: &str) -> BTreeSet<Date> {
        let facts = self.facts(concept);
        let concept = self.lists.concept(concept);
        let mut days = BTreeSet::new();
        for fact in facts {
            let usable = if concept.units.is_empty() {
                fact.kind != "Observation" || fact.has_value
            } else {
                number(fact, concept).is_some()
            };
            if usable {
                days.insert(fact.first);
            }
        }
        days
    }

    /// How many days with an event there are, of the index day and so many days before it.
    pub(crate) fn count_within(&self, concept: &str, days: i32) -> usize {
        let recent = |day: &&Date| {
            let age = day.until(self.index).map(|span| span.get_days());
            age.is_ok_and(|age| age <= days)
        };
        self.days(concept).iter().filter(recent).count()
    }

    /// The latest number of the concept, rounded to so many decimal places.
    pub(crate) fn number(&self, concept: &str, places: u32) -> Option<Decimal> {
        let latest = self.numbers(concept).into_iter().max()?;
        Some(rounded(latest.2, places))
    }

    pub(crate) fn lowest(&self, concept: &str, places: u32) -> Option<Decimal> {
        let lowest = self.numbers(concept).into_iter().map(|n| n.2).min()?;
        Some(rounded(lowest, places))
    }

    pub(crate) fn highest(&self, concept: &str, places: u32) -> Option<Decimal> {
        let highest = self.numbers(concept).into_iter().map(|n| n.2).max()?;
        Some(rounded(highest, places))
    }

    /// The highest number of the index day and so many days before it.
    pub(crate) fn highest_within(&self, concept: &str, places: u32, days: i32) -> Option<Decimal> {
        let mut highest = None;
        for (day, _, number) in self.numbers(concept) {
            if day.until(self.index).ok()?.get_days() <= days {
                highest = highest.max(Some(number));
            }
        }
        highest.map(|number| rounded(number, places))
    }

    /// The latest answer on smoking that the lists know: `never`, `former` or `current`.
    pub(crate) fn smoking(&self) -> Option<&'static str> {
        let mut answers = Vec::new();
        for fact in self.facts("smoking") {
            let answer = fact.answer.iter();
            let mut known: Vec<&'static str> = answer.filter_map(|c| smoker(c)).collect();
            known.sort_unstable();
            known.dedup();
            // At one and the same time the later in the profile's list of answers is taken.
            if let [answer] = known[..] {
                let place = ["never", "former", "current"]
                    .iter()
                    .position(|a| *a == answer);
                answers.push((fact.first, fact.second, place, answer));
            }
        }
        answers.into_iter().max().map(|(_, _, _, answer)| answer)
    }

    /// Day, second of the day and number of every usable measurement.
    fn numbers(&self, concept: &str) -> Vec<(Date, u32, Decimal)> {
        let facts = self.facts(concept);
        let concept = self.lists.concept(concept);
        facts
            .filter_map(|fact| Some((fact.first, fact.second, number(fact, concept)?)))
            .collect()
    }

    /// What is on record of the concept and certainly not after the index day.
    fn facts(&self, concept: &str) -> impl Iterator<Item = &'a Fact> {
        // A name that the profile lacks is no patient without facts: looking it up panics.
        self.lists.concept(concept);
        let calendar_begins = Date::constant(1880, 1, 2);
        let index = self.index;
        let of_concept = self.sorted.get(concept).into_iter().flatten().copied();
        of_concept.filter(move |fact| fact.last <= index && fact.first >= calendar_begins)
    }
}

/// SNOMED CT's and LOINC's answers, as both profiles group them.
fn smoker(code: &str) -> Option<&'static str> {
    match code {
        "snomed:266919005" | "loinc:LA18978-9" => Some("never"),
        "snomed:8517006" | "loinc:LA15920-4" => Some("former"),
        "snomed:428041000124106" | "snomed:428061000124105" | "snomed:428071000124103" => {
            Some("current")
        }
        "snomed:449868002" | "snomed:77176002" => Some("current"),
        "loinc:LA18976-3" | "loinc:LA18977-1" | "loinc:LA18979-7" => Some("current"),
        "loinc:LA18981-3" | "loinc:LA18982-1" => Some("current"),
        _ => None,
    }
}

/// The number in the concept's first unit, if it can be used.
fn number(fact: &Fact, concept: &Concept) -> Option<Decimal> {
    let quantity = &fact.quantity;
    if quantity.get("comparator").is_some() {
        return None;
    }
    let unit = match (&quantity["code"], &quantity["unit"]) {
        (Value::String(code), _) => code,
        (_, Value::String(name)) => name,
        _ => "",
    };
    let unit = concept.units.iter().find(|u| u.name == unit)?;
    let written: Decimal = quantity["value"].as_f64()?.to_string().parse().unwrap();
    let number = written * unit.factor + unit.offset;
    (concept.low <= number && number <= concept.high).then_some(number)
}

fn rounded(number: Decimal, places: u32) -> Decimal {
    number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}
