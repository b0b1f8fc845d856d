//! From a query and a profile to the compiled query: negation, thresholds, and the order of the
//! compiled criteria.
//!
//! Why runs of a code set may stand side by side in a group, and why any threshold still counts
//! them right, is argued in docs/spec/query.md, section "Compilation".

use super::ast::{Group, Need, Sense};
use super::compiled::{CRITERIA, CompiledQuery, Criterion};
use super::error::{Problem, QueryError, QueryErrors, QueryWarning};
use super::interval::{Interval, complement};
use super::place::{Part, Place};
use super::resolve::{Resolved, resolve};
use super::text::criterion_text;
use super::{Asked, Query};
use crate::profile::{Edition, Profile};

/// A query compiled against a profile.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// What circuits and ledgers see.
    pub query: CompiledQuery,
    /// What is worth a second look.
    pub warnings: Vec<QueryWarning>,
    /// Compiled criteria in use, of [`CRITERIA`].
    pub used: usize,
    /// What each criterion of each group comes to, negated in groups that exclude.
    pub(crate) resolved: Vec<Vec<Resolved>>,
}

pub(super) fn compile(query: &Query, profile: &Profile) -> Result<Compiled, QueryErrors> {
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    if let Some(asked) = query.profile().filter(|name| *name != profile.name()) {
        let problem = Problem::OtherProfile {
            asked: asked.to_owned(),
            given: profile.name().to_owned(),
        };
        return Err(query.located(Place::Profile, problem).into());
    }
    let mut resolved = Vec::with_capacity(query.groups().len());
    for (g, group) in query.groups().iter().enumerate() {
        let mut pieces = Vec::with_capacity(group.criteria.len());
        for (c, criterion) in group.criteria.iter().enumerate() {
            let at = |part: Part| Place::Criterion(g, c, part);
            match resolve(criterion, profile, query.index()) {
                Ok(mut piece) => {
                    let cautions = std::mem::take(&mut piece.cautions).into_iter();
                    warnings.extend(cautions.map(|(part, c)| query.located(at(part), c)));
                    pieces.push(match group.sense {
                        Sense::Include => piece,
                        Sense::Exclude => negated(piece),
                    });
                }
                Err((part, problem)) => errors.push(query.located(at(part), problem)),
            }
        }
        resolved.push(pieces);
    }
    QueryErrors::none_or(errors)?;
    let criteria = criteria(query, &resolved)?;
    let edition = Edition::of(&profile.hash(), query.index());
    let compiled = CompiledQuery::new(edition, &criteria)
        .map_err(|e| query.located(Place::Query, Problem::Compiled(e)))?;
    Ok(Compiled {
        query: compiled,
        warnings,
        used: criteria.len(),
        resolved,
    })
}

/// The criterion that holds exactly where this one does not, of what is recorded and of what is
/// not.
fn negated(piece: Resolved) -> Resolved {
    Resolved {
        set: complement(&piece.set),
        if_none: !piece.if_none,
        ..piece
    }
}

/// How many of the criteria (negated, in a group that excludes) must hold.
fn threshold(group: &Group) -> usize {
    let size = group.criteria.len();
    match (group.sense, group.need) {
        (Sense::Include, Need::All) | (Sense::Exclude, Need::Any) => size,
        (Sense::Include, Need::Any) | (Sense::Exclude, Need::All) => 1,
        (Sense::Include, Need::AtLeast(n)) => usize::from(n),
        // Fewer than n of them hold: at least size - n + 1 do not.
        (Sense::Exclude, Need::AtLeast(n)) => (size + 1).saturating_sub(usize::from(n)),
    }
}

fn criteria(query: &Query, resolved: &[Vec<Resolved>]) -> Result<Vec<Criterion>, QueryErrors> {
    let mut criteria = Vec::new();
    let mut used = Vec::new();
    let asked = query.groups().iter().flat_map(|g| &g.criteria);
    let runs = resolved.iter().flatten().map(|piece| piece.set.len());
    if resolved.iter().map(Vec::len).sum::<usize>() > CRITERIA {
        // Too many however they are ordered, so they are not ordered.
        return Err(too_many(query, asked.zip(runs)).into());
    }
    for (group, pieces) in query.groups().iter().zip(resolved) {
        let (mut slots, taken) = ordered(pieces);
        used.extend(group.criteria.iter().zip(taken));
        // More than 16 are refused below, so a threshold that does not fit never matters.
        let at_least = u8::try_from(threshold(group)).unwrap_or(u8::MAX);
        if let Some(first) = slots.first_mut() {
            first.opens_group = true;
        }
        if let Some(last) = slots.last_mut() {
            last.at_least = at_least;
        }
        criteria.extend(slots);
    }
    if criteria.len() > CRITERIA {
        return Err(too_many(query, used.into_iter()).into());
    }
    Ok(criteria)
}

fn too_many<'a>(query: &Query, used: impl Iterator<Item = (&'a Asked, usize)>) -> QueryError {
    let used: Vec<(String, usize)> = used.map(|(asked, n)| (short(asked), n)).collect();
    let problem = Problem::TooMany {
        needed: used.iter().map(|(_, n)| n).sum(),
        used,
    };
    query.located(Place::Query, problem)
}

fn short(asked: &Asked) -> String {
    let text = criterion_text(asked);
    if text.chars().count() <= 60 {
        return text;
    }
    let start: String = text.chars().take(57).collect();
    start + "..."
}

fn slot(field: u8, interval: Interval, if_none: bool) -> Criterion {
    Criterion {
        start: interval.start,
        length: interval.length,
        if_none,
        ..Criterion::carrier(field, false)
    }
}

/// The compiled criteria of one group, and how many each criterion takes.
///
/// A difference must follow a criterion on the field it subtracts. So the group is built as
/// chains: each run of a plain criterion begins one, and a difference is put at the end of the
/// first chain that ends on either of its fields, or begins one behind a carrier.
fn ordered(pieces: &[Resolved]) -> (Vec<Criterion>, Vec<usize>) {
    let mut chains: Vec<Vec<Criterion>> = Vec::new();
    let mut taken = vec![0; pieces.len()];
    let mut differences = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        // The runs are disjoint and the answer for none recorded stands at one of them, so of
        // every row as many of them hold as the criterion itself: one or none.
        for (r, &interval) in piece.set.iter().enumerate() {
            taken[i] += 1;
            let run = slot(piece.field, interval, piece.if_none && r == 0);
            match piece.minus {
                Some(minus) => differences.push(Difference {
                    piece: i,
                    run,
                    minus,
                }),
                None => chains.push(vec![run]),
            }
        }
    }
    while !differences.is_empty() {
        let attached = differences
            .iter()
            .position(|difference| attach(&mut chains, difference));
        let next = attached.unwrap_or_else(|| {
            let (next, carried) = begin(&differences);
            chains.push(vec![Criterion::carrier(carried, false)]);
            attach(&mut chains, &differences[next]);
            taken[differences[next].piece] += 1;
            next
        });
        differences.remove(next);
    }
    (chains.concat(), taken)
}

/// A difference that is not yet in a chain.
struct Difference {
    /// Whose it is.
    piece: usize,
    /// The compiled criterion, on the field that it is taken of.
    run: Criterion,
    /// The field that is subtracted.
    minus: u8,
}

impl Difference {
    fn touches(&self, field: u8) -> bool {
        self.run.field == field || self.minus == field
    }
}

/// Which difference begins the next chain, and the field to carry for it. A path through all the
/// differences must begin or end where an odd number of them meet, so there if there is such a
/// field.
fn begin(differences: &[Difference]) -> (usize, u8) {
    let odd = |field| differences.iter().filter(|d| d.touches(field)).count() % 2 == 1;
    differences
        .iter()
        .enumerate()
        .flat_map(|(i, d)| [(i, d.minus), (i, d.run.field)])
        .find(|(_, field)| odd(*field))
        .unwrap_or((0, differences[0].minus))
}

/// Puts a difference at the end of a chain that ends on one of its fields.
fn attach(chains: &mut [Vec<Criterion>], difference: &Difference) -> bool {
    let (run, minus) = (difference.run, difference.minus);
    if let Some(chain) = ends_on(chains, minus) {
        chain.push(Criterion {
            minus_previous: true,
            ..run
        });
        return true;
    }
    if let Some(chain) = ends_on(chains, run.field) {
        let (start, length) = (run.start, run.length);
        let turned = Interval { start, length }.mirrored();
        chain.push(Criterion {
            minus_previous: true,
            ..slot(minus, turned, run.if_none)
        });
        return true;
    }
    false
}

/// The first chain whose last criterion is on a field.
fn ends_on(chains: &mut [Vec<Criterion>], field: u8) -> Option<&mut Vec<Criterion>> {
    chains
        .iter_mut()
        .find(|chain| chain.last().is_some_and(|c| c.field == field))
}
