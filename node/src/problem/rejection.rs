//! The ledger's rules, as problems: the code is the rule's name.

use axum::http::StatusCode;
use salus_ledger::state::Rejection;

use super::Problem;

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        Self::new(
            status_of(&rejection),
            &name_of(&rejection),
            "The ledger refuses the transaction",
            rejection.to_string(),
        )
    }
}

/// The rule's name, which begins its debug form.
fn name_of(rejection: &Rejection) -> String {
    let form = format!("{rejection:?}");
    form.chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect()
}

/// 403 where another key would have to sign, 409 where the ledger stands otherwise than the
/// transaction supposes, 413 for one that is too long, and 422 for what can never enter.
fn status_of(rejection: &Rejection) -> StatusCode {
    use Rejection as R;
    match rejection {
        R::Governance { .. }
        | R::CheckpointKey { .. }
        | R::IssuerUnknown { .. }
        | R::NotIssuerOfRecord { .. }
        | R::NotPartyToRecord { .. }
        | R::NotSubjectOfRecord { .. }
        | R::NotSponsor { .. }
        | R::NotBoardOfStudy { .. }
        | R::NotCustodianOfStudy { .. }
        | R::KeyInsecure { .. } => StatusCode::FORBIDDEN,
        R::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        R::Signature { .. }
        | R::NotCanonical { .. }
        | R::NotGenesis { .. }
        | R::Attachment { .. }
        | R::AttachmentMissing { .. }
        | R::AttachmentAltered { .. }
        | R::BoardUnknown { .. }
        | R::KeyCircuit { .. }
        | R::KeyId { .. }
        | R::KeyMalformed { .. }
        | R::KeyUnknown { .. }
        | R::EmptyCommitment { .. }
        | R::NoRecord { .. }
        | R::BoardList { .. }
        | R::ApprovalsNeeded { .. }
        | R::ExpiresInPast { .. }
        | R::QueryText { .. }
        | R::QueryEdition
        | R::PolicyTooWeak { .. }
        | R::StudyUnknown { .. }
        | R::AnswerScope
        | R::AnswerQuery
        | R::AnswerPurpose
        | R::AnswerInstitution
        | R::ContactNotAsked
        | R::RootUnknown { .. }
        | R::Proof { .. }
        | R::DatasetEmpty { .. }
        | R::NoPage { .. }
        | R::PublicationLayout
        | R::Table { .. }
        | R::CohortCells { .. }
        | R::ShareKey
        | R::NoiseTerms
        | R::TallyOrder
        | R::TogetherList { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_keeps_its_name_and_kind() {
        for (rejection, code, status) in [
            (Rejection::GenesisAgain, "GenesisAgain", 409),
            (
                Rejection::TooLong {
                    bytes: 2,
                    at_most: 1,
                },
                "TooLong",
                413,
            ),
            (
                Rejection::Proof {
                    problem: "Not { this }".to_owned(),
                },
                "Proof",
                422,
            ),
            (Rejection::NoRecord { index: 7 }, "NoRecord", 422),
            (
                Rejection::NotIssuerOfRecord { index: 7 },
                "NotIssuerOfRecord",
                403,
            ),
        ] {
            let detail = rejection.to_string();
            let problem = Problem::from(rejection);
            assert_eq!(problem.code, code);
            assert_eq!(problem.kind, format!("urn:salus:problem:{code}"));
            assert_eq!(problem.status, status);
            assert_eq!(problem.detail, detail);
        }
    }
}
