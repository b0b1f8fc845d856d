//! Failures of the steps behind a desk, as problems: what a person can do something about is said,
//! and no path of this machine.

use axum::http::StatusCode;
use miette::Diagnostic;
use salus_node::Problem;

use crate::failure::{Exit, Failure};
use crate::home::Outcome;

/// A failure as an answer.
pub(super) fn problem(failure: Failure) -> Problem {
    if failure.is_full_disk() {
        tracing::error!(what = failure.sentence(), "a request failed");
        return Problem::disk_full();
    }
    let (status, code, title) = match &failure {
        Failure::Rejected(rejection) => return rejection.clone().into(),
        Failure::Unknown { .. } => (StatusCode::NOT_FOUND, "NotFound", "Not found"),
        Failure::Query(query) => {
            let title = "Not as it must be";
            return Problem::new(StatusCode::BAD_REQUEST, "Form", title, query.listed());
        }
        Failure::Usage { .. } => (StatusCode::BAD_REQUEST, "Form", "Not as it must be"),
        Failure::NotPermitted { .. } | Failure::NotEligible { .. } => {
            (StatusCode::FORBIDDEN, "NotPermitted", "Not permitted")
        }
        Failure::Invalid { .. } | Failure::Verify(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "Invalid", "Does not hold")
        }
        // The rest is about files and this machine: its operator finds it in the log.
        _ => return Problem::failed(&failure.sentence()),
    };
    debug_assert!(failure.exit() != Exit::Error);
    let help = failure.help().map(|help| format!(" ({help})"));
    let detail = failure.sentence() + &help.unwrap_or_default();
    Problem::new(status, code, title, detail)
}

/// A failure as the end of a job.
pub(super) fn told(failure: Failure) -> Outcome {
    match &failure {
        full if full.is_full_disk() => {
            tracing::error!(what = full.sentence(), "a job failed");
            Outcome {
                says: "The node's disk is full.".to_owned(),
                help: Some("Its operator has to make room; then begin anew.".to_owned()),
            }
        }
        Failure::Rejected(_)
        | Failure::Unknown { .. }
        | Failure::Usage { .. }
        | Failure::Query(_)
        | Failure::NotPermitted { .. }
        | Failure::NotEligible { .. }
        | Failure::Invalid { .. }
        | Failure::Verify(_) => Outcome {
            says: failure.sentence(),
            help: failure.help().map(|help| help.to_string()),
        },
        _ => {
            tracing::error!(what = failure.sentence(), "a job failed");
            Outcome {
                says: "The node failed.".to_owned(),
                help: Some("Its operator finds the cause in its log.".to_owned()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn a_full_disk_is_told_and_every_other_trouble_with_files_is_the_operators() {
        let at_path = |kind: ErrorKind| Failure::file("write", "/secret/place")(Error::from(kind));
        assert_eq!(
            problem(at_path(ErrorKind::StorageFull)),
            Problem::disk_full()
        );
        assert_eq!(
            told(at_path(ErrorKind::StorageFull)).says,
            "The node's disk is full."
        );
        let other = problem(at_path(ErrorKind::ReadOnlyFilesystem));
        assert_eq!(other, Problem::failed("anything"));
        assert!(!format!("{other:?}").contains("secret"));
    }
}
