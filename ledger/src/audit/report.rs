//! What a verified bundle shows, and what it does not, in words.

use salus_protocol::day::Day;
use salus_protocol::noise::Epsilon;
use salus_protocol::nullifier::{LedgerId, Nullifier, StudyId};
use salus_protocol::query::QueryDigest;
use salus_protocol::release::Released;
use salus_verifier::{KeyId, Setup};
use serde::Serialize;

use crate::key::PublicKey;
use crate::log::LogHash;
use crate::transaction::Policy;

/// The result of a verification in which every check passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The ledger's id.
    pub ledger: LedgerId,
    /// The ledger's name.
    pub ledger_name: String,
    /// Entries under the checkpoint.
    pub log_size: u64,
    /// The log's root under the checkpoint.
    pub log_root: LogHash,
    /// The study.
    pub study: StudyId,
    /// Its title.
    pub title: String,
    /// The institution that runs it.
    pub institution: String,
    /// Its query, as its author wrote it; compiled again, it gave `query`.
    pub query_text: String,
    /// The digest of its compiled query.
    pub query: QueryDigest,
    /// Its approvals.
    pub approvals: Vec<ApprovalReport>,
    /// How many approvals it needs.
    pub approvals_needed: u8,
    /// The verifying keys of its answers.
    pub keys: Vec<KeyReport>,
    /// Its answers by subjects, in the log's order.
    pub answers: Vec<AnswerReport>,
    /// Its answers by custodians, in the log's order; verified if the whole log was.
    pub cohort_answers: Vec<CohortReport>,
    /// Tallies for the study that were not released.
    pub unreleased: usize,
    /// How their counts are released.
    pub policy: Policy,
    /// Whether the whole log was replayed.
    pub whole_log: bool,
    /// What was shown, a sentence each.
    pub shown: Vec<String>,
    /// What was not shown, a sentence each.
    pub not_shown: Vec<String>,
}

/// An approval of the study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApprovalReport {
    /// The board's name.
    pub board: String,
    /// The board's key.
    pub key: PublicKey,
    /// Index of the approval's log entry.
    pub entry: u64,
}

/// A verifying key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyReport {
    /// Its id.
    pub id: KeyId,
    /// The circuit it is of.
    pub circuit: String,
    /// Where it comes from.
    pub setup: Setup,
}

/// An answer that verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnswerReport {
    /// Index of its log entry.
    pub entry: u64,
    /// The person, to this study only.
    pub nullifier: Nullifier,
    /// The day on which its consent was in force.
    pub day: Day,
    /// The height of the registry root that it is proven under.
    pub height: u64,
    /// Whether a contact is bound to it.
    pub contact: bool,
}

/// An answer by one custodian, or by several together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CohortReport {
    /// Index of its log entry.
    pub entry: u64,
    /// Who counted.
    pub custodians: Vec<CustodianReport>,
    /// The ledger's day of the answer.
    pub day: Day,
    /// The table in words.
    pub table: String,
    /// What was released of each cell, the total first.
    pub released: Vec<Released>,
    /// The law of the noise in each released cell, if there is noise.
    pub epsilon: Option<Epsilon>,
    /// Whether its proofs were verified: only the whole log tells what they are about.
    pub verified: bool,
}

/// A custodian who counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CustodianReport {
    /// The issuer's name.
    pub issuer: String,
    /// The issuer's key.
    pub key: PublicKey,
    /// The day on which consents were in force.
    pub day: Day,
}

impl Report {
    /// Writes the sentences, from what was checked.
    pub(super) fn tell(&mut self) {
        self.tell_answers();
        self.tell_cohort();
        self.tell_approvals();
        self.shown.push(format!(
            "Every entry of the bundle stands in the log under the signed checkpoint of {} entries.",
            self.log_size
        ));
        self.tell_log();
        self.not_shown.push(
            "That the operator shows everyone the same log: compare the checkpoint with one that \
             you have from elsewhere."
                .to_owned(),
        );
        let insecure = |key: &KeyReport| key.setup == Setup::InsecureDevelopment;
        if self.keys.iter().any(insecure) {
            self.not_shown.push(
                "ANYTHING TO STRANGERS: a verifying key in the bundle is an insecure development \
                 key, and whoever made it can forge proofs."
                    .to_owned(),
            );
        }
    }

    /// What the answers' proofs show; without answers, that nothing is shown of anyone.
    fn tell_answers(&mut self) {
        const COVERED: &str = "the study's purpose and institution, grants what it asks, and was \
                               in force on the answer's day and not taken back before it.";
        const TEXT: &str = "The query text, compiled again with the bundled profile, is the";
        let people = self.answers.len();
        if people == 0 {
            self.shown.push(format!("{TEXT} study's query."));
            self.not_shown.push(if self.cohort_answers.is_empty() {
                "Anything about anyone: the bundle holds no answers to the study.".to_owned()
            } else {
                "Anything about single people: the bundle holds no answers by subjects.".to_owned()
            });
            return;
        }
        let (hold, cover) = if people == 1 {
            ("1 subject (by nullifier) holds".to_owned(), "Its consent")
        } else {
            (
                format!("{people} different subjects (by nullifier) each hold"),
                "Each of their consents",
            )
        };
        self.shown.extend([
            format!("{hold} a record in the ledger's registry that matches the study's query."),
            format!("{cover} covers {COVERED}"),
            format!("{TEXT} query that was proven."),
        ]);
        self.not_shown.extend([
            "That issuers committed the truth: an answer follows from the committed records, \
             and says nothing about how true these are."
                .to_owned(),
            "That no person has two records under two secrets: one answer a person holds within \
             what issuers certify."
                .to_owned(),
        ]);
    }

    /// What the cohort answers show: with the whole log, which alone tells what the datasets were.
    fn tell_cohort(&mut self) {
        if self.cohort_answers.is_empty() {
            return;
        }
        let answers = counted(self.cohort_answers.len(), "cohort answer", "cohort answers");
        if !self.whole_log {
            self.not_shown.push(format!(
                "What the {answers} say: they are listed as their issuers signed them. That the \
                 values were counted, over all that the issuer had committed, only the whole log \
                 shows (a bundle exported with the log)."
            ));
            return;
        }
        let Policy {
            suppress_up_to,
            round_to,
        } = self.policy;
        self.shown.extend([
            format!(
                "{answers}: each counts all records that its custodians had committed for the \
                 query's edition and not erased, those that match the query and whose consent was \
                 in force, covers the study's purpose and grants being counted; nobody was left out \
                 or counted for another's record."
            ),
            format!(
                "The released values are what the study's policy makes of these counts: 1 to \
                 {suppress_up_to} are suppressed, others rounded to multiples of {round_to}, inside \
                 the proof."
            ),
        ]);
        if let Some(epsilon) = self.cohort_answers.iter().find_map(|answer| answer.epsilon) {
            self.shown.push(format!(
                "Before that, noise was added to each count: discrete Laplace noise of epsilon \
                 {epsilon} a cell, from seeds to which the custodians had committed and a number \
                 that the ledger drew after that."
            ));
            self.not_shown.push(
                "That custodian and operator did not agree on the noise: it is drawn by chance if \
                 one of them is honest."
                    .to_owned(),
            );
            self.not_shown.push(match self.unreleased {
                0 => "That the operator kept no release off the ledger because of its noise; no \
                      tally was left without one."
                    .to_owned(),
                unreleased => format!(
                    "That nobody chose among draws of noise: {} not released, and once its noise is \
                     drawn, who can open a tally knows what it would have said.",
                    counted(unreleased, "tally was", "tallies were")
                ),
            });
        }
        self.not_shown.extend([
            "How true the counted records are: issuers committed them.".to_owned(),
            "That a person is counted once: whoever has records with two issuers, or two records \
             with one, is counted for each."
                .to_owned(),
            "Anything about people whose consent is limited to an institution or a study: they \
             are not counted, not even for that one."
                .to_owned(),
            if self
                .cohort_answers
                .iter()
                .any(|answer| answer.custodians.len() > 1)
            {
                "The exact counts: each custodian knows its own, and the one that released a sum \
                 knows the sum."
                    .to_owned()
            } else {
                "The exact counts: only their custodian knows them.".to_owned()
            },
        ]);
    }

    /// Says of approvals what holds: that there were enough before the first answer follows from
    /// the check of that answer, and of nothing if there is none.
    fn tell_approvals(&mut self) {
        let needed = self.approvals_needed;
        let cohort = self.cohort_answers.iter().map(|answer| answer.entry);
        let Some(first) = self.answers.iter().map(|a| a.entry).chain(cohort).min() else {
            let given = self.approvals.len();
            self.not_shown.push(format!(
                "That the study may be answered: the bundle holds {given} of the {} that it needs.",
                counted(usize::from(needed), "approval", "approvals")
            ));
            return;
        };
        let given = self.approvals.iter().filter(|a| a.entry < first).count();
        self.shown.push(format!(
            "{} approved this very study before its first answer entered; it needs {needed}.",
            counted(given, "registered ethics board", "registered ethics boards")
        ));
    }

    /// What only the whole log shows.
    fn tell_log(&mut self) {
        if !self.whole_log {
            self.not_shown.push(
                "That the registry's roots follow from the transactions, that the study was not \
                 closed earlier, and that no answer was left out: only the whole log shows that \
                 (`salus ledger verify`, or a bundle exported with the log)."
                    .to_owned(),
            );
            return;
        }
        let all = if self.answers.is_empty() && self.cohort_answers.is_empty() {
            "the study has no answers"
        } else {
            "these are all the study's answers"
        };
        self.shown.push(format!(
            "The whole log was replayed from its genesis: every signature, rule and registry root \
             in it follows, and {all} under this checkpoint."
        ));
    }
}

/// A released cell, for readers.
fn cell(released: &Released) -> String {
    match released {
        Released::Suppressed => "suppressed".to_owned(),
        Released::Count(count) => count.to_string(),
    }
}

/// A number and what is counted.
fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "Study      {}", self.title)?;
        writeln!(f, "           {}", self.study)?;
        writeln!(f, "Ledger     {} {}", self.ledger_name, self.ledger)?;
        writeln!(
            f,
            "Log        {} entries, root {}",
            self.log_size, self.log_root
        )?;
        for approval in &self.approvals {
            writeln!(
                f,
                "Approved   {} (entry {})",
                approval.board, approval.entry
            )?;
        }
        for key in &self.keys {
            let kind = match key.setup {
                Setup::Ceremony => "ceremony",
                Setup::InsecureDevelopment => "INSECURE DEVELOPMENT KEY",
            };
            writeln!(f, "Key        {} of {} ({kind})", key.id, key.circuit)?;
        }
        match self.answers.len() {
            0 => writeln!(f, "Answers    none"),
            1 => writeln!(f, "Answers    1, verified"),
            many => writeln!(f, "Answers    {many}, all verified"),
        }?;
        for answer in &self.cohort_answers {
            let checked = if answer.verified {
                "verified"
            } else {
                "not verified"
            };
            let counted = |c: &CustodianReport| format!("{} on {}", c.issuer, c.day);
            let by: Vec<_> = answer.custodians.iter().map(counted).collect();
            let (by, table) = (by.join(" and "), &answer.table);
            writeln!(f, "Cohort     {by}, {checked}: {table}")?;
            let cells: Vec<_> = answer.released.iter().map(cell).collect();
            writeln!(f, "           {}", cells.join(", "))?;
        }
        writeln!(f, "\nShown:")?;
        self.shown
            .iter()
            .try_for_each(|line| writeln!(f, "  - {line}"))?;
        writeln!(f, "\nNot shown:")?;
        self.not_shown
            .iter()
            .try_for_each(|line| writeln!(f, "  - {line}"))
    }
}
