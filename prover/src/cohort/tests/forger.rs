//! A second prover of publications: slow, of any columns whatever, and as truthful as it is told.

use halo2_proofs::arithmetic::best_multiexp;
use pasta_curves::group::Curve;
use pasta_curves::group::ff::Field;
use pasta_curves::{Eq as Vesta, EqAffine, Fp};
use salus_protocol::cohort::{CONSENT_FIELDS, Layout};
use salus_protocol::row::{FIELDS, Row};
use salus_protocol::row_commitment::RowSalt;
use salus_verifier::cohort::Transcript;
use salus_verifier::cohort::generators::Generators;
use salus_verifier::cohort::polynomial::{eq, eq_table};
use salus_verifier::cohort::program::scalar;
use salus_verifier::cohort::publication::{
    self as checks, Claims, Page, PartialProof, Publication, PublicationProof, SHAPE,
};
use salus_verifier::cohort::sumcheck::{Reduced, SumcheckProof};

use crate::cohort::columns::{blinded, normalized};
use crate::cohort::opening::Opened;
use crate::cohort::publication::Subject;
use crate::cohort::secret::{PageSeed, Secrets};
use crate::cohort::sumcheck::Mask;
use crate::cohort::tests::scene::Columns;
use crate::cohort::tests::sparse_sum::SparseSum;
use crate::cohort::{linear, opening, sumcheck};

/// What a forger commits, and what it says of it. With everything the same it is honest.
pub(crate) struct Forger<'a> {
    pub(crate) page: &'a Page,
    pub(crate) layout: &'a Layout,
    /// What is committed.
    pub(crate) columns: &'a Columns,
    /// Whose symbols the sumcheck is run over, and whose value at its end is committed.
    pub(crate) symbols: &'a Columns,
    /// What the sumcheck's sum is said to be.
    pub(crate) claim: Claim,
    /// Whose numbers are combined.
    pub(crate) numbers: Numbers<'a>,
    /// What the row commitments are opened to.
    pub(crate) rows: &'a [Subject],
    /// What the columns' commitments are opened to.
    pub(crate) opened: Opens,
    /// Whether the square is committed so that the sumcheck ends where it has to.
    pub(crate) mended: bool,
}

/// A claimed sum.
pub(crate) enum Claim {
    /// As in every honest proof.
    Zero,
    /// What it really is.
    True,
}

/// Where the combined number is from.
pub(crate) enum Numbers<'a> {
    Columns(&'a Columns),
    Rows(&'a [Subject]),
}

/// What the opening is told to be of.
pub(crate) enum Opens {
    /// The committed columns, with the value that was committed, whatever the columns' is.
    Columns,
    /// The columns whose symbols are shown, with their value.
    Symbols,
}

/// What is behind the commitments to evaluations.
struct Values {
    symbol: [Fp; 2],
    square: Fp,
    number: [Fp; 2],
}

impl<'a> Forger<'a> {
    /// One that is honest about these columns and rows.
    pub(crate) fn honest(
        page: &'a Page,
        layout: &'a Layout,
        columns: &'a Columns,
        rows: &'a [Subject],
    ) -> Self {
        Self {
            page,
            layout,
            columns,
            symbols: columns,
            claim: Claim::Zero,
            numbers: Numbers::Columns(columns),
            rows,
            opened: Opens::Columns,
            mended: false,
        }
    }

    pub(crate) fn publish(&self) -> Publication {
        let seed = PageSeed::random().unwrap();
        let mut random = Secrets::new().unwrap();
        let columns = self.commit(&seed);
        let (mut transcript, corner) = checks::begin(self.page, self.layout, &columns);
        let mask = Mask::random(SHAPE, &mut random);
        let (messages, reduced, y) = self.sumcheck(&corner, &mask, &mut transcript);
        let mut values = Values {
            symbol: [y, random.scalar()],
            square: random.scalar(),
            number: [Fp::zero(), random.scalar()],
        };
        let symbol = commit(values.symbol).to_affine();
        let square = self.square(symbol, &values, &corner, &mask, &reduced);
        let powers = checks::absorb_symbol(symbol, square, &mut transcript);
        let mut claims = Claims {
            eq: eq(&corner, &reduced.point),
            reduced,
            powers,
            gamma: Fp::zero(),
        };
        let slots = eq_table(claims.slot_point());
        values.number[0] = self.number(&claims.powers, &slots);
        let number = commit(values.number).to_affine();
        claims.gamma = checks::absorb_number(number, &mut transcript);
        let opened = self.opened(&claims, &values, &seed);
        let value = symbol + number * claims.gamma;
        let opening = opening::prove_value(&opened, &value, &slots, &mut random, &mut transcript);
        let partial = PartialProof {
            mask: messages.mask,
            symbol,
            square,
            number,
        };
        let (statement, _) = checks::linear_statement(self.page, &partial, &claims);
        let secrets = self.secrets(&claims, &values, &mask, &slots);
        let linear = linear::prove(&statement, &secrets, &mut random, &mut transcript);
        Publication {
            layout: self.layout.clone(),
            columns,
            proof: PublicationProof {
                sumcheck: messages,
                symbol,
                square,
                number,
                opening,
                linear,
            },
        }
    }

    fn commit(&self, seed: &PageSeed) -> Vec<EqAffine> {
        let generators = Generators::get();
        let column = |(number, column): (u32, &Vec<i32>)| {
            let present = column.iter().zip(&generators.slots);
            let sum: Vesta = present
                .filter(|(number, _)| **number != 0)
                .map(|(number, point)| match number {
                    1 => Vesta::from(*point),
                    _ => point * scalar(i64::from(*number)),
                })
                .sum();
            sum + blinded(&seed.blinding(number))
        };
        let sums: Vec<Vesta> = (0u32..).zip(self.columns.iter()).map(column).collect();
        normalized(&sums)
    }

    /// The messages, the end as the verifier will see it, and the symbols' value there.
    fn sumcheck(
        &self,
        corner: &[Fp],
        mask: &Mask,
        transcript: &mut Transcript,
    ) -> (SumcheckProof, Reduced, Fp) {
        let mut verifier = transcript.clone();
        let mut sum = SparseSum::new(self.layout, self.symbols, corner);
        let claim = match self.claim {
            Claim::Zero => Fp::zero(),
            Claim::True => sum.sum(),
        };
        let (messages, _) = sumcheck::prove(&mut sum, claim, mask, transcript);
        let reduced = messages.reduce(SHAPE, &mut verifier).unwrap();
        (messages, reduced, sum.value())
    }

    fn square(
        &self,
        symbol: EqAffine,
        values: &Values,
        corner: &[Fp],
        mask: &Mask,
        reduced: &Reduced,
    ) -> EqAffine {
        let generators = Generators::get();
        let [y, _] = values.symbol;
        let mut square = symbol * y + generators.blinding * values.square;
        if self.mended {
            let functional = SHAPE.point_functional(&reduced.point);
            let terms = functional.iter().zip(&mask.coefficients);
            let masked: Fp = terms.map(|(by, a)| by * a).sum();
            let weight = eq(corner, &reduced.point).invert().unwrap();
            let needed = (reduced.last - reduced.rho * masked) * weight;
            square += generators.value * (needed - (y.square() - y));
        }
        square.to_affine()
    }

    fn number(&self, powers: &[Fp], slots: &[Fp]) -> Fp {
        match self.numbers {
            Numbers::Rows(subjects) => {
                let [(records, _), (consents, _)] = combined(subjects, slots);
                let numbers = records.iter().chain(&consents[..CONSENT_FIELDS]);
                numbers.zip(powers).map(|(x, power)| x * power).sum()
            }
            Numbers::Columns(columns) => {
                let at = |column: u32| -> Fp {
                    let numbers = (0..).zip(slots);
                    numbers
                        .map(|(slot, weight)| (columns.number(column, slot), weight))
                        .filter(|(number, _)| *number != 0)
                        .map(|(number, weight)| scalar(i64::from(number)) * weight)
                        .sum()
                };
                let forms = self.layout.numbers().into_iter().zip(powers);
                forms
                    .map(|(form, power)| {
                        let terms = form.iter();
                        let sum: Fp = terms
                            .map(|t| Fp::from(u64::from(t.weight)) * at(t.column))
                            .sum();
                        power * sum
                    })
                    .sum()
            }
        }
    }

    fn opened(&self, claims: &Claims, values: &Values, seed: &PageSeed) -> Opened {
        let (weights, ones) = checks::column_weights(self.layout, claims);
        let columns = match self.opened {
            Opens::Columns => self.columns,
            Opens::Symbols => self.symbols,
        };
        let mut vector = vec![ones; columns.slots()];
        for (column, weight) in columns.iter().zip(&weights) {
            for (sum, number) in vector.iter_mut().zip(column) {
                if *number != 0 {
                    *sum += scalar(i64::from(*number)) * weight;
                }
            }
        }
        let blindings = (0u32..).zip(&weights);
        Opened {
            vector,
            vector_blinding: blindings.map(|(c, weight)| weight * seed.blinding(c)).sum(),
            value_blinding: values.symbol[1] + claims.gamma * values.number[1],
        }
    }

    /// The secrets of the linear proof, in the order of [`checks::Secrets`].
    fn secrets(&self, claims: &Claims, values: &Values, mask: &Mask, slots: &[Fp]) -> Vec<Fp> {
        let [y, s] = values.symbol;
        let last = -(claims.eq * (y * s + values.square - s));
        let mut secrets = vec![y, s, values.square, values.number[1]];
        secrets.extend_from_slice(&mask.coefficients);
        secrets.extend([mask.blinding, last]);
        for (numbers, salt) in combined(self.rows, slots) {
            secrets.extend(numbers);
            secrets.push(salt);
        }
        secrets
    }
}

/// Numbers and salts of records and of consents, added up with weights over the slots.
fn combined(subjects: &[Subject], slots: &[Fp]) -> [(Vec<Fp>, Fp); 2] {
    let combine = |part: fn(&Subject) -> Option<&(Row, RowSalt)>| {
        let present = subjects.iter().zip(slots);
        let mut sums = (vec![Fp::zero(); FIELDS], Fp::zero());
        for ((row, salt), weight) in present.filter_map(|(s, w)| part(s).map(|o| (o, w))) {
            for (sum, number) in sums.0.iter_mut().zip(row.values()) {
                *sum += weight * Fp::from(u64::from(*number));
            }
            sums.1 += weight * salt.reveal();
        }
        sums
    };
    [
        combine(|subject| subject.record.as_ref()),
        combine(|subject| subject.consent.as_ref()),
    ]
}

fn commit([value, blinding]: [Fp; 2]) -> Vesta {
    let generators = Generators::get();
    best_multiexp(&[value, blinding], &[generators.value, generators.blinding])
}
