//! The stage of `salus serve --demo`: the demo's hospital and patients, and studies in every state.

use std::path::Path;

use salus_ledger::engine::Ledger;
use salus_ledger::transaction::{Noise, Policy, Title};
use salus_protocol::cohort::{Band, Stratifier, Table};
use salus_protocol::day::Day;
use salus_protocol::noise::Epsilon;
use salus_protocol::nullifier::StudyId;
use salus_protocol::purpose::{Purpose, Research};

use super::cast::{Cast, name_of, not_in_demo, purpose};
use super::{DemoArgs, MARKER, QUERY, Steps, answer, dataset, prepare_folder};
use crate::failure::Failure;
use crate::home::{Home, StudyName, write_atomically};
use crate::output::Output;
use crate::path::count::{self, Counting};
use crate::path::study::{CheckedStudy, Terms, approve, ask, close, open};
use crate::path::together;

/// Written last: a folder that has it is whole.
const READY: &str = ".salus-stage";

/// A study of the stage.
struct Scene {
    name: &'static str,
    query: &'static str,
    research: Option<Research>,
    noise: bool,
    then: Then,
}

/// What happens to a study after it is opened.
enum Then {
    /// It waits for its board.
    Waits,
    /// It is approved and counted in strata; no patient has answered yet.
    Counted,
    /// It is approved, and counted with noise that the next day draws.
    Tallied,
    /// It is approved and closed.
    Closed,
}

const SCENES: [Scene; 4] = [
    Scene {
        name: "pressure",
        query: "cohort \"High blood pressure from fifty\" using cardiometabolic at 2025-01-01\n\
                include all\n  age at least 50 years\n  sbp.latest at least 130 mm[Hg]\n",
        research: Some(Research::Health),
        noise: false,
        then: Then::Counted,
    },
    Scene {
        name: "heart",
        query: "cohort \"After a heart attack\" using cardiometabolic at 2025-01-01\n\
                include all\n  mi.first before index\nexclude any\n  \
                anticoagulant.latest within 1 years before index\n",
        research: Some(Research::Health),
        noise: false,
        then: Then::Waits,
    },
    Scene {
        name: "weight",
        query: "cohort \"Overweight, counted with noise\" using cardiometabolic at 2025-01-01\n\
                include all\n  bmi.latest at least 25 kg/m2\n",
        research: Some(Research::Health),
        noise: true,
        then: Then::Tallied,
    },
    Scene {
        name: "smokers",
        query: "cohort \"Current smokers\" using cardiometabolic at 2025-01-01\n\
                include all\n  smoking.latest is current\n",
        research: None,
        noise: false,
        then: Then::Closed,
    },
];

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
            for_profit: false,
            ..declared
        },
        expires: Day::LAST,
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
    if matches!(scene.then, Then::Waits) {
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
        Then::Waits => Ok(()),
    }
}
