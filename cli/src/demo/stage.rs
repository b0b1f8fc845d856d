//! The stage of `salus serve --demo`: the demo's hospital and patients, and studies in every state.

use std::path::Path;

use salus_ledger::engine::Ledger;
use salus_ledger::transaction::{Noise, Policy, Title};
use salus_protocol::cohort::{Band, Stratifier, Table};
use salus_protocol::day::Day;
use salus_protocol::noise::Epsilon;
use salus_protocol::nullifier::StudyId;
use salus_protocol::purpose::{Ask, Institution, Purpose, Research};

use super::cast::{Cast, a_year_on, name_of, not_in_demo, purpose, set_day};
use super::{DemoArgs, MARKER, QUERY, Steps, answer, dataset, prepare_folder};
use crate::failure::Failure;
use crate::home::{Home, Name, StudyName, write_atomically};
use crate::output::Output;
use crate::path::answer::{Question, ready_many, submit_answers};
use crate::path::count::{self, Counting};
use crate::path::prover::Prover;
use crate::path::study::{CheckedStudy, Terms, approve, ask, close, open};
use crate::path::together;

/// Written last: a folder that has it is whole.
const READY: &str = ".salus-stage";

/// A study of the stage.
struct Scene {
    name: &'static str,
    query: &'static str,
    research: Option<Research>,
    ask: Ask,
    noise: bool,
    then: Then,
}

/// What happens to a study after it is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It waits for its board.
    Waits,
    /// It is approved and counted in strata; no patient has answered yet.
    Counted,
    /// It is approved, and patients answer it; no custodian counts for it.
    Answered,
    /// It is approved, and counted with noise that the next day draws.
    Tallied,
    /// It is approved, and its last day is the first day of the stage.
    Expires,
    /// It is approved and closed.
    Closed,
}

const SCENES: [Scene; 6] = [
    Scene {
        name: "pressure",
        query: "cohort \"High blood pressure from fifty\" using cardiometabolic at 2025-01-01\n\
                include all\n  age at least 50 years\n  sbp.latest at least 130 mm[Hg]\n",
        research: Some(Research::Health),
        ask: Ask::ContactAndData,
        noise: false,
        then: Then::Counted,
    },
    Scene {
        name: "heart",
        query: "cohort \"After a heart attack\" using cardiometabolic at 2025-01-01\n\
                include all\n  mi.first before index\nexclude any\n  \
                anticoagulant.latest within 1 years before index\n",
        research: Some(Research::Health),
        ask: Ask::Contact,
        noise: false,
        then: Then::Waits,
    },
    Scene {
        name: "volunteers",
        query: "cohort \"Volunteers from forty\" using cardiometabolic at 2025-01-01\n\
                include all\n  age at least 40 years\n",
        research: Some(Research::Health),
        ask: Ask::Contact,
        noise: false,
        then: Then::Answered,
    },
    Scene {
        name: "weight",
        query: "cohort \"Overweight, counted with noise\" using cardiometabolic at 2025-01-01\n\
                include all\n  bmi.latest at least 25 kg/m2\n",
        research: Some(Research::Health),
        ask: Ask::Contact,
        noise: true,
        then: Then::Tallied,
    },
    Scene {
        name: "young",
        query: "cohort \"A look at young adults\" using cardiometabolic at 2025-01-01\n\
                include all\n  age between 18 and 30 years\n",
        research: Some(Research::Health),
        ask: Ask::Contact,
        noise: false,
        then: Then::Expires,
    },
    Scene {
        name: "smokers",
        query: "cohort \"Current smokers\" using cardiometabolic at 2025-01-01\n\
                include all\n  smoking.latest is current\n",
        research: None,
        ask: Ask::Contact,
        noise: false,
        then: Then::Closed,
    },
];

/// So many patients answer the study that nobody counts for.
const VOLUNTEERS: usize = 5;

/// Makes the stage in a folder, or takes the one that is there.
pub(crate) fn stage(output: Output, dir: &Path, patients: u32) -> Result<Home, Failure> {
    let home = Home::new(dir.join("home"));
    if dir.join(MARKER).exists() && dir.join(READY).exists() {
        output.note(&format!(
            "the demonstration in {} goes on; remove the folder to begin anew",
            dir.display()
        ));
        return Ok(home);
    }
    let args = DemoArgs {
        patients,
        seed: 1,
        dir: dir.to_owned(),
        keep: false,
    };
    prepare_folder(&args)?;
    let mut steps = Steps {
        output,
        number: 0,
        timings: Vec::new(),
    };
    let asked = ask("study.salus", QUERY, None)?;
    let (import, derivation) = dataset(&mut steps, &args, &asked)?;
    let (ledger, mut cast) = Cast::assemble(&mut steps, &home, &asked)?;
    cast.issue(&mut steps, &home, &ledger, &asked, &derivation)?;
    cast.consent(&mut steps, &home, &ledger, &asked, &import, &derivation)?;
    let id = cast.open_study(&mut steps, &home, &ledger, &asked)?;
    answer(&mut steps, &home, &ledger, &mut cast, id)?;
    cast.count(&mut steps, &home, &ledger, &asked, id)?;
    steps.take("count in tables", || {
        count_for(&home, &ledger, &cast, id, &Table::Attrition)?;
        Ok(((), "attrition of the first study".to_owned()))
    })?;
    steps.take("open more studies", || {
        for scene in SCENES {
            play(&home, &ledger, &cast, &scene)?;
        }
        Ok(((), format!("{} in different states", SCENES.len())))
    })?;
    steps.take("move on the day", || {
        let tomorrow = asked.query.index().date().tomorrow();
        let tomorrow = Day::from_date(tomorrow.map_err(not_in_demo)?).map_err(not_in_demo)?;
        set_day(&home, &ledger, tomorrow)?;
        for scene in SCENES.iter().filter(|scene| scene.then == Then::Tallied) {
            let id = home.find_study(&*ledger.state()?, scene.name)?.id;
            together::release(&home, &ledger, cast.issuer(), (&id, &Table::Count), &[])?;
        }
        Ok(((), "it draws noise, and a count is released".to_owned()))
    })?;
    write_atomically(&dir.join(READY), b"made by `salus serve --demo`\n", false)?;
    Ok(home)
}

/// Both sexes, born before 1960, before 1980, and since.
fn by_sex_and_age() -> Table {
    let day = |text: &str| text.parse::<Day>().map_or(1, |day| day.number());
    let (old, young) = (day("1960-01-01"), day("1980-01-01"));
    let band = |low, high| Band { low, high };
    Table::Strata(vec![
        Stratifier {
            field: 1,
            bands: vec![band(1, 1), band(2, 2)],
        },
        Stratifier {
            field: 0,
            bands: vec![
                band(1, old - 1),
                band(old, young - 1),
                band(young, u16::MAX),
            ],
        },
    ])
}

fn count_for(
    home: &Home,
    ledger: &Ledger,
    cast: &Cast,
    id: StudyId,
    table: &Table,
) -> Result<(), Failure> {
    let study = CheckedStudy::read(ledger, id)?;
    let counting = Counting::read(home, ledger, cast.issuer(), &study, table)?;
    count::answer(home, ledger, cast.issuer(), &counting, 1, || Ok(()))?;
    Ok(())
}

fn play(home: &Home, ledger: &Ledger, cast: &Cast, scene: &Scene) -> Result<(), Failure> {
    let asked = ask(scene.name, scene.query, None)?;
    let declared = purpose()?;
    let terms = Terms {
        title: Title::new(asked.query.title()).map_err(not_in_demo)?,
        purpose: Purpose {
            research: scene.research.unwrap_or(declared.research),
            ask: scene.ask,
            institution: Institution::new("Demo University Hospital").map_err(not_in_demo)?,
            for_profit: false,
            ..declared
        },
        expires: match scene.then {
            Then::Expires => asked.query.index(),
            _ => a_year_on(asked.query.index())?,
        },
        freshness: 100,
        policy: Policy::STANDARD,
        boards: vec![cast.board().public()],
        approvals_needed: 1,
        together: Vec::new(),
        noise: scene.noise.then_some(Noise {
            epsilon: Epsilon::One,
            budget: 20,
        }),
    };
    let id = open(ledger, &cast.sponsor, &asked, terms)?;
    let named = StudyName {
        id,
        sponsor: name_of("lab")?,
    };
    home.put_study_name(&name_of(scene.name)?, &named)?;
    if scene.then == Then::Waits {
        return Ok(());
    }
    approve(ledger, cast.board(), &CheckedStudy::read(ledger, id)?)?;
    match scene.then {
        Then::Closed => close(ledger, &cast.sponsor.key, id),
        Then::Tallied => {
            let study = CheckedStudy::read(ledger, id)?;
            let counting = Counting::read(home, ledger, cast.issuer(), &study, &Table::Count)?;
            together::tally(home, ledger, cast.issuer(), &counting, 1, || Ok(()))?;
            Ok(())
        }
        Then::Counted => count_for(home, ledger, cast, id, &by_sex_and_age()),
        Then::Answered => volunteer(home, ledger, id),
        Then::Waits | Then::Expires => Ok(()),
    }
}

/// Some patients who can answer a study do, each with a contact.
fn volunteer(home: &Home, ledger: &Ledger, id: StudyId) -> Result<(), Failure> {
    let question = Question::of(ledger, &CheckedStudy::read(ledger, id)?)?;
    let names = home.wallet_names()?;
    let wallets = names.iter().map(|name| home.wallet(name));
    let wallets = wallets.collect::<Result<Vec<_>, _>>()?;
    let contact = |name: &Name| Some(format!("{name}@example.org"));
    let ready = ready_many(ledger, &question, &wallets, contact)?;
    // The last, so that among the first there are some who can still volunteer.
    let able = ready.into_iter().rev().flatten().take(VOLUNTEERS);
    let answers = Prover::of(home, false)?.answers(&question, able.collect(), || ())?;
    for outcome in submit_answers(ledger, &answers)? {
        outcome?;
    }
    Ok(())
}
