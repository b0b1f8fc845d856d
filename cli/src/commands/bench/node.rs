//! `salus bench node`: what a node answers under load, asked over HTTP by a second process.

mod bare;
mod client;
mod load;
mod outcome;
mod phase;
mod process;
mod reads;
mod report;
mod scene;
mod service;
mod stop;
mod submissions;
mod sustained;

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use hyper::body::Bytes;
use indicatif::ProgressBar;
use salus_protocol::nullifier::StudyId;

use super::{Context, broken, processor};
use crate::failure::Failure;
use crate::home::{Access, Home};
use bare::Bare;
use load::{Asks, Strength, load};
use phase::{Meter, Phase};
use reads::Reads;
use report::{Measured, Sustained, Verified};
use scene::{Extent, Scene};
use service::Service;
use stop::Stop;
use submissions::Submissions;
use sustained::Samples;

/// Measure a node under load: reads, answers verified, and more than it takes.
///
/// Makes a ledger of generated patients in a folder that is removed afterwards, and serves it by
/// `salus serve` in a second process, with the limits that every node has. It is asked for a mix of
/// reads; for the verification of answers, beside the verifier alone; for more than it takes, when
/// only 429 and 503 with Retry-After may come; and, with --minutes, for reads and answers at length
/// while its memory is watched. The command fails when anything else comes. Let nothing else run
/// meanwhile.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  salus bench node
  salus bench node --minutes 10
  salus bench node --seconds 2 --proofs 64 --json")]
pub(super) struct NodeArgs {
    /// How long each load lasts.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How many answers, each of another patient, are handed in to be verified as fast as the node
    /// does it. No more than it takes at once under keys that nobody registered.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u16).range(4..=900))]
    proofs: u16,
    /// How many patients have a record, if there are no more answers than that.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=20_000))]
    patients: u16,
    /// How long the node is read, and takes an answer every two seconds, while its memory is
    /// watched.
    #[arg(long, default_value_t = 0.0, value_parser = minutes)]
    minutes: f64,
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse::<f64>().ok();
    let minutes = minutes.filter(|minutes| (0.0..=120.0).contains(minutes));
    minutes.ok_or_else(|| "use a number from 0 to 120".to_owned())
}

/// Readers below the limit: a quarter of those that a node lets read at once.
const READERS: usize = 8;
/// Answers in flight below the limit: as many as a node verifies or lets wait.
const SUBMITTERS: usize = 16;
/// Connections far above the limits.
const MANY_READERS: usize = 256;
const MANY_SUBMITTERS: usize = 64;
/// Answers handed in among false ones, above the limit.
const AMONG: usize = 32;
/// Before the first measurement.
const WARM_UP: Duration = Duration::from_secs(1);
/// The verifier alone is measured for so long at most, on one core and on all.
const BARE: Duration = Duration::from_secs(3);
/// Between two answers of the long load.
const TRICKLE: Duration = Duration::from_secs(2);
/// Between two looks at the node's health.
const LOOK: Duration = Duration::from_millis(100);
/// Who is turned away asks again after this, though told to wait for seconds.
const INSISTENCE: Duration = Duration::from_millis(50);

impl NodeArgs {
    fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    fn long_time(&self) -> Duration {
        Duration::from_secs_f64(self.minutes * 60.0)
    }

    /// Answers of the long load.
    fn trickle(&self) -> usize {
        (self.long_time().as_secs() / TRICKLE.as_secs()) as usize
    }

    fn extent(&self) -> Extent {
        let answers = usize::from(self.proofs) + AMONG + self.trickle();
        Extent {
            patients: usize::from(self.patients).max(answers + 1),
            answers,
        }
    }
}

pub(super) fn run(context: &Context, args: &NodeArgs) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    let folder = tempfile::tempdir()?;
    let home = Home::new(folder.path().join("home"));
    let mut scene = Scene::make(context, &home, args.extent(), &stop)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let spinner = context.output.spinner("verifying without a node");
    let bare = Bare::measure(&scene.key, &scene.proofs, args.time().min(BARE), cores)?;
    spinner.finish_and_clear();
    stop.check()?;
    // After the folder, so that it ends before that is removed.
    let mut service = Service::start(home.root())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut bench = Bench {
        context,
        args,
        home: &home,
        service: &mut service,
        answers: std::mem::take(&mut scene.answers),
        scene: &scene,
        phases: Vec::new(),
    };
    let (verified, sustained) = runtime.block_on(stop.unless(bench.measure(bare)))??;
    let (phases, said) = (bench.phases, service.said());
    drop(service);
    let measured = Measured {
        processor: processor(),
        cores,
        optimised: !cfg!(debug_assertions),
        records: scene.records,
        entries: scene.entries,
        verified,
        sustained,
        acknowledged: phases.iter().map(|phase| phase.done("answer")).sum(),
        kept: kept(&home, &scene.study)?,
        unclean: phases.iter().flat_map(Phase::unclean).collect(),
        phases,
    };
    context.output.show(&measured)?;
    measured.check(&said)
}

/// Answers in the ledger's file.
fn kept(home: &Home, study: &StudyId) -> Result<u64, Failure> {
    let ledger = home.own_ledger(Access::Read)?;
    let state = ledger.state()?;
    let study = state.study(study);
    Ok(study.map_or(0, |study| study.answers.len() as u64))
}

/// The measurement, phase by phase.
struct Bench<'a> {
    context: &'a Context,
    args: &'a NodeArgs,
    home: &'a Home,
    service: &'a mut Service,
    scene: &'a Scene,
    /// Those that were not handed in yet.
    answers: Vec<Bytes>,
    phases: Vec<Phase>,
}

impl Bench<'_> {
    async fn measure(&mut self, bare: Bare) -> Result<(Verified, Option<Sustained>), Failure> {
        let warm_up = asking(READERS, WARM_UP.min(self.args.time()));
        load(self.service.address(), warm_up, self.mix()).await;
        self.read().await;
        let verified = self.verify(bare).await?;
        self.service.check()?;
        self.submit_too_many().await;
        self.service.check()?;
        self.read_too_many().await;
        self.service.check()?;
        let sustained = self.sustain().await?;
        self.service.check()?;
        Ok((verified, sustained))
    }

    fn mix(&self) -> Arc<Reads> {
        Arc::new(Reads::mix(self.scene))
    }

    /// Answers that were not handed in yet.
    fn take(&mut self, count: usize) -> Vec<Bytes> {
        let rest = self.answers.len().saturating_sub(count);
        self.answers.split_off(rest)
    }

    async fn read(&mut self) {
        let strength = asking(READERS, self.args.time());
        let spinner = self.context.output.spinner("reading");
        let meter = Meter::start(self.service.process());
        let loaded = load(self.service.address(), strength, self.mix()).await;
        let phase = Phase::new(("reads", false), strength, &loaded, meter.stop());
        spinner.finish_and_clear();
        self.phases.push(phase);
    }

    async fn verify(&mut self, bare: Bare) -> Result<Verified, Failure> {
        let answers = self.take(usize::from(self.args.proofs));
        let strength = Strength {
            time: None,
            ..asking(SUBMITTERS.min(answers.len()), Duration::ZERO)
        };
        let spinner = self.context.output.spinner("handing in answers");
        let meter = Meter::start(self.service.process());
        let submissions = Arc::new(Submissions::of(answers));
        let loaded = load(self.service.address(), strength, submissions).await;
        let phase = Phase::new(("answers", false), strength, &loaded, meter.stop());
        spinner.finish_and_clear();
        let all = phase.all().ok_or_else(|| broken("nothing was counted"))?;
        let answers = all.outcomes.done;
        let a_second = answers as f64 / phase.seconds.max(f64::MIN_POSITIVE);
        let verified = Verified {
            answers,
            in_flight: strength.connections,
            a_second,
            bare,
            of_one_core: a_second / bare.one_core.max(f64::MIN_POSITIVE),
            of_all_cores: a_second / bare.all_cores.max(f64::MIN_POSITIVE),
        };
        self.phases.push(phase);
        Ok(verified)
    }

    async fn submit_too_many(&mut self) {
        let answers = self.take(AMONG);
        let forged = self.scene.forged.clone();
        let submissions = Submissions::among(answers, forged);
        self.overload("submissions", MANY_SUBMITTERS, submissions)
            .await;
    }

    async fn read_too_many(&mut self) {
        let reads = Reads::costly(self.scene);
        self.overload("costly reads", MANY_READERS, reads).await;
    }

    /// Asks for more than the node takes, and looks at its health meanwhile.
    async fn overload(&mut self, what: &'static str, connections: usize, asks: impl Asks) {
        let strength = asking(connections, self.args.time());
        let look = Strength {
            pause: LOOK,
            insistence: LOOK,
            ..asking(1, self.args.time())
        };
        let spinner = self.context.output.spinner(what);
        let meter = Meter::start(self.service.process());
        let address = self.service.address();
        let (loaded, looks) = tokio::join!(
            load(address, strength, Arc::new(asks)),
            load(address, look, Arc::new(Reads::health(self.scene))),
        );
        let mut phase = Phase::new((what, true), strength, &loaded, meter.stop());
        phase.add(&looks);
        spinner.finish_and_clear();
        self.phases.push(phase);
    }

    async fn sustain(&mut self) -> Result<Option<Sustained>, Failure> {
        let time = self.args.long_time();
        if time.is_zero() {
            return Ok(None);
        }
        let strength = asking(READERS, time);
        let trickle = Strength {
            pause: TRICKLE,
            ..asking(1, time)
        };
        let before = self.file_bytes()?;
        let answers = self.take(self.args.trickle());
        let bar = self.seconds_bar(time);
        let meter = Meter::start(self.service.process());
        let address = self.service.address();
        let (loaded, entered, samples) = tokio::join!(
            load(address, strength, self.mix()),
            load(address, trickle, Arc::new(Submissions::of(answers))),
            Samples::take(self.service.process(), time, &bar),
        );
        let mut phase = Phase::new(("at length", false), strength, &loaded, meter.stop());
        phase.add(&entered);
        bar.finish_and_clear();
        let sustained = Sustained {
            minutes: self.args.minutes,
            memory: samples.sum_up(),
            answers: phase.done("answer"),
            file_growth_bytes: self.file_bytes()? - before,
        };
        self.phases.push(phase);
        Ok(Some(sustained))
    }

    fn seconds_bar(&self, time: Duration) -> ProgressBar {
        let seconds = time.as_secs() as usize;
        self.context.output.bar("reading at length", seconds)
    }

    fn file_bytes(&self) -> Result<i64, Failure> {
        let path = self.home.ledger_path();
        let length = std::fs::metadata(&path).map(|file| file.len());
        let length = length.map_err(Failure::file("look at", path))?;
        Ok(i64::try_from(length).unwrap_or(i64::MAX))
    }
}

/// As many connections, each of which asks again at once.
const fn asking(connections: usize, time: Duration) -> Strength {
    Strength {
        connections,
        time: Some(time),
        pause: Duration::ZERO,
        insistence: INSISTENCE,
    }
}
