//! Facts: the events of a profile's concepts that count as of the index day.

use rust_decimal::Decimal;
use salus_protocol::day::Day;
use salus_protocol::profile::Profile;

use super::matching::Matching;
use super::people::Person;
use super::reading::{self, Unusable};
use super::report::{DerivationReport, LeftOut};
use crate::fhir::{self, Event, Import, PartialDate, Source, Value};

/// An event of one concept, dated and with its value read.
pub(super) struct Fact<'e> {
    /// The place of the person among those alive.
    pub(super) person: u32,
    pub(super) day: Day,
    /// Seconds since midnight; an event without a time of day stands at midnight.
    pub(super) second: u32,
    pub(super) value: Reading<'e>,
    pub(super) source: Source,
}

/// What was measured or answered.
pub(super) enum Reading<'e> {
    /// A number in the concept's first unit.
    Number(Decimal),
    /// A coded answer.
    Coded(&'e fhir::Concept),
    /// Nothing that a field could take.
    Nothing,
}

/// The facts of one concept.
pub(super) type ConceptFacts<'e> = Vec<Fact<'e>>;

/// The facts of every concept of the profile, concept by concept.
pub(super) fn gather<'e>(
    profile: &Profile,
    import: &'e Import,
    index: Day,
    people: &[Person],
    report: &mut DerivationReport,
) -> Vec<ConceptFacts<'e>> {
    let concepts = &profile.document().concepts;
    let matching = Matching::new(concepts);
    let mut facts: Vec<ConceptFacts<'e>> = concepts.iter().map(|_| Vec::new()).collect();
    for (number, person) in (0u32..).zip(people) {
        for event in import.events_of(person.patient) {
            let expressed = matching.concepts(event.kind, &event.codings);
            report.count_event(!expressed.is_empty());
            for place in expressed {
                let concept = &concepts[place];
                match read(event, concept, index) {
                    Ok(Some((day, second, value))) => facts[place].push(Fact {
                        person: number,
                        day,
                        second,
                        value,
                        source: event.source,
                    }),
                    Ok(None) => report.count_after_index(),
                    Err(Unusable { reason, detail }) => {
                        let place = import.report.place(event.source);
                        report.leave_out_of_concept(&concept.name, reason, place, detail);
                    }
                }
            }
        }
    }
    facts
}

type Dated<'e> = (Day, u32, Reading<'e>);

/// Date and value; `None` if the event is later than the index day.
fn read<'e>(
    event: &'e Event,
    concept: &salus_protocol::profile::Concept,
    index: Day,
) -> Result<Option<Dated<'e>>, Unusable> {
    let Some((day, second)) = dated(event.start, index)? else {
        return Ok(None);
    };
    let value = match &event.value {
        value if !concept.units.is_empty() => {
            Reading::Number(reading::quantity(value.as_ref(), concept)?)
        }
        Some(Value::Integer(number)) => Reading::Number(Decimal::from(*number)),
        Some(Value::Coded(codings)) => Reading::Coded(codings),
        _ => Reading::Nothing,
    };
    Ok(Some((day, second, value)))
}

/// The first day that the date may mean, if even its last is no later than the index day.
fn dated(start: Option<PartialDate>, index: Day) -> Result<Option<(Day, u32)>, Unusable> {
    let Some(start) = start else {
        return Err(Unusable::new(LeftOut::NoDate));
    };
    if start.latest() > index.date() {
        return if start.earliest() > index.date() {
            Ok(None)
        } else {
            Err(Unusable::because(LeftOut::MaybeLater, start))
        };
    }
    let day = Day::from_date(start.earliest())
        .map_err(|_| Unusable::because(LeftOut::OutsideCalendar, start))?;
    Ok(Some((day, start.second_of_day().unwrap_or(0))))
}
