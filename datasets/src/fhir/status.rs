//! Which statuses take a statement back. What is left out is counted in the report.
//!
//! | resource | left out |
//! |---|---|
//! | any | `entered-in-error` |
//! | Condition | verification `refuted`; `unconfirmed`, `provisional`, `differential` |
//! | AllergyIntolerance | verification `refuted`; `unconfirmed` is kept, it is what most systems record |
//! | Observation | `cancelled`, `registered`; `preliminary` is kept |
//! | requests | `cancelled`, `draft`; intent `proposal`, `option`; `doNotPerform` |
//! | MedicationStatement | `not-taken`, `intended` |
//! | administrations, Procedure, Immunization | `not-done`, `preparation`, `cancelled` |
//! | Encounter | `planned`, `cancelled`; R5's `discontinued` is kept, it had begun |

use super::report::Reason;

/// Why a resource with this `status` states no fact; `None` where it does.
pub(crate) fn of_status(status: Option<&str>) -> Option<Reason> {
    match status? {
        "entered-in-error" => Some(Reason::EnteredInError),
        "not-done" | "not-taken" => Some(Reason::NotDone),
        "cancelled" | "abandoned" => Some(Reason::Cancelled),
        "registered" | "draft" | "intended" | "preparation" | "planned" => Some(Reason::NotBegun),
        _ => None,
    }
}

/// Why a diagnosis with this `verificationStatus` states no fact.
pub(crate) fn of_diagnosis(verification: Option<&str>) -> Option<Reason> {
    match verification? {
        "unconfirmed" | "provisional" | "differential" => Some(Reason::NotConfirmed),
        other => of_allergy(Some(other)),
    }
}

/// Why an allergy with this `verificationStatus` states no fact.
pub(crate) fn of_allergy(verification: Option<&str>) -> Option<Reason> {
    match verification? {
        "entered-in-error" => Some(Reason::EnteredInError),
        "refuted" => Some(Reason::Refuted),
        _ => None,
    }
}

/// Why a request with this `intent` orders nothing.
pub(crate) fn of_intent(intent: Option<&str>) -> Option<Reason> {
    matches!(intent?, "proposal" | "option").then_some(Reason::NotOrdered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_pass_and_the_rest_is_named() {
        for status in [
            "final",
            "preliminary",
            "amended",
            "completed",
            "stopped",
            "on-hold",
            "finished",
            "in-progress",
            "unknown",
        ] {
            assert_eq!(of_status(Some(status)), None, "{status}");
        }
        assert_eq!(of_status(None), None);
        assert_eq!(of_status(Some("not-done")), Some(Reason::NotDone));
        assert_eq!(of_diagnosis(Some("confirmed")), None);
        assert_eq!(
            of_diagnosis(Some("differential")),
            Some(Reason::NotConfirmed)
        );
        assert_eq!(of_diagnosis(Some("refuted")), Some(Reason::Refuted));
        assert_eq!(of_allergy(Some("unconfirmed")), None);
        assert_eq!(of_intent(Some("plan")), None);
        assert_eq!(of_intent(Some("proposal")), Some(Reason::NotOrdered));
    }
}
