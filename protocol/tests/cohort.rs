//! Plans of cohort questions against the relation: every constraint holds of every slot's
//! values, every cell is the relation's verdict, and no auxiliary that decides has a choice.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "cohort/generate.rs"]
mod generate;

use std::collections::BTreeSet;

use pasta_curves::Fp;
use pasta_curves::group::ff::Field;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use salus_protocol::cohort::{
    Assignment, AuxiliaryKind, AuxiliaryValue, Band, Factor, Layout, LayoutError, Monomial, PAGE,
    Plan, PlanError, Question, QuestionError, Stratifier, Table, relation,
};
use salus_protocol::field::Fr;
use salus_protocol::profile::{Edition, Profile};
use salus_protocol::query::{CompiledQuery, Query};
use salus_protocol::row::{FIELDS, Row};

/// The values of a plan's factors in one slot, as elements of the field.
struct Slot(Vec<Fp>);

fn element(number: i64) -> Fp {
    let size = Fp::from(number.unsigned_abs());
    if number < 0 { -size } else { size }
}

impl Slot {
    fn new(plan: &Plan, assignment: &Assignment) -> Self {
        let value = |(i, factor): (usize, &Factor)| match factor {
            Factor::Form(form) => {
                // From the columns themselves, not from what the assignment says of forms.
                let bit = |column| plan.layout.bit(column, assignment.symbols());
                let terms = form.terms.iter().filter(|term| bit(term.column));
                let sum: i64 = terms.map(|term| term.coefficient).sum();
                assert_eq!(i64::from(assignment.integers()[i]), form.constant + sum);
                element(form.constant + sum)
            }
            Factor::Auxiliary(auxiliary) => {
                let own = i64::from(assignment.integers()[i]);
                match assignment.auxiliaries()[*auxiliary as usize] {
                    AuxiliaryValue::Integer(integer) => {
                        assert_eq!(own, integer);
                        element(integer)
                    }
                    AuxiliaryValue::Inverse(integer) => {
                        assert_eq!(own, integer);
                        element(integer).invert().unwrap()
                    }
                }
            }
        };
        Self(plan.factors.iter().enumerate().map(value).collect())
    }

    fn evaluate(&self, monomials: &[Monomial]) -> Fp {
        let product = |monomial: &Monomial| {
            let factors = monomial.factors.iter().map(|f| self.0[*f as usize]);
            factors.fold(element(monomial.coefficient), |product, f| product * f)
        };
        monomials.iter().map(product).sum()
    }

    fn broken<'a>(&self, plan: &'a Plan) -> Vec<&'a str> {
        let constraints = plan.constraints.iter();
        let broken = constraints.filter(|c| !bool::from(self.evaluate(&c.monomials).is_zero()));
        broken.map(|c| c.name.as_str()).collect()
    }
}

/// The constraints of which one must break when an auxiliary bit is the other one.
fn guards(auxiliary: &str) -> Vec<String> {
    if let Some(test) = auxiliary.strip_suffix(".is-zero") {
        vec![format!("{test}.zero"), format!("{test}.nonzero")]
    } else if let Some((sign, _)) = auxiliary.split_once(".bit-") {
        vec![format!("{sign}.sum")]
    } else {
        vec![auxiliary.to_owned()]
    }
}

fn check_slot(plan: &Plan, question: &Question, record: &Row, consent: &Row) {
    let mut assignment = Assignment::new(plan);
    plan.assign(record, consent, &mut assignment).unwrap();
    let mut slot = Slot::new(plan, &assignment);
    assert_eq!(slot.broken(plan), Vec::<&str>::new());

    let verdict = relation::counts(question, [(record, consent)]).unwrap();
    let cells: Vec<Fp> = (plan.cells.iter())
        .map(|cell| slot.evaluate(&cell.monomials))
        .collect();
    let expected: Vec<Fp> = verdict.iter().map(|count| Fp::from(*count)).collect();
    assert_eq!(cells, expected);

    for auxiliary in &plan.auxiliaries {
        if auxiliary.kind == AuxiliaryKind::Inverse {
            continue;
        }
        let factor = auxiliary.factor as usize;
        let honest = slot.0[factor];
        slot.0[factor] = Fp::ONE - honest;
        let broken = slot.broken(plan);
        let guards = guards(&auxiliary.name);
        assert!(
            guards.iter().any(|guard| broken.contains(&guard.as_str())),
            "{} changed, but of {guards:?} none breaks",
            auxiliary.name
        );
        slot.0[factor] = honest;
    }
    check_carries(plan, &mut slot);
}

/// A carry between two bits of one number keeps their sum, but not that they are bits.
fn check_carries(plan: &Plan, slot: &mut Slot) {
    for pair in plan.auxiliaries.windows(2) {
        let signs = [&pair[0], &pair[1]].map(|a| a.name.split_once(".bit-"));
        let [Some((low, bit)), Some((high, _))] = signs else {
            continue;
        };
        if low != high {
            continue;
        }
        let [low_factor, high_factor] = [&pair[0], &pair[1]].map(|a| a.factor as usize);
        slot.0[low_factor] += Fp::from(2);
        slot.0[high_factor] -= Fp::ONE;
        let broken = slot.broken(plan);
        assert!(!broken.contains(&format!("{low}.sum").as_str()));
        assert!(broken.contains(&format!("{low}.bit-{bit}").as_str()));
        slot.0[low_factor] -= Fp::from(2);
        slot.0[high_factor] += Fp::ONE;
    }
}

fn check_shape(plan: &Plan) {
    let polynomials = (plan.constraints.iter().map(|c| &c.monomials))
        .chain(plan.cells.iter().map(|cell| &cell.monomials));
    for monomial in polynomials.flatten() {
        // A monomial without factors would not vanish beyond the dataset's pages.
        assert!((1..=3).contains(&monomial.factors.len()), "{monomial:?}");
        assert!(monomial.factors.is_sorted() && monomial.coefficient != 0);
    }
    for (i, factor) in plan.factors.iter().enumerate() {
        assert!(!plan.factors[..i].contains(factor), "{factor:?} twice");
    }
    let beyond = Slot(vec![Fp::ZERO; plan.factors.len()]);
    assert_eq!(beyond.broken(plan), Vec::<&str>::new());
    let empty = Assignment::new(plan);
    assert!(empty.integers().iter().all(|integer| *integer == 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_says_what_the_relation_says(
        (question, slots) in generate::question_and_slots(),
    ) {
        let layout = generate::layout();
        let plan = Plan::new(&layout, &question).unwrap();
        check_shape(&plan);
        prop_assert_eq!(plan.cells.len(), question.cells().unwrap());
        for (record, consent) in &slots {
            check_slot(&plan, &question, record, consent);
        }
        check_slot(&plan, &question, &Row::new([0; FIELDS]), &Row::new([0; FIELDS]));
        let bytes = borsh::to_vec(&question).unwrap();
        prop_assert_eq!(borsh::from_slice::<Question>(&bytes).unwrap(), question);
    }

    #[test]
    fn a_zero_test_is_one_however_its_inverse_is_chosen(
        (question, slots) in generate::question_and_slots(),
        inverse in any::<u64>(),
    ) {
        let plan = Plan::new(&generate::layout(), &question).unwrap();
        let (record, consent) = &slots[0];
        let mut assignment = Assignment::new(&plan);
        plan.assign(record, consent, &mut assignment).unwrap();
        for pair in plan.auxiliaries.windows(2) {
            let Some(name) = pair[0].name.strip_suffix(".is-zero") else { continue };
            let mut slot = Slot::new(&plan, &assignment);
            slot.0[pair[0].factor as usize] = Fp::ONE - slot.0[pair[0].factor as usize];
            slot.0[pair[1].factor as usize] = Fp::from(inverse);
            let broken = slot.broken(&plan);
            let own = |constraint: &&str| guards(&pair[0].name).iter().any(|g| g == constraint);
            prop_assert!(broken.iter().any(own), "{name}: {broken:?}");
        }
    }

    #[test]
    fn columns_are_chains_and_add_up_to_the_numbers(
        highest in prop::array::uniform4(prop::sample::select(vec![0, 1, 2, 511, 512, 600, 768, 65_535])),
        seeds in prop::array::uniform4(any::<u16>()),
        consent in generate::consent_row(),
    ) {
        let (mut all, mut record) = ([0u16; FIELDS], [0u16; FIELDS]);
        for (i, (n, seed)) in highest.into_iter().zip(seeds).enumerate() {
            all[i * 21] = n;
            record[i * 21] = (u32::from(seed) % (u32::from(n) + 1)) as u16;
        }
        let (layout, record) = (Layout::new(all), Row::new(record));
        let mut symbols = vec![0; layout.digits().len()];
        layout.symbols(&record, &consent, &mut symbols).unwrap();
        for (digit, symbol) in layout.digits().iter().zip(&symbols) {
            for (step, column) in digit.columns.iter().enumerate() {
                prop_assert_eq!(layout.bit(*column, &symbols), step < usize::from(*symbol));
            }
        }
        let numbers = record.values().iter().chain(&consent.values()[..6]);
        for (form, number) in layout.numbers().iter().zip(numbers) {
            let ones = form.iter().filter(|w| layout.bit(w.column, &symbols));
            prop_assert_eq!(ones.map(|w| w.weight).sum::<u32>(), u32::from(*number));
        }
        prop_assert_eq!(borsh::from_slice::<Layout>(&borsh::to_vec(&layout).unwrap()).unwrap(), layout);
    }
}

#[test]
fn a_layout_refuses_what_it_cannot_hold() {
    let mut highest = [0; FIELDS];
    highest[9] = 700;
    let layout = Layout::new(highest);
    let none = Row::new([0; FIELDS]);
    let mut symbols = vec![0; layout.digits().len()];
    let mut symbols_of =
        |record: &Row, consent: &Row| layout.symbols(record, consent, &mut symbols);
    let with = |field: usize, number| {
        let mut values = [0; FIELDS];
        values[field] = number;
        Row::new(values)
    };
    assert_eq!(symbols_of(&with(9, 700), &none), Ok(()));
    let (field, number, highest) = (9, 701, 700);
    let error = LayoutError::Record {
        field,
        number,
        highest,
    };
    assert_eq!(symbols_of(&with(9, 701), &none), Err(error));
    assert!(symbols_of(&with(0, 1), &none).is_err());
    let (field, number) = (3, 1 << 5);
    let error = LayoutError::Consent { field, number };
    assert_eq!(symbols_of(&none, &with(3, 1 << 5)), Err(error));
    assert_eq!(symbols_of(&none, &with(3, 0b11111)), Ok(()));
}

fn shipped(name: &str) -> (Profile, Layout) {
    let text = match name {
        "general" => include_str!("../../profiles/general.toml"),
        _ => include_str!("../../profiles/cardiometabolic.toml"),
    };
    let profile = Profile::from_toml(text).unwrap();
    let layout = Layout::of_profile(&profile);
    (profile, layout)
}

/// Columns, digits and symbols fit what a publication's sumcheck is over.
#[test]
fn shipped_profiles_have_these_columns() {
    for (name, columns, digits) in [("cardiometabolic", 26_511, 171), ("general", 26_533, 172)] {
        let (_, layout) = shipped(name);
        assert!(layout.digits().len() <= 256);
        assert!(layout.digits().iter().all(|d| d.columns.len() < 512));
        let found = (layout.columns(), layout.digits().len());
        assert_eq!(found, (columns, digits), "{name}");
    }
    assert_eq!(PAGE, 1 << 12);
}

/// What a plan costs: factors, auxiliaries, constraints, and products of factors.
#[test]
fn plans_of_common_queries_stay_small() {
    let (profile, layout) = shipped("cardiometabolic");
    let interval = "cohort \"a\" at 2020-01-01\ninclude all\n  hba1c.latest between 7.0 and 10.0 %";
    let example = include_str!("vectors/query/example.txt");
    let count = |text: &str, table| {
        let query = Query::parse(text).unwrap().compile(&profile).unwrap().query;
        let question = Question {
            table,
            ..generate::question(query)
        };
        let plan = Plan::new(&layout, &question).unwrap();
        check_shape(&plan);
        let polynomials = plan.constraints.iter().map(|c| &c.monomials);
        let monomials = polynomials
            .chain(plan.cells.iter().map(|c| &c.monomials))
            .flatten();
        let products: BTreeSet<_> = monomials
            .map(|m| &m.factors)
            .filter(|f| f.len() > 1)
            .collect();
        [
            plan.factors.len(),
            plan.auxiliaries.len(),
            plan.constraints.len(),
            products.len(),
        ]
    };
    assert_eq!(count(interval, Table::Count), [11, 4, 4, 10]);
    assert_eq!(count(example, Table::Count), [25, 4, 4, 24]);
    assert_eq!(count(example, Table::Attrition), [30, 8, 8, 30]);
}

#[test]
fn tables_without_an_answer_are_refused() {
    let query = CompiledQuery::new(Edition::new(Fr::from(5u64)), &[]).unwrap();
    let error = |stratifiers: &[(u8, &[(u16, u16)])]| {
        let stratifiers = stratifiers.iter().map(|(field, bands)| Stratifier {
            field: *field,
            bands: bands
                .iter()
                .map(|(low, high)| Band {
                    low: *low,
                    high: *high,
                })
                .collect(),
        });
        let table = Table::Strata(stratifiers.collect());
        let question = Question {
            table,
            ..generate::question(query.clone())
        };
        Plan::new(&generate::layout(), &question).map(|plan| plan.cells.len())
    };
    let refused = |error| Err(PlanError::Question(error));
    let numbers: Vec<(u16, u16)> = (0..63).map(|n| (n, n)).collect();
    assert_eq!(error(&[(2, &numbers[..62])]), Ok(64));
    assert_eq!(
        error(&[(2, &numbers)]),
        refused(QuestionError::Cells { found: 65 })
    );
    assert_eq!(error(&[(2, &numbers[..8]), (3, &numbers[..6])]), Ok(64));
    assert_eq!(error(&[]), refused(QuestionError::Stratifiers { found: 0 }));
    assert_eq!(
        error(&[(2, &[(0, 1)][..]); 3]),
        refused(QuestionError::Stratifiers { found: 3 })
    );
    assert_eq!(
        error(&[(64, &[(0, 1)])]),
        refused(QuestionError::Field { field: 64 })
    );
    for bands in [&[][..], &[(2, 1)], &[(3, 4), (1, 2)], &[(1, 2), (2, 3)]] {
        assert_eq!(
            error(&[(5, bands)]),
            refused(QuestionError::Bands { field: 5 })
        );
    }
}

/// The random slots above are no empty ones: many are covered, and many match.
#[test]
fn random_slots_meet_every_verdict() {
    let mut runner = TestRunner::deterministic();
    let (mut covered, mut matched, mut slots) = (0, 0, 0);
    for _ in 0..200 {
        let (question, drawn) = generate::question_and_slots()
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let pairs: Vec<(&Row, &Row)> = drawn.iter().map(|(r, c)| (r, c)).collect();
        let attrition = Question {
            table: Table::Attrition,
            ..question
        };
        let counts = relation::counts(&attrition, pairs.iter().copied()).unwrap();
        (matched, covered, slots) = (
            matched + counts[0],
            covered + counts[1],
            slots + pairs.len() as u64,
        );
    }
    println!("{slots} slots, {covered} covered, {matched} matched");
    assert!(covered > slots / 8 && covered < slots * 7 / 8);
    assert!(matched > covered / 8 && matched < covered * 7 / 8);
}
