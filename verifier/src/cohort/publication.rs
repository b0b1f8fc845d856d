//! Publication: a page's columns are bitmaps of the committed rows and consents.
//! Spec: docs/spec/cohort.md, section "Publication".

mod encoding;

use halo2_proofs::arithmetic::best_multiexp;
use pasta_curves::group::Curve;
use pasta_curves::{EqAffine, Fp};
use salus_protocol::cohort::{CONSENT_FIELDS, Layout, PAGE};
use salus_protocol::row::FIELDS;
use salus_protocol::row_commitment::{Generators as RowGenerators, RowCommitment};
use thiserror::Error;

use super::generators::Generators;
use super::linear::{LinearError, LinearProof, LinearStatement, PointTerm, Secret};
use super::opening::{Combination, OpeningError, OpeningProof};
use super::polynomial::{eq, eq_table, powers};
use super::sumcheck::{
    Reduced, Shape, SumcheckError, SumcheckProof, mask_terms, sumcheck_equations,
};
use super::transcript::Transcript;

/// Coordinates of a symbol.
pub const SYMBOL_BITS: usize = 9;
/// Coordinates of a slot in its page.
pub const SLOT_BITS: usize = PAGE.ilog2() as usize;
/// Coordinates of a digit.
pub const DIGIT_BITS: usize = 8;
/// The sumcheck that shows that symbols are bits.
pub const SHAPE: Shape = Shape {
    variables: SYMBOL_BITS + SLOT_BITS + DIGIT_BITS,
    degree: 3,
};

/// A page as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Ledger, issuer, edition and number of the page, as whoever asks encodes them.
    pub context: [u8; 32],
    /// For each slot, in order, the row commitments of record and consent; fewer than a page's
    /// slots in a dataset's last page.
    pub slots: Vec<Slot>,
}

/// One slot's commitments; none where the record was erased, or nothing was consented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slot {
    /// Of the record's row.
    pub record: Option<RowCommitment>,
    /// Of the consent.
    pub consent: Option<RowCommitment>,
}

/// A page's columns, and the proof that they are its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// What each field holds.
    pub layout: Layout,
    /// Commitments to the columns, in the layout's order.
    pub columns: Vec<EqAffine>,
    /// The proof.
    pub proof: PublicationProof,
}

/// The proof of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationProof {
    /// That symbols are bits.
    pub sumcheck: SumcheckProof,
    /// Commitment to the symbols' value at the sumcheck's point.
    pub symbol: EqAffine,
    /// Commitment to its square.
    pub square: EqAffine,
    /// Commitment to the combination of numbers.
    pub number: EqAffine,
    /// That both are what the columns give.
    pub opening: OpeningProof,
    /// Everything else.
    pub linear: LinearProof,
}

/// Why a publication does not verify.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum PublicationError {
    /// More slots than a page has.
    #[error("a page has {PAGE} slots, found {found}")]
    Slots {
        /// How many.
        found: usize,
    },
    /// A consent to nothing.
    #[error("slot {slot} has a consent and no record; what was erased has neither")]
    NoRecord {
        /// The slot in its page.
        slot: usize,
    },
    /// Not as many columns as the layout says.
    #[error("the layout has {expected} columns, the publication {found}")]
    Columns {
        /// By the layout.
        expected: u32,
        /// In the publication.
        found: usize,
    },
    /// The sumcheck is malformed.
    #[error("symbols are not shown to be bits: {0}")]
    Sumcheck(#[from] SumcheckError),
    /// The columns do not open as they should.
    #[error("the columns do not open to what the proof says: {0}")]
    Opening(#[from] OpeningError),
    /// The last part fails.
    #[error("the publication is not shown: {0}")]
    Linear(#[from] LinearError),
}

/// The challenges and points of a publication that both sides derive alike.
#[derive(Debug, Clone)]
pub struct Claims {
    /// The sumcheck's end.
    pub reduced: Reduced,
    /// The random corner's weight at the sumcheck's point.
    pub eq: Fp,
    /// Powers by which the fields' numbers are combined.
    pub powers: Vec<Fp>,
    /// Weight of the numbers beside the symbols.
    pub gamma: Fp,
}

impl Claims {
    /// The slot coordinates of the sumcheck's point.
    #[must_use]
    pub fn slot_point(&self) -> &[Fp] {
        &self.reduced.point[SYMBOL_BITS..SYMBOL_BITS + SLOT_BITS]
    }
}

/// Begins the transcript of a publication: the statement, and the corner at which symbols are
/// checked to be bits.
#[must_use]
pub fn begin(page: &Page, layout: &Layout, columns: &[EqAffine]) -> (Transcript, Vec<Fp>) {
    let mut transcript = Transcript::new(b"salus/v1/publication");
    transcript.bytes(b"page", &page.context);
    transcript.bytes(b"layout", &layout.digest());
    transcript.number(b"slots", page.slots.len() as u64);
    for slot in &page.slots {
        for part in [slot.record, slot.consent] {
            let bytes = part.map_or([0; 32], |commitment| commitment.to_bytes());
            transcript.bytes(b"slot", &bytes);
        }
    }
    transcript.points(b"columns", columns);
    let corner = transcript.challenges(b"corner", SHAPE.variables);
    (transcript, corner)
}

/// By what each column, and the constant 1, count in the opened vector: symbols at the sumcheck's
/// point, and numbers.
#[must_use]
pub fn column_weights(layout: &Layout, claims: &Claims) -> (Vec<Fp>, Fp) {
    let point = &claims.reduced.point;
    let symbols = eq_table(&point[..SYMBOL_BITS]);
    let digits = eq_table(&point[SYMBOL_BITS + SLOT_BITS..]);
    let mut weights = vec![Fp::zero(); layout.columns() as usize];
    let mut ones = Fp::zero();
    for (digit, weight) in layout.digits().iter().zip(&digits) {
        ones += weight * symbols[0];
        for (j, column) in digit.columns.iter().enumerate() {
            weights[*column as usize] += weight * (symbols[j + 1] - symbols[j]);
        }
    }
    for (number, power) in layout.numbers().iter().zip(&claims.powers) {
        for term in number {
            let weight = Fp::from(u64::from(term.weight));
            weights[term.column as usize] += claims.gamma * power * weight;
        }
    }
    (weights, ones)
}

/// The secrets of a publication's linear proof, by place.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// The symbols' value and its blinding.
    pub symbol: [Secret; 2],
    /// The square's own blinding.
    pub square: Secret,
    /// The combined number's blinding.
    pub number: Secret,
    /// The mask's coefficients and its blinding.
    pub mask: (Vec<Secret>, Secret),
    /// Blinding of the sumcheck's last equation.
    pub last: Secret,
    /// Numbers and salt of the records' combination.
    pub record: (Vec<Secret>, Secret),
    /// Numbers and salt of the consents' combination.
    pub consent: (Vec<Secret>, Secret),
}

/// What remains to be shown by a linear proof.
#[must_use]
pub fn linear_statement(
    page: &Page,
    proof: &PartialProof,
    claims: &Claims,
) -> (LinearStatement, Secrets) {
    let generators = Generators::get();
    let mut statement = LinearStatement::default();
    let value = statement.base(generators.value);
    let blinding = statement.base(generators.blinding);
    let secrets = Secrets {
        symbol: [statement.secret(), statement.secret()],
        square: statement.secret(),
        number: statement.secret(),
        mask: (
            statement.several(SHAPE.mask_coefficients()),
            statement.secret(),
        ),
        last: statement.secret(),
        record: (statement.several(FIELDS), statement.secret()),
        consent: (statement.several(FIELDS), statement.secret()),
    };
    let [y, s] = secrets.symbol;
    statement.point(
        "the symbols' value is known",
        proof.symbol,
        &[(y, value), (s, blinding)],
    );
    let symbol = statement.base(proof.symbol);
    statement.point(
        "the square is the symbols' value squared",
        proof.square,
        &[(y, symbol), (secrets.square, blinding)],
    );
    sumcheck_equations(
        &mut statement,
        SHAPE,
        &proof.mask,
        &claims.reduced,
        &secrets.mask,
        &[],
    );
    let difference = proof.square - proof.symbol;
    let last = generators.value * claims.reduced.last - difference * claims.eq;
    let mut terms = mask_terms(SHAPE, &claims.reduced, &secrets.mask.0, value);
    terms.push(PointTerm {
        coefficient: Fp::one(),
        secret: secrets.last,
        base: blinding,
    });
    statement.sum("every symbol is a bit", last.to_affine(), terms);
    numbers_equation(&mut statement, proof, claims, &secrets, [value, blinding]);
    row_equations(&mut statement, page, claims, &secrets);
    (statement, secrets)
}

/// The commitments of a proof that its linear statement speaks of.
#[derive(Debug, Clone, Copy)]
pub struct PartialProof {
    /// Of the mask.
    pub mask: EqAffine,
    /// Of the symbols' value.
    pub symbol: EqAffine,
    /// Of its square.
    pub square: EqAffine,
    /// Of the combined number.
    pub number: EqAffine,
}

fn numbers_equation(
    statement: &mut LinearStatement,
    proof: &PartialProof,
    claims: &Claims,
    secrets: &Secrets,
    [value, blinding]: [super::linear::Base; 2],
) {
    let consents = &secrets.consent.0[..CONSENT_FIELDS];
    let numbers = secrets.record.0.iter().chain(consents);
    let mut terms: Vec<PointTerm> = numbers
        .zip(&claims.powers)
        .map(|(secret, power)| PointTerm {
            coefficient: *power,
            secret: *secret,
            base: value,
        })
        .collect();
    terms.push(PointTerm {
        coefficient: Fp::one(),
        secret: secrets.number,
        base: blinding,
    });
    statement.sum(
        "the columns' numbers are those of the committed rows",
        proof.number,
        terms,
    );
}

/// The rows' combinations at the sumcheck's slot open in the generators of row commitments.
fn row_equations(statement: &mut LinearStatement, page: &Page, claims: &Claims, secrets: &Secrets) {
    let weights = eq_table(claims.slot_point());
    let combine = |part: fn(&Slot) -> Option<RowCommitment>| {
        let present = page.slots.iter().zip(&weights);
        let (points, scalars): (Vec<_>, Vec<_>) = present
            .filter_map(|(slot, weight)| part(slot).map(|c| (c.point(), *weight)))
            .unzip();
        best_multiexp(&scalars, &points).to_affine()
    };
    let parts = [
        (
            "the records' rows are those committed",
            combine(|slot| slot.record),
            RowGenerators::of_records(),
            &secrets.record,
        ),
        (
            "the consents are those committed",
            combine(|slot| slot.consent),
            RowGenerators::of_consents(),
            &secrets.consent,
        ),
    ];
    for (name, target, generators, (numbers, salt)) in parts {
        let bases = generators.values().map(|point| statement.base(point));
        let mut terms: Vec<_> = numbers.iter().copied().zip(bases).collect();
        terms.push((*salt, statement.base(generators.blinding())));
        statement.point(name, target, &terms);
    }
}

impl Publication {
    /// Checks that the columns are bitmaps of the page's rows and consents.
    ///
    /// # Errors
    /// [`PublicationError`] names what is not shown.
    pub fn verify(&self, page: &Page) -> Result<(), PublicationError> {
        let found = page.slots.len();
        if found > PAGE {
            return Err(PublicationError::Slots { found });
        }
        let alone = |slot: &Slot| slot.record.is_none() && slot.consent.is_some();
        if let Some(slot) = page.slots.iter().position(alone) {
            return Err(PublicationError::NoRecord { slot });
        }
        let (expected, found) = (self.layout.columns(), self.columns.len());
        if expected as usize != found {
            return Err(PublicationError::Columns { expected, found });
        }
        let proof = &self.proof;
        let (mut transcript, corner) = begin(page, &self.layout, &self.columns);
        let reduced = proof.sumcheck.reduce(SHAPE, &mut transcript)?;
        let claims = claims(reduced, &corner, &proof.partial(), &mut transcript);
        let (weights, ones) = column_weights(&self.layout, &claims);
        let mut vector = Combination {
            scalars: weights,
            points: self.columns.clone(),
        };
        vector.push(ones, Generators::get().ones);
        let value = proof.symbol + proof.number * claims.gamma;
        let at = eq_table(claims.slot_point());
        proof
            .opening
            .verify(&vector, &at, &value, &mut transcript)?;
        let (statement, _) = linear_statement(page, &proof.partial(), &claims);
        Ok(proof.linear.verify(&statement, &mut transcript)?)
    }
}

impl PublicationProof {
    /// The commitments that the linear statement speaks of.
    #[must_use]
    pub const fn partial(&self) -> PartialProof {
        PartialProof {
            mask: self.sumcheck.mask,
            symbol: self.symbol,
            square: self.square,
            number: self.number,
        }
    }
}

/// Absorbs the commitments after the sumcheck and draws what follows from them. The number's
/// commitment stands after its powers were drawn, so a prover calls the two halves in turn.
fn claims(
    reduced: Reduced,
    corner: &[Fp],
    proof: &PartialProof,
    transcript: &mut Transcript,
) -> Claims {
    let powers = absorb_symbol(proof.symbol, proof.square, transcript);
    let gamma = absorb_number(proof.number, transcript);
    Claims {
        eq: eq(corner, &reduced.point),
        reduced,
        powers,
        gamma,
    }
}

/// Absorbs the symbols' value and its square; draws the powers that combine numbers.
pub fn absorb_symbol(symbol: EqAffine, square: EqAffine, transcript: &mut Transcript) -> Vec<Fp> {
    transcript.points(b"symbol", &[symbol, square]);
    // One power for each field of records, then for each of consents.
    powers(transcript.challenge(b"fields"), FIELDS + CONSENT_FIELDS)
}

/// Absorbs the combined number; draws its weight in the opening.
pub fn absorb_number(number: EqAffine, transcript: &mut Transcript) -> Fp {
    transcript.point(b"number", &number);
    transcript.challenge(b"number weight")
}
