//! Consent and its matching with a purpose as constraints.
//! Spec: docs/spec/consent.md, section "In the circuit".

use ark_ff::{AdditiveGroup, Field};
use salus_protocol::consent::{Consent, FROM_BIT, MODIFIERS, PERMISSIONS, TERM_BITS, UNTIL_BIT};
use salus_protocol::poseidon::Domain;

use crate::poseidon;
use crate::r1cs::{Fr, Label, Num, System, number};

/// Bits of a day.
const DAY_BITS: usize = 16;

const fn label(name: &'static str, index: usize) -> Label {
    Label { name, index }
}

/// What a consent is checked against: public inputs.
pub(crate) struct Study<'a> {
    pub(crate) day: &'a Num,
    pub(crate) purpose: &'a Num,
    pub(crate) institution: &'a Num,
    pub(crate) scope: &'a Num,
}

/// Demands that the consent covers the study and is in force; gives its commitment.
pub(crate) fn enforce(system: &mut System, consent: &Consent, study: &Study<'_>) -> Num {
    let bit = |value: u64, i: usize| Fr::from(value >> i & 1);
    let terms: Vec<Num> = (0..TERM_BITS)
        .map(|i| system.bit(label("consent.term", i), bit(consent.terms.bits(), i)))
        .collect();
    enforce_terms(system, &terms, study.purpose);

    // The days are what the public day and the two distances make them.
    let day = study.day.value();
    let since = day - Fr::from(consent.from.number());
    let since = number(&system.bits(label("consent.from", 0), since, DAY_BITS));
    let left = Fr::from(consent.until.number()) - day;
    let left = number(&system.bits(label("consent.until", 0), left, DAY_BITS));
    let (from, until) = (study.day.minus(&since), study.day.plus(&left));

    let institution = system.witness(consent.institution_element());
    none_or(
        system,
        label("consent.institution", 0),
        &institution,
        study.institution,
    );
    let project = system.witness(consent.project_element());
    none_or(system, label("consent.project", 0), &project, study.scope);

    let power = |bit: u32| Fr::from(1u128 << bit);
    let word = number(&terms)
        .plus_times(&from, power(FROM_BIT))
        .plus_times(&until, power(UNTIL_BIT));
    let salt = system.witness(consent.salt.element());
    let inputs = [word, institution, project, salt];
    poseidon::hash(
        system,
        label("consent.commitment", 0),
        Domain::Consent,
        &inputs,
    )
}

fn enforce_terms(system: &mut System, terms: &[Num], purpose: &Num) {
    let masks = purpose_bits(system, purpose);
    let zero = Num::constant(Fr::ZERO);
    let mut covering = zero.clone();
    for i in 0..PERMISSIONS {
        let both = system.product(label("consent.permission", i), &terms[i], &masks[i]);
        covering = covering.plus(&both);
    }
    // Some number times the count of covering permissions is one, so the count is not zero.
    let inverse = system.witness(covering.value().inverse().unwrap_or(Fr::ZERO));
    system.enforce(
        label("consent.purpose", 0),
        &inverse,
        &covering,
        &Num::constant(Fr::ONE),
    );
    for i in PERMISSIONS..PERMISSIONS + MODIFIERS {
        system.enforce(
            label("consent.denied", i - PERMISSIONS),
            &terms[i],
            &masks[i],
            &zero,
        );
    }
    for i in PERMISSIONS + MODIFIERS..TERM_BITS {
        let index = i - PERMISSIONS - MODIFIERS;
        system.enforce(
            label("consent.grant", index),
            &terms[i].not(),
            &masks[i],
            &zero,
        );
    }
}

fn purpose_bits(system: &mut System, purpose: &Num) -> Vec<Num> {
    let bits = system.bits(label("purpose.bit", 0), purpose.value(), TERM_BITS);
    system.equal(label("purpose.code", 0), &number(&bits), purpose);
    bits
}

/// Demands that `named` is zero, which names nothing, or `actual`.
fn none_or(system: &mut System, label: Label, named: &Num, actual: &Num) {
    system.enforce(label, named, &named.minus(actual), &Num::constant(Fr::ZERO));
}
