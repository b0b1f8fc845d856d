//! Stakes: what a study means for a person: what is shown or sent, the risk, how to withdraw, and what
//! then stays. For being counted, and for volunteering. Held against docs/threat-model.md.

use salus_ledger::state::{StudyState, TALLY_DAYS};
use salus_ledger::transaction::{Noise, Policy};
use salus_protocol::purpose::Ask;

/// What one way of taking part means, in sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stakes {
    /// What of a record is shown, and what is sent to whom.
    pub leaves: String,
    /// What may come of it.
    pub risk: String,
    /// How to end it.
    pub withdraw: String,
    /// What stays all the same.
    pub lasting: String,
}

impl Stakes {
    /// Of being counted in a study.
    pub(super) fn of_being_counted(study: &StudyState) -> Self {
        let opened = &study.opened;
        counted(opened.policy, opened.noise.as_ref(), study.in_two_steps())
    }

    /// Of volunteering for a study that asks this.
    pub(super) fn of_volunteering(ask: Ask) -> Self {
        Self {
            leaves: format!(
                "A proof that somebody matches and consents, not who. {}",
                sent(ask)
            ),
            risk: format!(
                "The number of volunteers is public and exact, however small, and so is the day of \
                 each. {}",
                risk(ask)
            ),
            withdraw: withdraw(ask).to_owned(),
            lasting: format!("The answer stays on the ledger. {}", lasting(ask)),
        }
    }
}

fn counted(policy: Policy, noise: Option<&Noise>, in_two_steps: bool) -> Stakes {
    let (hidden, step) = (policy.suppress_up_to, policy.round_to);
    let mut leaves = format!(
        "Totals only: those from 1 to {hidden} are not shown, others are rounded to a multiple of \
         {step}"
    );
    if let Some(noise) = noise {
        leaves += &format!(
            ", and each is off by a random amount (epsilon {})",
            noise.epsilon
        );
    }
    let told = if noise.is_some() {
        "noise and a budget for it make that harder, not impossible"
    } else {
        "rules stop the plain cases, and no noise hides the rest"
    };
    let mut withdraw = "Take your consent back: no later count includes you.".to_owned();
    if in_two_steps {
        withdraw += &format!(
            " A count that was begun before can still be released with you in it, for {TALLY_DAYS} \
             days."
        );
    }
    Stakes {
        leaves: leaves + ".",
        risk: format!(
            "Several totals can be subtracted from each other, which may tell something of a few \
             people: {told}. Your custodian knows its exact count."
        ),
        withdraw,
        lasting: "Totals that were released with you in them stay.".to_owned(),
    }
}

const fn sent(ask: Ask) -> &'static str {
    match ask {
        Ask::Contact => {
            "If you leave a contact, it goes to the sponsor, sealed. No value of your record is sent."
        }
        Ask::Data => {
            "The study wants record-level data. Salus sends none, and no contact: you show that \
             somebody agrees. Data would be handed over outside Salus, by you or by your custodian."
        }
        Ask::ContactAndData => {
            "If you leave a contact, it goes to the sponsor, sealed. The study wants record-level \
             data too. Salus sends none: it would be handed over outside Salus, by you or by your \
             custodian."
        }
    }
}

const fn risk(ask: Ask) -> &'static str {
    match ask {
        Ask::Contact => "Who opens your contact knows that you match.",
        Ask::Data => {
            "Data about one person can point to that person, also without a name, and can be copied \
             on once it is handed over."
        }
        Ask::ContactAndData => {
            "Who opens your contact knows that you match. Data about one person can point to that \
             person, also without a name, and can be copied on once it is handed over."
        }
    }
}

const fn withdraw(ask: Ask) -> &'static str {
    match ask {
        Ask::Contact => {
            "Tell the sponsor, and take your consent back, so that no further study may ask."
        }
        Ask::Data => {
            "Take your consent back, so that no further study may ask; and tell your custodian, and \
             whoever asks for your data, that you agree no more."
        }
        Ask::ContactAndData => {
            "Tell the sponsor and your custodian that you agree no more, and take your consent back, \
             so that no further study may ask."
        }
    }
}

const fn lasting(ask: Ask) -> &'static str {
    match ask {
        Ask::Contact => "A contact that was read is known.",
        Ask::Data => "Data that was handed over, no ledger calls back.",
        Ask::ContactAndData => {
            "A contact that was read is known. Data that was handed over, no ledger calls back."
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use salus_protocol::noise::Epsilon;

    const ASKS: [Ask; 3] = [Ask::Contact, Ask::Data, Ask::ContactAndData];

    #[test]
    fn whoever_is_asked_for_data_reads_its_risk_and_that_none_is_sent() {
        for ask in ASKS {
            let stakes = Stakes::of_volunteering(ask);
            let wants_data = ask != Ask::Contact;
            assert_eq!(
                stakes.leaves.contains("wants record-level data"),
                wants_data
            );
            assert_eq!(stakes.leaves.contains("Salus sends none"), wants_data);
            assert_eq!(stakes.risk.contains("point to that person"), wants_data);
            assert_eq!(stakes.lasting.contains("handed over"), wants_data);
            assert_eq!(stakes.withdraw.contains("custodian"), wants_data);
            assert_eq!(stakes.leaves.contains("No value"), !wants_data);
        }
    }

    #[test]
    fn whoever_leaves_a_contact_reads_who_learns_it() {
        for ask in ASKS {
            let stakes = Stakes::of_volunteering(ask);
            let wants_contact = ask != Ask::Data;
            assert_eq!(stakes.leaves.contains("leave a contact"), wants_contact);
            assert_eq!(stakes.risk.contains("opens your contact"), wants_contact);
            assert_eq!(stakes.withdraw.contains("Tell the sponsor"), wants_contact);
            assert_eq!(stakes.lasting.contains("contact"), wants_contact);
            // What every volunteer must know.
            assert!(stakes.risk.contains("public and exact"));
            assert!(
                stakes
                    .withdraw
                    .to_lowercase()
                    .contains("take your consent back")
            );
            assert!(stakes.lasting.contains("stays on the ledger"));
        }
    }

    #[test]
    fn being_counted_names_what_is_hidden_and_what_is_not() {
        let stricter = Policy {
            suppress_up_to: 20,
            round_to: 10,
        };
        let plain = counted(stricter, None, false);
        assert!(plain.leaves.contains("from 1 to 20") && plain.leaves.contains("multiple of 10"));
        assert!(plain.risk.contains("subtracted") && plain.risk.contains("no noise"));
        assert!(!plain.leaves.contains("random") && !plain.withdraw.contains("days"));
        let noise = Noise {
            epsilon: Epsilon::One,
            budget: 20,
        };
        let noised = counted(Policy::STANDARD, Some(&noise), true);
        assert!(noised.leaves.contains("random") && noised.risk.contains("not impossible"));
        assert!(noised.withdraw.contains("14 days"), "{}", noised.withdraw);
        let together = counted(Policy::STANDARD, None, true);
        assert!(together.withdraw.contains("14 days") && together.risk.contains("no noise"));
    }
}
