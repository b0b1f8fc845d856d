//! A custodian's jobs over HTTP: import, report, commit, publish and count; cancelled, killed in the
//! middle and taken up again.
#![allow(clippy::unwrap_used)]

#[path = "../home/mod.rs"]
mod home;
mod service;
mod site;

use std::fs;
use std::io::Read;
use std::process::Command;
use std::time::Duration;

use home::TestHome;
use serde_json::Value;
use site::{Browser, Site};

const DAY: &str = "2025-01-01";
const DESK: &str = "/desk/custodians/hospital";

/// A ledger with two custodians, and an export of generated patients for one of them.
fn founded(patients: &str) -> (TestHome, String) {
    let home = TestHome::empty();
    home.ok(&["ledger", "init", "--day", DAY]);
    home.ok(&["issuer", "new", "hospital"]);
    home.ok(&["issuer", "new", "clinic"]);
    home.ok(&["board", "new", "ethics"]);
    let imports = home.path("imports");
    let export = format!("{imports}/hospital/export");
    fs::create_dir_all(format!("{imports}/clinic")).unwrap();
    let generate = ["--patients", patients, "--seed", "3"];
    home.ok(&[&["dataset", "generate", &export], &generate[..]].concat());
    (home, imports)
}

/// The same with records, consents and an approved study.
fn hospital(patients: &str) -> (TestHome, String) {
    let (home, imports) = founded(patients);
    let export = format!("{imports}/hospital/export");
    home.ok(&[
        "record", "issue", &export, "--issuer", "hospital", "--at", DAY,
    ]);
    home.ok(&["consent", "grant", "--all", "--from-fhir", &export]);
    let query = "cohort \"Adults\" at 2025-01-01\ninclude all\n  age at least 18 years\n";
    let file = home.write("adults.salus", query);
    home.ok(&[
        "study",
        "open",
        &file,
        "--name",
        "adults",
        "--title",
        "adults",
        "--sponsor",
        "lab",
        "--purpose",
        "health",
        "--institution",
        "Lab",
        "--region",
        "north-america",
        "--board",
        "ethics",
        "--expires",
        "2026-01-01",
    ]);
    home.ok(&["study", "approve", "adults", "--board", "ethics"]);
    (home, imports)
}

/// What transactions are in the log from an entry on.
fn entered(browser: &Browser, from: u64) -> Vec<String> {
    let body = browser
        .get(&format!("/api/v1/ledger/entries?from={from}"))
        .body;
    let page: Value = serde_json::from_str(&body).unwrap();
    let entries = page["entries"].as_array().unwrap().iter();
    let kinds = entries.map(|entry| entry["kind"].as_str().unwrap().to_owned());
    kinds.filter(|kind| kind != "registry head").collect()
}

fn publish(browser: &Browser, profile: &str) -> String {
    let form = format!("profile={profile}&index_day={DAY}");
    browser.post(&format!("{DESK}/publish"), &form).leads_to()
}

/// A number that the ledger says of itself.
fn ledger(browser: &Browser, what: &str) -> u64 {
    let ledger: Value = serde_json::from_str(&browser.get("/api/v1/ledger").body).unwrap();
    ledger[what].as_u64().unwrap()
}

#[test]
fn from_an_export_to_an_answer() {
    let (home, imports) = hospital("60");
    let site = Site::start(&home, &imports);
    let me = &site.browser;
    let page = me.get(DESK).body;
    assert!(
        page.contains("<option>export</option>"),
        "the folder is offered"
    );

    let before = ledger(me, "size");
    let records_before = ledger(me, "records");
    let form = format!("folder=export&profile=general&index_day={DAY}");
    let import = me.post(&format!("{DESK}/imports"), &form).leads_to();
    let ended = me.end(&import);
    assert_eq!(ended["standing"], "done", "{ended}");
    assert_eq!(ledger(me, "size"), before, "an import alone enters nothing");
    let page = me.get(&import).body;
    assert!(
        page.contains("What was read, and what was left out"),
        "{page}"
    );
    assert!(page.contains("Commit the records"));

    let commit = me.post(&format!("{import}/commit"), "").leads_to();
    let ended = me.end(&commit);
    assert_eq!(ended["standing"], "done", "{ended}");
    let records = ledger(me, "records") - records_before;
    assert!(records > 30, "{records}");
    assert_eq!(
        ended["says"],
        format!("{records} records are on the ledger.")
    );
    assert!(!me.get(&import).body.contains("Commit the records"));
    assert_eq!(me.post(&format!("{import}/commit"), "").status, 409);

    let published = me.end(&publish(me, "cardiometabolic"));
    assert_eq!(published["standing"], "done", "{published}");
    let form = "study=adults&table=attrition";
    let count = me.post(&format!("{DESK}/answer"), form).leads_to();
    assert_eq!(me.end(&count)["standing"], "done");
    let page = me.get(&count).body;
    assert!(
        page.contains("The answer is on the ledger, with its proof."),
        "{page}"
    );

    let form = |more: &str| format!("study=adults&table=strata&{more}");
    for (more, status) in [
        ("", 400),
        ("by=shoe_size", 404),
        ("by=sex&cuts=1", 400),
        ("by=bmi.latest", 400),
        ("by=bmi.latest&cuts=30,25", 400),
        (
            "by=sex&and_by=bmi.latest&and_cuts=20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36",
            400,
        ),
    ] {
        let refused = me.post(&format!("{DESK}/answer"), &form(more));
        assert_eq!(refused.status, status, "{more}: {}", refused.body);
    }
    let strata = form("by=sex&and_by=birth&and_cuts=40,65");
    let strata = me.post(&format!("{DESK}/answer"), &strata).leads_to();
    assert_eq!(me.end(&strata)["standing"], "done");
    let page = me.get(&strata).body;
    assert!(page.contains("divided by sex and birth=40,65"), "{page}");

    // Asked again, the ledger refuses, and the job says so.
    let form = "study=adults&table=attrition";
    let again = me.post(&format!("{DESK}/answer"), form).leads_to();
    assert_ne!(again, count);
    let ended = me.end(&again);
    assert_eq!(ended["standing"], "failed", "{ended}");
    assert!(
        ended["says"].as_str().unwrap().contains("already answered"),
        "{ended}"
    );
    let list = me.get(&format!("{DESK}/jobs")).body;
    for job in [&import, &commit, &count, &again] {
        assert!(list.contains(job.as_str()), "{job}");
    }
    assert_eq!(me.post(&format!("{again}/remove"), "").status, 303);
    assert_eq!(me.get(&again).status, 404);
    site.terminate();
    assert_eq!(home.ok(&["ledger", "verify"])["cohort_answers"], 2);
    let answers = home.ok(&["cohort", "list", "adults"]);
    let cells = answers["answers"][1]["cells"].as_array().unwrap();
    assert_eq!(
        cells.len(),
        1 + 4 * 4,
        "the total, three sexes and four bands with what has none"
    );
}

#[test]
fn an_upload_is_read_and_leaves_nothing_behind() {
    let (home, imports) = founded("12");
    let site = Site::start(&home, &imports);
    let me = &site.browser;
    let uploads = format!("{DESK}/uploads");
    let fields = [("profile", "general"), ("index_day", DAY)];
    let mut files = Vec::new();
    for entry in fs::read_dir(format!("{imports}/hospital/export")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        files.push((name, fs::read(entry.path()).unwrap()));
    }
    let import = me.upload(&uploads, &fields, &files).leads_to();
    let ended = me.end(&import);
    assert_eq!(ended["standing"], "done", "{ended}");
    let id = import.rsplit('/').next().unwrap();
    let kept = home.state(&format!("issuers/hospital/jobs/{id}"));
    // That it is over is said first.
    while kept.join("upload").exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(kept.join("report.json").exists() && kept.join("rows.json").exists());

    let refused = |status: u16, fields: &[(&str, &str)], files: &[(String, Vec<u8>)]| {
        let answer = me.upload(&uploads, fields, files);
        assert_eq!(answer.status, status, "{}", answer.body);
    };
    let file = |name: &str| (name.to_owned(), b"{}".to_vec());
    refused(400, &fields, &[]);
    refused(400, &fields, &[file("../escaped.ndjson")]);
    refused(400, &fields, &[file("a.ndjson"), file("a.ndjson")]);
    let no_profile = [("profile", "/etc/passwd"), ("index_day", DAY)];
    refused(404, &no_profile, &[file("a.ndjson")]);
    let no_day = [("profile", "general"), ("index_day", "soon")];
    refused(400, &no_day, &[file("a.ndjson")]);
    let jobs = fs::read_dir(home.state("issuers/hospital/jobs")).unwrap();
    assert_eq!(jobs.count(), 1, "what was refused left nothing");

    // Nothing in it is FHIR: the job says so, and offers nothing to commit.
    let empty = me.upload(&uploads, &fields, &[file("a.txt")]).leads_to();
    let ended = me.end(&empty);
    assert_eq!(ended["standing"], "failed", "{ended}");
    assert!(
        ended["says"].as_str().unwrap().contains(".ndjson"),
        "{ended}"
    );

    // Removed, its rows are destroyed.
    assert_eq!(me.post(&format!("{import}/remove"), "").status, 303);
    assert!(!kept.exists());
}

#[test]
fn only_who_acts_for_a_custodian_sees_its_jobs() {
    let (home, imports) = founded("12");
    let site = Site::start(&home, &imports);
    let me = &site.browser;
    let form = format!("folder=export&profile=general&index_day={DAY}");
    let import = me.post(&format!("{DESK}/imports"), &form).leads_to();
    me.end(&import);
    for path in [
        import.clone(),
        format!("{import}/events"),
        format!("{DESK}/jobs"),
    ] {
        assert_eq!(me.stranger().get(&path).status, 401, "{path}");
    }
    assert_eq!(
        me.stranger().post(&format!("{import}/remove"), "").status,
        401
    );
    // Another custodian's, an unknown one and what is no name are all the same.
    let elsewhere = import.replace("hospital", "clinic");
    let unknown = format!("{DESK}/jobs/{}", "0".repeat(24));
    let bodies = [elsewhere, unknown, format!("{DESK}/jobs/x")].map(|path| {
        let answer = me.get(&path);
        assert_eq!(answer.status, 404, "{path}");
        answer.body
    });
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    // The clinic's folder holds no export, and the hospital's is not its own.
    let clinic = me.post("/desk/custodians/clinic/imports", &form);
    assert_eq!(clinic.status, 404);
    let nobody = me.post("/desk/custodians/nobody/publish", &form);
    assert_eq!(nobody.status, 404);
    assert!(!home.state("issuers/nobody").exists());
}

/// A folder whose import goes on for longer than a test looks: after each file it says how far it is.
fn endless(imports: &str) {
    let folder = format!("{imports}/hospital/endless");
    fs::create_dir(&folder).unwrap();
    for number in 0..50_000 {
        fs::write(format!("{folder}/{number}.ndjson"), "{}").unwrap();
    }
}

#[test]
fn a_pipe_in_a_folder_keeps_no_job_waiting() {
    let (home, imports) = founded("12");
    let pipe = format!("{imports}/hospital/export/Pipe.ndjson");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let site = Site::start(&home, &imports);
    let me = &site.browser;
    let form = format!("folder=export&profile=general&index_day={DAY}");
    let import = me.post(&format!("{DESK}/imports"), &form).leads_to();
    let ended = me.end(&import);
    assert_eq!(ended["standing"], "failed", "{ended}");
    assert!(
        ended["says"].as_str().unwrap().contains("Pipe.ndjson"),
        "{ended}"
    );
}

#[test]
fn a_custodians_uploads_keep_no_others_waiting() {
    let (home, imports) = founded("12");
    let site = Site::start(&home, &imports);
    let me = &site.browser;
    let uploads = format!("{DESK}/uploads");
    let fields = [("profile", "general"), ("index_day", DAY)];
    // What is asked for here is refused in any case: for want of files, or before that is known.
    let refused_as = |code: &str| {
        let refused = || me.upload(&uploads, &fields, &[]).problem().1;
        while refused() != code {
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    refused_as("Form");
    let slow = [me.announce(&uploads), me.announce(&uploads)];
    refused_as("Busy");
    let file = ("a.ndjson".to_owned(), b"{}".to_vec());
    let other = me.upload("/desk/custodians/clinic/uploads", &fields, &[file]);
    assert_eq!(other.status, 303, "{}", other.body);
    drop(slow);
    refused_as("Form");
}

#[test]
fn what_can_not_wait_is_refused_before_it_is_received() {
    let (home, imports) = founded("12");
    endless(&imports);
    let site = Site::start(&home, &imports);
    let me = &site.browser;
    let form = format!("folder=endless&profile=general&index_day={DAY}");
    me.post(&format!("{DESK}/imports"), &form).leads_to();
    for day in 1..20 {
        let form = format!("profile=general&index_day=2024-01-{day:02}");
        me.post(&format!("{DESK}/publish"), &form).leads_to();
    }
    let one_more = format!("profile=general&index_day={DAY}");
    let refused = me.post(&format!("{DESK}/publish"), &one_more);
    assert_eq!(refused.problem(), (429, "TooManyJobs".to_owned()));
    let mut answer = String::new();
    let mut announced = me.announce(&format!("{DESK}/uploads"));
    announced.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
    assert!(answer.contains("TooManyJobs"), "{answer}");
}

#[test]
fn nothing_is_told_after_signing_out() {
    let (home, imports) = founded("12");
    endless(&imports);
    let site = Site::start(&home, &imports);
    let me = &site.browser;
    let form = format!("folder=endless&profile=general&index_day={DAY}");
    let import = me.post(&format!("{DESK}/imports"), &form).leads_to();
    let began = me.watch(&import, |event| event["standing"] == "running");
    assert_eq!(began.last().unwrap()["standing"], "running");
    let reader = me.clone();
    let path = import.clone();
    let (tell, told) = std::sync::mpsc::channel();
    let watching = std::thread::spawn(move || {
        reader.watch(&path, |event| {
            tell.send(()).unwrap();
            event["over"] == true
        })
    });
    told.recv().unwrap();
    assert_eq!(me.post("/sign-out", "").status, 303);
    let told = watching.join().unwrap();
    assert_eq!(
        told.last().unwrap()["over"],
        false,
        "it ended before its job"
    );
    assert_eq!(me.get(&import).status, 401);
}

#[test]
fn the_service_answers_while_a_job_runs_and_a_waiting_one_is_cancelled() {
    let (home, imports) = hospital("60");
    let site = Site::start(&home, &imports);
    let me = &site.browser;
    let first = publish(me, "cardiometabolic");
    let second = me
        .post(&format!("{DESK}/answer"), "study=adults&table=count")
        .leads_to();
    // Asking for the same again leads to the same job.
    let same = me
        .post(&format!("{DESK}/answer"), "study=adults&table=count")
        .leads_to();
    assert_eq!(same, second);
    let cancelled = me.post(&format!("{second}/cancel"), "").leads_to();
    assert_eq!(cancelled, second);
    let standing = |job: &str| {
        // Who asks a desk without pause is told to come again.
        std::thread::sleep(Duration::from_millis(100));
        me.watch(job, |_| true)[0]["standing"].clone()
    };
    let mut between = 0;
    while standing(&first) != "done" {
        assert!(ledger(me, "size") > 0);
        assert_eq!(me.get("/studies").status, 200);
        if standing(&first) == "running" {
            between += 1;
        }
    }
    assert!(between > 0, "the ledger was read while the job ran");
    assert_eq!(me.end(&second)["standing"], "cancelled");
    let page = me.get(&second).body;
    assert!(page.contains("Cancelled."), "{page}");
    site.terminate();
    assert_eq!(home.ok(&["ledger", "verify"])["cohort_answers"], 0);
}

#[test]
fn killed_in_the_middle_a_job_ends_and_nothing_is_done_twice() {
    let (home, imports) = hospital("60");
    let mut site = Site::start(&home, &imports);
    let before = ledger(&site.browser, "size");
    let publication = publish(&site.browser, "cardiometabolic");
    let count = site
        .browser
        .post(&format!("{DESK}/answer"), "study=adults&table=count")
        .leads_to();
    for job in [&publication, &count] {
        let began = site
            .browser
            .watch(job, |event| event["standing"] != "waiting");
        assert_eq!(began.last().unwrap()["standing"], "running", "{job}");
        site.kill();
        if *job == count {
            // The queue is only a queue: it is made anew from the jobs.
            fs::remove_dir_all(home.state("jobs")).unwrap();
        }
        site = Site::start(&home, &imports);
    }
    for job in [&publication, &count] {
        let ended = site.browser.end(job);
        assert_eq!(ended["standing"], "done", "{ended}");
    }
    assert_eq!(
        entered(&site.browser, before),
        ["publish page", "submit cohort"],
        "each once"
    );
    // What ended well is not begun again.
    let revision = |site: &Site| site.browser.watch(&count, |_| true)[0].clone();
    let told = revision(&site);
    site.terminate();
    let site = Site::start(&home, &imports);
    assert_eq!(revision(&site), told);
    site.terminate();
    assert_eq!(home.ok(&["ledger", "verify"])["cohort_answers"], 1);
}

#[test]
fn killed_in_the_middle_of_an_import_and_of_its_commit_each_record_enters_once() {
    let (home, imports) = founded("90");
    for number in 0..2_000 {
        let file = format!("{imports}/hospital/export/a{number}.ndjson");
        fs::write(file, "{}").unwrap();
    }
    let mut site = Site::start(&home, &imports);
    let form = format!("folder=export&profile=general&index_day={DAY}");
    let imports_path = format!("{DESK}/imports");
    let import = site.browser.post(&imports_path, &form).leads_to();
    let kill_in_the_middle = |site: Site, job: &str| {
        let on_the_way = |event: &Value| event["total"].as_u64() > Some(0);
        let told = site.browser.watch(job, on_the_way);
        assert_eq!(told.last().unwrap()["over"], false, "{told:?}");
        site.kill();
        Site::start(&home, &imports)
    };
    site = kill_in_the_middle(site, &import);
    let ended = site.browser.end(&import);
    assert_eq!(ended["standing"], "done", "{ended}");
    let commit = site
        .browser
        .post(&format!("{import}/commit"), "")
        .leads_to();
    site = kill_in_the_middle(site, &commit);
    let ended = site.browser.end(&commit);
    assert_eq!(ended["standing"], "done", "{ended}");
    let records = ledger(&site.browser, "records");
    assert!(records > 40, "{records}");
    assert_eq!(ended["total"], records, "each row once");
    site.terminate();
    assert_eq!(home.ok(&["ledger", "verify"])["records"], records);
}
