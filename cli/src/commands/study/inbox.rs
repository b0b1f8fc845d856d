//! A study's inbox: the contacts that volunteers left, opened with the sponsor's secret.

use std::fmt::Display;
use std::io;

use salus_ledger::engine::Ledger;
use salus_ledger::state::Rejection;
use salus_protocol::contact::{InboxSecret, SealedContact};
use salus_protocol::nullifier::{Nullifier, Scope, StudyId};
use salus_protocol::statement::ContactDigest;
use serde::Serialize;

use crate::failure::Failure;
use crate::home::Sponsor;
use crate::output::{Report, counted};

/// A volunteer's contact.
#[derive(Debug, Serialize)]
pub(crate) struct Volunteer {
    /// The person, to this study only.
    pub(crate) nullifier: String,
    pub(crate) contact: String,
}

/// What an inbox holds.
#[derive(Debug, Serialize)]
pub(crate) struct Inbox {
    pub(crate) answers: usize,
    pub(crate) volunteers: Vec<Volunteer>,
    pub(crate) unreadable: Vec<Unreadable>,
}

/// The character, or a sign that stands for one that a terminal would obey.
fn harmless(c: char) -> char {
    if salus_protocol::is_deceptive(c) {
        char::REPLACEMENT_CHARACTER
    } else {
        c
    }
}

/// A contact that does not open: sealed to another key, damaged by its sender, or dropped.
#[derive(Debug, Serialize)]
pub(crate) struct Unreadable {
    nullifier: String,
    problem: String,
}

impl Report for Inbox {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(
            out,
            "{}, {} with a contact",
            counted(self.answers, "answer", "answers"),
            self.volunteers.len() + self.unreadable.len()
        )?;
        for volunteer in &self.volunteers {
            // A volunteer wrote it, so it may hold anything.
            let contact: String = volunteer.contact.chars().map(harmless).collect();
            writeln!(out, "  {}  {contact}", &volunteer.nullifier[..16])?;
        }
        for Unreadable { nullifier, problem } in &self.unreadable {
            writeln!(out, "  {}  not readable: {problem}", &nullifier[..16])?;
        }
        Ok(())
    }
}

/// Opens the contacts of a study's answers.
pub(crate) fn read_inbox(
    ledger: &Ledger,
    sponsor: &Sponsor,
    study: &StudyId,
) -> Result<Inbox, Failure> {
    let (scope, answers) = {
        let state = ledger.state()?;
        let unknown = Rejection::StudyUnknown { study: *study };
        let study = state.study(study).ok_or(unknown)?;
        (study.scope, study.answers.clone())
    };
    let with_contact = answers
        .iter()
        .map(|answer| answer.statement)
        .filter(|statement| statement.contact != ContactDigest::NONE)
        .map(|statement| (statement.nullifier, ledger.contact(statement.contact)));
    let (volunteers, unreadable) = open_contacts(&sponsor.inbox, scope, with_contact);
    Ok(Inbox {
        answers: answers.len(),
        volunteers,
        unreadable,
    })
}

/// Opens what can be opened: one volunteer's unreadable contact must not hide the others'.
fn open_contacts<E: Display>(
    inbox: &InboxSecret,
    scope: Scope,
    contacts: impl Iterator<Item = (Nullifier, Result<SealedContact, E>)>,
) -> (Vec<Volunteer>, Vec<Unreadable>) {
    let (mut volunteers, mut unreadable) = (Vec::new(), Vec::new());
    for (nullifier, sealed) in contacts {
        let opened = sealed
            .map_err(|error| error.to_string())
            .and_then(|sealed| {
                let opened = inbox.open(scope, nullifier, &sealed);
                opened.map_err(|error| error.to_string())
            });
        let nullifier = nullifier.to_string();
        match opened {
            Ok(contact) => volunteers.push(Volunteer { nullifier, contact }),
            Err(problem) => unreadable.push(Unreadable { nullifier, problem }),
        }
    }
    (volunteers, unreadable)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use salus_protocol::contact::SEALED_BYTES;
    use salus_protocol::nullifier::{LedgerId, SubjectSecret};

    use super::*;

    #[test]
    fn contacts_that_do_not_open_hide_no_others() {
        let scope = Scope::of(&LedgerId::new([1; 32]), &StudyId::new([2; 32]));
        let (inbox, other) = (InboxSecret::random(), InboxSecret::random());
        let nullifiers: [Nullifier; 5] =
            std::array::from_fn(|_| SubjectSecret::random().unwrap().nullifier(scope));
        let sealed = |inbox: &InboxSecret, place: usize, contact: &str| {
            SealedContact::seal(&inbox.key().unwrap(), scope, nullifiers[place], contact).unwrap()
        };
        let contacts = [
            Ok(sealed(&inbox, 0, "first@example.org")),
            Ok(SealedContact::from_bytes(vec![7; SEALED_BYTES]).unwrap()),
            Ok(sealed(&other, 2, "elsewhere@example.org")),
            Err("dropped"),
            Ok(sealed(&inbox, 4, "last@example.org")),
        ];
        let contacts = nullifiers.into_iter().zip(contacts);
        let (volunteers, unreadable) = open_contacts(&inbox, scope, contacts);
        let opened: Vec<_> = volunteers
            .iter()
            .map(|v| (v.nullifier.clone(), v.contact.as_str()))
            .collect();
        assert_eq!(
            opened,
            [
                (nullifiers[0].to_string(), "first@example.org"),
                (nullifiers[4].to_string(), "last@example.org"),
            ]
        );
        let hidden: Vec<_> = unreadable.iter().map(|u| u.nullifier.clone()).collect();
        assert_eq!(hidden, [1, 2, 3].map(|place| nullifiers[place].to_string()));
        assert_eq!(unreadable[2].problem, "dropped");
    }
}
