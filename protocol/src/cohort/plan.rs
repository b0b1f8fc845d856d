//! Plans: a question as polynomials over a dataset's columns, derived alike by prover and
//! verifier. Spec: docs/spec/cohort.md, section "Tally".

use thiserror::Error;

use super::assignment::Evaluation;
use super::draft::{Bounds, Draft, collected};
use super::form::{Form, Indicator};
use super::layout::{Layout, Place};
use super::numbers::Numbers;
use super::question::{Question, QuestionError, Stratifier, Table};
use crate::consent::{Grant, MODIFIERS, PERMISSIONS};
use crate::query::{CYCLE, CompiledQuery, Criterion, DIFFERENCE_OFFSET};

/// Why a question has no plan.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum PlanError {
    /// The table has no answer.
    #[error(transparent)]
    Question(#[from] QuestionError),
}

/// What polynomials multiply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Factor {
    /// A linear combination of columns.
    Form(Form),
    /// An auxiliary column, by its number.
    Auxiliary(u32),
}

/// A product of one to three factors, with a coefficient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monomial {
    /// The coefficient.
    pub coefficient: i64,
    /// Indices into [`Plan::factors`], ascending; one may stand twice.
    pub factors: Vec<u32>,
}

impl Monomial {
    pub(crate) const fn new(coefficient: i64, factors: Vec<u32>) -> Self {
        Self {
            coefficient,
            factors,
        }
    }

    pub(crate) fn evaluate(&self, integers: &[i32]) -> i64 {
        let values = self
            .factors
            .iter()
            .map(|f| i64::from(integers[*f as usize]));
        values.fold(self.coefficient, |product, value| product * value)
    }
}

/// A polynomial of degree at most 3 that vanishes in every slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// What it is for, such as `match.zero`.
    pub name: String,
    /// Its monomials.
    pub monomials: Vec<Monomial>,
}

/// A polynomial of degree at most 3 that is 0 or 1 in every slot; its sum is the cell's count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its monomials.
    pub monomials: Vec<Monomial>,
}

/// What an auxiliary column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuxiliaryKind {
    /// A bit.
    Bit,
    /// The inverse of a number, or 0.
    Inverse,
}

/// A column that the prover commits for one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auxiliary {
    /// What it is for, such as `match.inverse`.
    pub name: String,
    /// What it holds.
    pub kind: AuxiliaryKind,
    /// The factor that it is.
    pub factor: u32,
}

/// A question as polynomials.
#[derive(Debug, Clone)]
pub struct Plan {
    /// SHA-256 of the question's canonical bytes, in its own domain.
    pub question: [u8; 32],
    /// The columns' layout.
    pub layout: Layout,
    /// What the polynomials multiply. No two forms are equal.
    pub factors: Vec<Factor>,
    /// The auxiliary columns.
    pub auxiliaries: Vec<Auxiliary>,
    /// What vanishes in every slot.
    pub constraints: Vec<Constraint>,
    /// What is counted; the total first.
    pub cells: Vec<Cell>,
    pub(crate) evaluation: Evaluation,
}

/// Things of which a number must hold.
struct Several {
    bits: Vec<Indicator>,
    at_least: usize,
}

impl Plan {
    /// The plan of a question over a layout.
    ///
    /// # Errors
    /// [`PlanError`] for a question that has no answer.
    pub fn new(layout: &Layout, question: &Question) -> Result<Self, PlanError> {
        question.cells()?;
        let mut draft = Draft::new(layout);
        let mut unmet = draft.consent(question);
        let groups = draft.groups(&question.query);
        let mut cells = Vec::new();
        for (i, group) in groups.into_iter().enumerate() {
            if question.table == Table::Attrition {
                let name = if i == 0 {
                    "consent".to_owned()
                } else {
                    format!("groups-1-{i}")
                };
                let z = draft.zero_test(&name, &unmet);
                cells.push(draft.monomials(&Indicator::auxiliary(z)));
                unmet = Indicator::auxiliary(z).negated();
            }
            unmet = unmet.plus(1, &draft.unmet(&format!("group-{}", i + 1), &group));
        }
        let z = draft.zero_test("match", &unmet);
        let total = draft.monomials(&Indicator::auxiliary(z));
        match &question.table {
            Table::Count => {}
            Table::Attrition => cells.push(total.clone()),
            Table::Strata(stratifiers) => cells = draft.strata(stratifiers, z),
        }
        cells.insert(0, total);
        Ok(draft.finish(question, cells))
    }
}

impl Draft<'_> {
    fn finish(self, question: &Question, cells: Vec<Vec<Monomial>>) -> Plan {
        let cell = |monomials| Cell {
            monomials: collected(monomials),
        };
        Plan {
            question: question.digest(),
            evaluation: Evaluation::new(self.layout, &self.factors, &self.recipes),
            layout: self.layout.clone(),
            factors: self.factors,
            auxiliaries: self.auxiliaries,
            constraints: self.constraints,
            cells: cells.into_iter().map(cell).collect(),
        }
    }

    /// How much of what a consent must say it does not: 0 where it covers the study.
    fn consent(&mut self, question: &Question) -> Indicator {
        let layout = self.layout;
        let places = layout.consents();
        let bits: Vec<Indicator> = (places.iter())
            .filter_map(|place| match place {
                Place::Bits(digits) => Some(digits),
                _ => None,
            })
            .flatten()
            .map(|digit| Form::column(layout.digits()[*digit as usize].columns[0]).into())
            .collect();
        let (permissions, rest) = bits.split_at(PERMISSIONS);
        let (modifiers, rest) = rest.split_at(MODIFIERS);
        let (grants, limits) = rest.split_at(crate::consent::GRANTS);
        let among = |bits: &[Indicator], mask: u64| -> Vec<Indicator> {
            let chosen = bits.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1);
            chosen.map(|(_, bit)| bit.clone()).collect()
        };
        let covering = Several {
            bits: among(permissions, question.masks.covering),
            at_least: 1,
        };
        let mut unmet = self.unmet("consent.permission", &covering);
        for forbidden in among(modifiers, question.masks.denying)
            .iter()
            .chain(limits)
        {
            unmet = unmet.plus(1, forbidden);
        }
        unmet = unmet.plus(1, &grants[Grant::Counted.bit()].negated());
        let day = u32::from(question.day.number());
        unmet = unmet.plus(1, &self.at_least(&places[4], day + 1));
        unmet.plus(1, &self.at_least(&places[5], day).negated())
    }

    /// A whole number that is 0 exactly where as many things hold as must.
    fn unmet(&mut self, name: &str, several: &Several) -> Indicator {
        let count = several.bits.len();
        let sum = several
            .bits
            .iter()
            .fold(Indicator::default(), |sum, bit| sum.plus(1, bit));
        if several.at_least > count {
            return Indicator::constant(1);
        }
        if several.at_least == count {
            return Indicator::constant(count as i64).plus(-1, &sum);
        }
        if several.at_least == 1 {
            return Indicator::auxiliary(self.zero_test(name, &sum));
        }
        let least = several.at_least as i64;
        let bounds = Bounds {
            low: -least,
            high: count as i64 - least,
        };
        let above = sum.plus(-least, &Indicator::constant(1));
        self.sign(name, &above, bounds).negated()
    }

    /// The groups that ask for something.
    fn groups(&mut self, query: &CompiledQuery) -> Vec<Several> {
        let mut groups = Vec::new();
        let mut open: Vec<(usize, Option<u8>)> = Vec::new();
        let mut previous = None;
        for (i, criterion) in query.criteria().iter().enumerate() {
            if criterion.opens_group {
                open.clear();
            }
            open.push((i, previous));
            previous = Some(criterion.field);
            if criterion.at_least != 0 {
                let bits = self.group(query, &open);
                groups.push(Several {
                    bits,
                    at_least: usize::from(criterion.at_least),
                });
            }
        }
        groups
    }

    /// The bits of a group's criteria. Those of one field that exclude each other become one.
    fn group(&mut self, query: &CompiledQuery, open: &[(usize, Option<u8>)]) -> Vec<Indicator> {
        let mut sets: Vec<(u8, Numbers)> = Vec::new();
        let mut bits = Vec::new();
        for (i, previous) in open {
            let criterion = &query.criteria()[*i];
            if let Some(previous) = previous.filter(|_| criterion.minus_previous) {
                let name = format!("criterion-{}", i + 1);
                bits.push(self.difference(&name, criterion, previous));
                continue;
            }
            let numbers = Numbers::of(criterion);
            if numbers.is_empty() {
                continue;
            }
            let field = criterion.field;
            let own = |(f, set): &&mut (u8, Numbers)| *f == field && set.is_disjoint(&numbers);
            match sets.iter_mut().find(own) {
                Some((_, set)) => *set = set.with(&numbers),
                None => sets.push((field, numbers)),
            }
        }
        for (field, numbers) in &sets {
            let place = &self.layout.records()[usize::from(*field)];
            bits.push(self.inside(place, numbers));
        }
        bits
    }

    /// Whether a field's number less another's lies in a criterion's interval.
    fn difference(&mut self, name: &str, criterion: &Criterion, minus: u8) -> Indicator {
        let layout = self.layout;
        let fields = [usize::from(criterion.field), usize::from(minus)];
        let both = fields.map(|field| self.recorded(&layout.records()[field]));
        if both.iter().any(Form::is_zero) {
            return Indicator::constant(i64::from(criterion.if_none));
        }
        let [number, subtracted] = fields.map(|field| self.number(field));
        let place = number
            .plus(-1, &subtracted)
            .plus(i64::from(DIFFERENCE_OFFSET), &Form::constant(1));
        let last = criterion.start + criterion.length;
        let from = self.place_from(&format!("{name}.from"), &place, criterion.start);
        let beyond = self.place_from(&format!("{name}.beyond"), &place, (last + 1) % CYCLE);
        // One that reaches the end of the cycle goes on from its beginning.
        let wraps = i64::from(last + 1 >= CYCLE);
        let value = from.plus(-1, &beyond).plus(wraps, &Indicator::constant(1));
        self.outcome(name, [&both[0], &both[1]], &value, criterion.if_none)
    }

    /// Whether a difference's place on the cycle is at or after a bound.
    fn place_from(&mut self, name: &str, place: &Form, bound: u32) -> Indicator {
        let bound = i64::from(bound);
        let above = Indicator::from(place.clone()).plus(-bound, &Indicator::constant(1));
        let bounds = Bounds {
            low: 1 - bound,
            high: i64::from(CYCLE) - 1 - bound,
        };
        self.sign(name, &above, bounds)
    }

    /// The number of a record's field.
    fn number(&self, field: usize) -> Form {
        let numbers = self.layout.numbers();
        numbers[field].iter().fold(Form::default(), |form, weight| {
            form.plus(i64::from(weight.weight), &Form::column(weight.column))
        })
    }

    /// The cells of a stratified table, after the total.
    fn strata(&mut self, stratifiers: &[Stratifier], matched: u32) -> Vec<Vec<Monomial>> {
        let cross = stratifiers.len() > 1;
        let bands: Vec<Vec<Indicator>> = (stratifiers.iter())
            .map(|stratifier| self.bands(stratifier, cross))
            .collect();
        match bands.as_slice() {
            [rows, columns] => (rows.iter())
                .flat_map(|row| columns.iter().map(move |column| (row, column)))
                .map(|(row, column)| self.cross(row, column, matched))
                .collect(),
            bands => (bands.iter().flatten())
                .map(|band| self.times(band, matched))
                .collect(),
        }
    }

    /// The bands of a field and the remainder.
    fn bands(&mut self, stratifier: &Stratifier, linear: bool) -> Vec<Indicator> {
        let place = &self.layout.records()[usize::from(stratifier.field)];
        let mut bands = Vec::new();
        for (i, band) in stratifier.bands.iter().enumerate() {
            let bit = self.inside(place, &Numbers::from(*band));
            let name = format!("field-{}.band-{}", stratifier.field, i + 1);
            bands.push(if linear { self.linear(&name, bit) } else { bit });
        }
        let all = bands
            .iter()
            .fold(Indicator::default(), |sum, band| sum.plus(1, band));
        bands.push(all.negated());
        bands
    }
}
