//! Proves publications. Spec: docs/spec/cohort.md, section "Publication".

use pasta_curves::Fp;
use pasta_curves::group::Curve;
use rayon::prelude::*;
use salus_protocol::cohort::{CONSENT_FIELDS, Layout, LayoutError, PAGE};
use salus_protocol::row::{FIELDS, Row};
use salus_protocol::row_commitment::RowSalt;
use salus_verifier::cohort::generators::Generators;
use salus_verifier::cohort::polynomial::{eq, eq_table};
use salus_verifier::cohort::publication::{
    self as checks, Claims, Page, PartialProof, Publication, PublicationProof, SHAPE, SLOT_BITS,
    SYMBOL_BITS,
};
use thiserror::Error;

use super::columns::{self, blinded};
use super::linear;
use super::opening::{self, Opened};
use super::secret::{PageSeed, Secrets};
use super::sumcheck::{self, Mask};
use super::symbols::SymbolSum;

/// The openings behind a slot.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The record's row and its salt; none where it was erased.
    pub record: Option<(Row, RowSalt)>,
    /// The consent as a row, and its salt; none where none was given.
    pub consent: Option<(Row, RowSalt)>,
}

/// A publication, and the seed of its blindings.
#[derive(Debug, Clone)]
pub struct PublishedPage {
    /// What everybody may see.
    pub publication: Publication,
    /// What tallies need.
    pub seed: PageSeed,
}

/// Why a page can't be published.
#[derive(Debug, Error)]
pub enum PublishError {
    /// The ledger has another number of slots.
    #[error("the ledger has {expected} slots in the page, and there are openings of {found}")]
    Slots {
        /// On the ledger.
        expected: usize,
        /// Given.
        found: usize,
    },
    /// A number does not fit.
    #[error("slot {slot}: {problem}")]
    Layout {
        /// The slot in its page.
        slot: usize,
        /// Which number.
        problem: LayoutError,
    },
    /// An opening is not of the commitment on the ledger.
    #[error(
        "slot {slot}: the {what} is not the one committed on the ledger; get its present opening from its holder"
    )]
    Opening {
        /// The slot in its page.
        slot: usize,
        /// "record" or "consent".
        what: &'static str,
    },
    /// No randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// Publishes a page: commits its columns under fresh blindings and proves what they are.
///
/// # Errors
/// [`PublishError`] when the openings are not those of the page.
pub fn publish(
    page: &Page,
    subjects: &[Subject],
    layout: &Layout,
) -> Result<PublishedPage, PublishError> {
    check_openings(page, subjects)?;
    let symbols = symbols(subjects, layout)?;
    let seed = PageSeed::random()?;
    let columns = columns::commit(layout, &symbols, &seed);
    let mut prover = PageProver {
        page,
        subjects,
        layout,
        symbols: &symbols,
        seed: &seed,
        random: Secrets::new()?,
    };
    let proof = prover.prove(&columns);
    Ok(PublishedPage {
        publication: Publication {
            layout: layout.clone(),
            columns,
            proof,
        },
        seed,
    })
}

/// Each digit's symbol in each slot of a page; slots beyond the subjects are empty.
pub(crate) fn symbols(
    subjects: &[Subject],
    layout: &Layout,
) -> Result<Vec<Vec<u16>>, PublishError> {
    let empty = Row::new([0; FIELDS]);
    let mut symbols = vec![vec![0; PAGE]; layout.digits().len()];
    let mut one = vec![0; layout.digits().len()];
    for (slot, subject) in subjects.iter().enumerate() {
        let part = |opening: &Option<(Row, RowSalt)>| opening.as_ref().map(|(row, _)| row.clone());
        let record = part(&subject.record).unwrap_or_else(|| empty.clone());
        let consent = part(&subject.consent).unwrap_or_else(|| empty.clone());
        layout
            .symbols(&record, &consent, &mut one)
            .map_err(|problem| PublishError::Layout { slot, problem })?;
        for (digit, symbol) in symbols.iter_mut().zip(&one) {
            digit[slot] = *symbol;
        }
    }
    Ok(symbols)
}

/// A wrong opening is found here, by its slot, and not by a proof that does not verify.
fn check_openings(page: &Page, subjects: &[Subject]) -> Result<(), PublishError> {
    use salus_protocol::row_commitment::RowCommitment;
    let (expected, found) = (page.slots.len(), subjects.len());
    if expected != found || found > PAGE {
        return Err(PublishError::Slots { expected, found });
    }
    let wrong = page
        .slots
        .par_iter()
        .zip(subjects)
        .enumerate()
        .find_map_first(|(slot, (known, subject))| {
            let record = subject.record.as_ref();
            let record = record.map(|(row, salt)| RowCommitment::of_record(row, salt));
            let consent = subject.consent.as_ref();
            let consent = consent.map(|(row, salt)| RowCommitment::of_consent(row, salt));
            if record != known.record {
                Some((slot, "record"))
            } else if consent != known.consent {
                Some((slot, "consent"))
            } else {
                None
            }
        });
    match wrong {
        Some((slot, what)) => Err(PublishError::Opening { slot, what }),
        None => Ok(()),
    }
}

struct PageProver<'a> {
    page: &'a Page,
    subjects: &'a [Subject],
    layout: &'a Layout,
    symbols: &'a [Vec<u16>],
    seed: &'a PageSeed,
    random: Secrets,
}

/// Values and blindings of the commitments to evaluations.
struct Values {
    symbol: [Fp; 2],
    square: Fp,
    number: [Fp; 2],
}

impl PageProver<'_> {
    fn prove(&mut self, columns: &[pasta_curves::EqAffine]) -> PublicationProof {
        let (mut transcript, corner) = checks::begin(self.page, self.layout, columns);
        let mask = Mask::random(SHAPE, &mut self.random);
        let mut sum = SymbolSum::new(self.symbols, &corner);
        let (messages, reduced) = sumcheck::prove(&mut sum, Fp::zero(), &mask, &mut transcript);
        let y = sum.value();
        let mut values = Values {
            symbol: [y, self.random.scalar()],
            square: self.random.scalar(),
            number: [Fp::zero(), self.random.scalar()],
        };
        let symbol = commit(values.symbol);
        let square = symbol * y + blinded(&values.square);
        let (symbol, square) = (symbol.to_affine(), square.to_affine());
        let powers = checks::absorb_symbol(symbol, square, &mut transcript);
        let slots = eq_table(&reduced.point[SYMBOL_BITS..SYMBOL_BITS + SLOT_BITS]);
        let rows = self.combined_rows(&slots);
        values.number[0] = rows.number(&powers);
        let number = commit(values.number).to_affine();
        let gamma = checks::absorb_number(number, &mut transcript);
        let claims = Claims {
            eq: eq(&corner, &reduced.point),
            reduced,
            powers,
            gamma,
        };
        let opened = self.opened(&claims, &values);
        let opening = opening::prove(&opened, &slots, &mut self.random, &mut transcript);
        let partial = PartialProof {
            mask: messages.mask,
            symbol,
            square,
            number,
        };
        let (statement, _) = checks::linear_statement(self.page, &partial, &claims);
        let secrets = linear_secrets(&claims, &values, &mask, &rows);
        let linear = linear::prove(&statement, &secrets, &mut self.random, &mut transcript);
        PublicationProof {
            sumcheck: messages,
            symbol,
            square,
            number,
            opening,
            linear,
        }
    }

    /// The vector that the opening is of, with its blindings.
    fn opened(&self, claims: &Claims, values: &Values) -> Opened {
        let (weights, ones) = checks::column_weights(self.layout, claims);
        // What each symbol of a digit adds: the weights of the columns that it reaches.
        let reached: Vec<Vec<Fp>> = self
            .layout
            .digits()
            .iter()
            .enumerate()
            .map(|(d, digit)| {
                let mut sums = vec![Fp::zero()];
                for column in &digit.columns {
                    let owned = self
                        .layout
                        .column(*column)
                        .is_some_and(|(owner, _)| owner as usize == d);
                    // A shared column counts in the digit that it is said to stand in, once.
                    let weight = if owned {
                        weights[*column as usize]
                    } else {
                        Fp::zero()
                    };
                    sums.push(sums[sums.len() - 1] + weight);
                }
                sums
            })
            .collect();
        let vector = (0..PAGE)
            .into_par_iter()
            .map(|slot| {
                let digits = self.symbols.iter().zip(&reached);
                digits.fold(ones, |sum, (symbols, reached)| {
                    sum + reached[usize::from(symbols[slot])]
                })
            })
            .collect();
        let vector_blinding = weights
            .par_iter()
            .enumerate()
            .map(|(column, weight)| weight * self.seed.blinding(column as u32))
            .sum();
        Opened {
            vector,
            vector_blinding,
            value_blinding: values.symbol[1] + claims.gamma * values.number[1],
        }
    }

    /// The rows and consents, added up with weights over the slots.
    fn combined_rows(&self, weights: &[Fp]) -> CombinedRows {
        let combine = |part: fn(&Subject) -> Option<&(Row, RowSalt)>| {
            let mut numbers = vec![Fp::zero(); FIELDS];
            let mut salt = Fp::zero();
            for (subject, weight) in self.subjects.iter().zip(weights) {
                if let Some((row, row_salt)) = part(subject) {
                    for (sum, number) in numbers.iter_mut().zip(row.values()) {
                        if *number != 0 {
                            *sum += weight * Fp::from(u64::from(*number));
                        }
                    }
                    salt += weight * row_salt.reveal();
                }
            }
            (numbers, salt)
        };
        CombinedRows {
            record: combine(|subject| subject.record.as_ref()),
            consent: combine(|subject| subject.consent.as_ref()),
        }
    }
}

/// Numbers and salts of a combination of rows.
struct CombinedRows {
    record: (Vec<Fp>, Fp),
    consent: (Vec<Fp>, Fp),
}

impl CombinedRows {
    fn number(&self, powers: &[Fp]) -> Fp {
        let consents = &self.consent.0[..CONSENT_FIELDS];
        let numbers = self.record.0.iter().chain(consents);
        numbers.zip(powers).map(|(x, power)| x * power).sum()
    }
}

/// The secrets in the order of [`checks::Secrets`].
fn linear_secrets(claims: &Claims, values: &Values, mask: &Mask, rows: &CombinedRows) -> Vec<Fp> {
    let [y, s] = values.symbol;
    // The square's whole blinding is y·s and its own.
    let last = -(claims.eq * (y * s + values.square - s));
    let mut secrets = vec![y, s, values.square, values.number[1]];
    secrets.extend_from_slice(&mask.coefficients);
    secrets.extend([mask.blinding, last]);
    for (numbers, salt) in [&rows.record, &rows.consent] {
        secrets.extend_from_slice(numbers);
        secrets.push(*salt);
    }
    secrets
}

/// Commits to a value with its blinding.
fn commit([value, blinding]: [Fp; 2]) -> pasta_curves::Eq {
    Generators::get().value * value + blinded(&blinding)
}
