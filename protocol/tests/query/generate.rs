//! Random queries over the sample profile, and random rows that lie about their bounds.

use proptest::prelude::*;
use proptest::sample::select;
use salus_protocol::day::Day;
use salus_protocol::query::ast::{
    Amount, Bound, CalendarUnit, Criterion, Direction, Group, Need, Sense, Test,
};
use salus_protocol::query::{CompiledQuery, DIFFERENCE_OFFSET, Query};
use salus_protocol::row::{FIELDS, Row};

const DATES: [&str; 5] = [
    "birth",
    "diabetes.first",
    "mi.first",
    "mi.latest",
    "insulin.latest",
];
const CALENDAR: [&str; 6] = ["days", "weeks", "months", "years", "year", "day"];

fn bound<T: Clone + std::fmt::Debug + PartialOrd + 'static>(
    value: impl Strategy<Value = T> + Clone + 'static,
) -> BoxedStrategy<Bound<T>> {
    prop_oneof![
        (value.clone(), value.clone()).prop_map(|(a, b)| {
            if a <= b {
                Bound::Between(a, b)
            } else {
                Bound::Between(b, a)
            }
        }),
        value.clone().prop_map(Bound::AtLeast),
        value.clone().prop_map(Bound::AtMost),
        value.clone().prop_map(Bound::Above),
        value.clone().prop_map(Bound::Below),
        value.prop_map(Bound::Equal),
    ]
    .boxed()
}

fn whole() -> impl Strategy<Value = Amount> + Clone {
    prop_oneof![Just(0u32), 1u32..4, 1u32..150, Just(70_000u32)].prop_map(Amount::from)
}

fn decimal() -> impl Strategy<Value = Amount> + Clone {
    prop_oneof![
        (0u32..200, 0u32..100).prop_map(|(a, b)| format!("{a}.{b:02}").parse().unwrap()),
        (0u32..9000, 0u32..10).prop_map(|(a, b)| format!("{a}.{b}").parse().unwrap()),
        (0u32..10, 0u32..10).prop_map(|(a, b)| format!("-{a}.{b}").parse().unwrap()),
        whole(),
    ]
}

fn days() -> impl Strategy<Value = Day> + Clone {
    prop_oneof![1u16.., 45_000u16..55_000, Just(1), Just(u16::MAX)]
        .prop_map(|n| Day::from_number(n).unwrap())
}

fn calendar_unit() -> impl Strategy<Value = CalendarUnit> + Clone {
    select(CalendarUnit::ALL.map(|(_, unit)| unit).to_vec())
}

fn of(
    field: &'static str,
    test: impl Strategy<Value = Test> + 'static,
) -> BoxedStrategy<Criterion> {
    test.prop_map(move |test| Criterion {
        field: field.to_owned(),
        test,
    })
    .boxed()
}

fn named(field: &'static str, values: &[&'static str]) -> BoxedStrategy<Criterion> {
    let some = prop::collection::vec(select(values.to_vec()), 1..=values.len());
    let test = (some, any::<bool>()).prop_map(|(values, negated)| {
        let values = values.into_iter().map(str::to_owned).collect();
        if negated {
            Test::NotOneOf(values)
        } else {
            Test::OneOf(values)
        }
    });
    of(field, test)
}

fn valued(field: &'static str, units: &[Option<&'static str>]) -> BoxedStrategy<Criterion> {
    let test = (bound(decimal()), select(units.to_vec())).prop_map(|(is, unit)| Test::Value {
        is,
        unit: unit.map(str::to_owned),
    });
    of(field, test)
}

fn dated() -> BoxedStrategy<Criterion> {
    let test = prop_oneof![
        bound(days()).prop_map(Test::Date),
        (bound(whole()), calendar_unit()).prop_map(|(is, unit)| Test::BeforeIndex { is, unit }),
    ];
    (select(DATES.to_vec()), test)
        .prop_map(|(field, test)| Criterion {
            field: field.to_owned(),
            test,
        })
        .boxed()
}

fn aged() -> BoxedStrategy<Criterion> {
    let test = (bound(whole()), select(CALENDAR.to_vec())).prop_map(|(is, unit)| Test::Value {
        is,
        unit: Some(unit.to_owned()),
    });
    of("age", test)
}

/// A distance between two of these fields, in one of these units.
fn distance(
    fields: &[&'static str],
    units: &[Option<&'static str>],
    directions: &[Direction],
    amount: BoxedStrategy<Bound<Amount>>,
) -> BoxedStrategy<Criterion> {
    let pair = prop::sample::subsequence(fields.to_vec(), 2).prop_shuffle();
    (
        pair,
        amount,
        select(units.to_vec()),
        select(directions.to_vec()),
    )
        .prop_map(|(pair, is, unit, direction)| {
            let zero = is == Bound::Equal(Amount::ZERO);
            let is = match (direction, is) {
                (Direction::Of, is) if zero => is,
                (Direction::Of, Bound::Between(_, n) | Bound::AtLeast(n) | Bound::Equal(n)) => {
                    Bound::AtMost(n)
                }
                (Direction::Of, Bound::Above(n)) => Bound::Below(n),
                (_, is) => is,
            };
            Criterion {
                field: pair[0].to_owned(),
                test: Test::Difference {
                    is,
                    unit: unit.map(str::to_owned),
                    direction,
                    than: pair[1].to_owned(),
                },
            }
        })
        .boxed()
}

/// `X before Y`, `X on or after Y`: without a number.
fn ordered() -> BoxedStrategy<Criterion> {
    let amount = prop_oneof![
        Just(Bound::Above(Amount::ZERO)),
        Just(Bound::AtLeast(Amount::ZERO))
    ];
    distance(
        &DATES,
        &[None],
        &[Direction::Before, Direction::After],
        amount.boxed(),
    )
}

fn distances() -> BoxedStrategy<Criterion> {
    use Direction::{Above, After, Before, Below, Of};
    let positive = || bound(decimal().prop_filter("not negative", |a| *a >= Amount::ZERO));
    let dates: Vec<Option<&str>> = CALENDAR.into_iter().map(Some).collect();
    let mmhg = [Some("mm[Hg]")];
    let kg = [Some("kg"), Some("g"), Some("[lb_av]")];
    let hba1c = [Some("%"), Some("mmol/mol")];
    prop_oneof![
        3 => distance(&DATES, &dates, &[Before, After, Of], bound(whole())),
        1 => ordered(),
        2 => distance(&["sbp.latest", "dbp.latest"], &mmhg, &[Above, Below, Of], positive()),
        2 => distance(&["weight.latest", "weight.maximum"], &kg, &[Above, Below, Of], positive()),
        1 => distance(&["hba1c.latest", "hba1c.minimum"], &hba1c, &[Above, Below], positive()),
        1 => distance(&["visits", "parity.latest"], &[None], &[Above, Below, Of], bound(whole())),
    ]
    .boxed()
}

/// A criterion of any form.
pub(crate) fn criterion() -> BoxedStrategy<Criterion> {
    let anything = select(vec![
        "sex",
        "smoking.latest",
        "mi.first",
        "visits",
        "hba1c.latest",
    ]);
    let recorded = (anything, any::<bool>()).prop_map(|(field, yes)| Criterion {
        field: field.to_owned(),
        test: if yes {
            Test::Recorded
        } else {
            Test::NoneRecorded
        },
    });
    prop_oneof![
        1 => recorded,
        1 => named("sex", &["female", "male", "other", "unknown"]),
        2 => named("smoking.latest", &["never", "former", "light", "moderate", "heavy"]),
        1 => named("diabetes.any", &["yes", "no"]),
        1 => named("fasting", &["yes", "no"]),
        2 => valued("hba1c.latest", &[Some("%"), Some("mmol/mol")]),
        1 => valued("hba1c.minimum", &[Some("%"), Some("mmol/mol")]),
        1 => valued("sbp.latest", &[Some("mm[Hg]")]),
        1 => valued("weight.latest", &[Some("kg"), Some("g"), Some("[lb_av]")]),
        1 => valued("temperature.latest", &[Some("Cel"), Some("[degF]")]),
        1 => valued("tscore.minimum", &[None]),
        1 => valued("visits", &[None]),
        1 => valued("parity.latest", &[None]),
        3 => dated(),
        2 => aged(),
        5 => distances(),
    ]
    .boxed()
}

fn group() -> impl Strategy<Value = Group> {
    let sense = select(vec![Sense::Include, Sense::Exclude]);
    (sense, prop::collection::vec(criterion(), 1..6), any::<u8>()).prop_map(
        |(sense, criteria, pick)| {
            let size = u8::try_from(criteria.len()).unwrap();
            let need = match pick % 3 {
                0 => Need::All,
                1 => Need::Any,
                _ => Need::AtLeast(1 + pick / 3 % size),
            };
            Group {
                sense,
                need,
                criteria,
            }
        },
    )
}

/// A query of one to three groups.
pub(crate) fn query() -> impl Strategy<Value = Query> {
    let titles = select(vec!["", "Plain", "with \"quotes\" \\ and # signs"]);
    let index = 43_000u16..56_000;
    let profile = select(vec![None, Some("sample".to_owned())]);
    (titles, profile, index, prop::collection::vec(group(), 1..4)).prop_map(
        |(title, profile, index, groups)| {
            let index = Day::from_number(index).unwrap();
            Query::new(title.to_owned(), profile, index, groups).unwrap()
        },
    )
}

/// Rows whose numbers lie at the ends of the query's intervals, at 0, at the extremes, or
/// anywhere; `seed` chooses.
pub(crate) fn rows(compiled: &CompiledQuery, index: Day, seeds: &[u64]) -> Vec<Row> {
    let mut ends = vec![
        0,
        1,
        2,
        3,
        5,
        6,
        1000,
        u16::MAX - 1,
        u16::MAX,
        index.number(),
    ];
    for criterion in compiled.criteria() {
        for place in [criterion.start, criterion.start + criterion.length] {
            for near in [place.wrapping_sub(1), place, place + 1] {
                let number = near.abs_diff(DIFFERENCE_OFFSET) % (1 << 17);
                ends.extend(u16::try_from(number).ok());
            }
        }
    }
    let row = |seed: &u64| {
        let mut state = *seed;
        let mut values = [0u16; FIELDS];
        for i in 0..FIELDS {
            // SplitMix64: any spread will do.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            let [a, b, c, d, ..] = z.to_le_bytes();
            let any = u16::from_le_bytes([a, b]);
            let end = ends[usize::from(any) % ends.len()];
            // A neighbour at the distance of an end, for the differences.
            let other = values[usize::from(d) % (i + 1)];
            values[i] = match c % 8 {
                0 => any,
                1 => 0,
                2 | 3 => other.wrapping_add(end),
                4 | 5 => other.wrapping_sub(end),
                _ => end,
            };
        }
        Row::new(values)
    };
    seeds.iter().map(row).collect()
}
