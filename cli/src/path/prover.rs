//! A prover made of the home's key.

use salus_prover::eligibility::{EligibilityError, EligibilityProver};
use salus_prover::groth16::Preparation;
use salus_verifier::KeyId;

use super::answer::{Answer, Question, Ready};
use crate::failure::Failure;
use crate::home::Home;

/// A prover with its key's id.
#[derive(Debug)]
pub(crate) struct Prover {
    pub(crate) inner: EligibilityProver,
    pub(crate) key: KeyId,
}

impl Prover {
    /// Reads the home's key. For many proofs, tables are worth their time.
    pub(crate) fn of(home: &Home, many: bool) -> Result<Self, Failure> {
        let key = home.proving_key()?;
        let preparation = if many {
            Preparation::Tables
        } else {
            Preparation::Quick
        };
        let inner =
            EligibilityProver::new(&key, preparation).map_err(|error| Failure::Malformed {
                path: home.proving_key_path(),
                what: "a proving key for this circuit",
                problem: error.to_string(),
            })?;
        Ok(Self {
            inner,
            key: key.id(),
        })
    }

    /// Proves many, in order, all cores at work.
    pub(crate) fn answers(
        &self,
        question: &Question,
        ready: Vec<Ready>,
        step: impl Fn() + Sync,
    ) -> Result<Vec<Answer>, Failure> {
        let pairs: Vec<_> = ready
            .iter()
            .map(|ready| (ready.statement, ready.witness.clone()))
            .collect();
        let proofs = self.inner.prove_many(&pairs, step);
        ready
            .iter()
            .zip(proofs)
            .map(|(ready, proof)| {
                let proof = proof.map_err(not_proven)?;
                Ok(Answer::new(question.study, self.key, ready, proof))
            })
            .collect()
    }

    /// Proves one, all cores at work.
    pub(crate) fn answer(&self, question: &Question, ready: &Ready) -> Result<Answer, Failure> {
        let proof = self.inner.prove(&ready.statement, &ready.witness);
        Ok(Answer::new(
            question.study,
            self.key,
            ready,
            proof.map_err(not_proven)?,
        ))
    }
}

fn not_proven(error: EligibilityError) -> Failure {
    match error {
        EligibilityError::Violation(violation) => Failure::NotEligible {
            violation,
            help: "`salus wallet show` lists records and consents".to_owned(),
        },
        other => Failure::Invalid {
            message: format!("no proof could be made: {other}"),
            help: "`salus key show` says which key is used; try again".to_owned(),
        },
    }
}
