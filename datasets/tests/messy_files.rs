//! The mess of real files, one test each: what is wrong is named, the rest is imported.
#![allow(clippy::unwrap_used)]

mod export;

use std::ops::ControlFlow;
use std::path::Path;

use export::{Export, PATIENT, condition, gzip};
use salus_datasets::fhir::{self, FileOutcome, ImportError, Limits, Measure, Reason};

#[test]
fn byte_order_mark_blank_lines_and_crlf_are_no_trouble() {
    let text = format!(
        "\u{feff}{PATIENT}\r\n\r\n   \r\n{}\r\n\n",
        condition("c1", "")
    );
    let import = Export::new().file("all.ndjson", text).import();
    assert_eq!((import.patients.len(), import.events.len()), (1, 1));
    assert!(import.report.is_complete());
    assert_eq!(import.events[0].source.position, 4);
    assert_eq!(import.report.left_out(Reason::Malformed), 0);
}

#[test]
fn invalid_utf8_is_named_by_line() {
    let mut bytes = format!("{PATIENT}\n").into_bytes();
    bytes.extend(b"{\"resourceType\":\"Condition\",\"id\":\"\xff\"}\n");
    bytes.extend(condition("c2", "").bytes());
    let import = Export::new().file("all.ndjson", bytes).import();
    assert_eq!(import.events.len(), 1);
    let tally = &import.report.types["?"].left_out[&Reason::Malformed];
    assert_eq!(tally.examples[0].place, "all.ndjson:2");
    assert!(
        tally.examples[0]
            .detail
            .as_ref()
            .unwrap()
            .contains("UTF-8 at byte 35"),
        "{tally:?}"
    );
}

#[test]
fn a_truncated_gzip_keeps_what_came_before_and_says_so() {
    let lines: String = (0..2_000)
        .map(|number| condition(&format!("c{number}"), "") + "\n")
        .collect();
    let packed = gzip(lines.as_bytes());
    let cut = &packed[..packed.len() * 2 / 3];
    let import = Export::new()
        .file("Patient.ndjson", PATIENT)
        .file("Condition.ndjson.gz", cut)
        .import();
    assert!(!import.report.is_complete());
    assert!((1..2_000).contains(&import.events.len()));
    assert!(
        matches!(&import.report.files[0].outcome, FileOutcome::CutShort(why) if why.contains("broken off in line"))
    );
    assert!(import.report.to_string().contains("INCOMPLETE"));
}

#[test]
fn gzip_is_known_by_its_bytes_and_may_have_several_members() {
    let mut packed = gzip(format!("{PATIENT}\n").as_bytes());
    packed.extend(gzip(condition("c1", "").as_bytes()));
    let import = Export::new().file("all.ndjson", packed).import();
    assert_eq!((import.patients.len(), import.events.len()), (1, 1));
}

#[test]
fn a_gzip_bomb_is_refused() {
    let mut bytes = format!("{PATIENT}\n").into_bytes();
    // Blank lines of a mebibyte each: no line is too long, and all of them together are.
    let blank = [vec![b' '; (1 << 20) - 1], vec![b'\n']].concat();
    bytes.extend(std::iter::repeat_n(blank, 80).flatten());
    let import = Export::new().file("all.ndjson.gz", gzip(&bytes)).import();
    assert!(!import.report.is_complete());
    assert!(
        matches!(&import.report.files[0].outcome, FileOutcome::CutShort(why) if why.contains("bomb"))
    );
}

#[test]
fn a_line_beyond_the_limit_is_refused() {
    let text = format!(
        "{PATIENT}\n{}",
        condition("c1", &format!(r#","note":"{}""#, "x".repeat(5_000)))
    );
    let limits = Limits {
        line_bytes: 1_000,
        ..Limits::default()
    };
    let import = Export::new().file("all.ndjson", text).import_with(&limits);
    assert_eq!((import.patients.len(), import.events.len()), (1, 0));
    assert!(
        matches!(&import.report.files[0].outcome, FileOutcome::CutShort(why) if why.contains("line 2 is longer"))
    );
}

#[test]
fn a_document_beyond_the_limit_is_refused() {
    let limits = Limits {
        document_bytes: 10,
        ..Limits::default()
    };
    let import = Export::new()
        .file("bundle.json", PATIENT)
        .import_with(&limits);
    assert!(!import.report.is_complete());
}

/// Two files of one patient and one condition each, under these totals.
fn two_files(total_bytes: u64, facts: u64) -> Result<(), ImportError> {
    let text = format!("{PATIENT}\n{}\n", condition("c1", ""));
    let export = Export::new()
        .file("a.ndjson", &text)
        .file("b.ndjson", gzip(text.as_bytes()));
    let limits = Limits {
        total_bytes,
        facts,
        ..Limits::default()
    };
    fhir::import(&export.path(""), &limits).map(|_| ())
}

#[test]
fn all_files_together_are_bounded_in_bytes_and_facts() {
    let bytes = 2 * (PATIENT.len() + condition("c1", "").len() + 2) as u64;
    // A patient, and a condition with its event: three in each file.
    two_files(bytes, 6).unwrap();
    for (bytes, facts, measure, at_most, place) in [
        (bytes - 1, 6, Measure::Bytes, bytes - 1, "b.ndjson:2"),
        (10, 6, Measure::Bytes, 10, "a.ndjson:1"),
        (bytes, 5, Measure::Facts, 5, "b.ndjson:2"),
        (bytes, 0, Measure::Facts, 0, "a.ndjson:1"),
    ] {
        let refused = two_files(bytes, facts).unwrap_err();
        assert!(
            matches!(&refused, ImportError::TooLarge { measure: of, at_most: limit, place: at }
                if (*of, *limit, at.as_str()) == (measure, at_most, place)),
            "{refused}"
        );
    }
}

#[test]
fn what_is_no_resource_counts_and_a_bundle_is_counted_before_it_is_taken_apart() {
    let limits = Limits {
        facts: 3,
        ..Limits::default()
    };
    let bundle = r#"{"resourceType":"Bundle","entry":[{"resource":{}},{"resource":{}},{"resource":{}},{"resource":{}}]}"#;
    for (name, text) in [("a.ndjson", "{}\n{}\n{}\n{}\n"), ("a.json", bundle)] {
        let export = Export::new().file(name, text);
        let refused = fhir::import(&export.path(""), &limits).unwrap_err();
        assert!(
            matches!(
                refused,
                ImportError::TooLarge {
                    measure: Measure::Facts,
                    ..
                }
            ),
            "{refused}"
        );
    }
}

#[test]
fn bundles_resolve_urns_and_absolute_references() {
    let urn = "urn:uuid:0b1c2d3e-0000-4000-8000-000000000001";
    let bundle = format!(
        r#"{{ "resourceType" : "Bundle", "type":"transaction", "entry":[
        {{"fullUrl":"{urn}","resource":{{"resourceType":"Patient","gender":"other"}}}},
        {{"fullUrl":"urn:uuid:1","resource":{{"resourceType":"Medication","code":{{"coding":[{{"code":"m"}}]}}}}}},
        {{"fullUrl":"urn:uuid:2","resource":{{"resourceType":"MedicationRequest","id":"r","subject":{{"reference":"{urn}"}},"medicationReference":{{"reference":"urn:uuid:1"}}}}}},
        {{"fullUrl":"https://server.example/fhir/Condition/c","resource":{}}},
        {{"request":{{"method":"DELETE","url":"Condition/9"}}}}
    ]}}"#,
        condition("c", "").replace("Patient/p1", urn)
    );
    let import = Export::new().file("one.json", &bundle).import();
    assert_eq!(
        (import.patients.len(), import.events.len()),
        (1, 2),
        "{}",
        import.report
    );
    assert_eq!(
        import.patients[0].id,
        "0b1c2d3e-0000-4000-8000-000000000001"
    );
    assert_eq!(
        import.report.place(import.events[0].source),
        "one.json entry 4"
    );
    // The same in one line of an NDJSON file, and gzipped.
    let line = bundle.replace('\n', "");
    assert_eq!(
        Export::new()
            .file("all.ndjson", &line)
            .import()
            .events
            .len(),
        2
    );
    assert_eq!(
        Export::new()
            .file("all.json.gz", gzip(line.as_bytes()))
            .import()
            .events
            .len(),
        2
    );
}

#[test]
fn a_folder_of_bundles_is_read_file_by_file() {
    let bundle = |id: &str| {
        let patient = PATIENT.replace("p1", id);
        let condition =
            condition(&format!("c-{id}"), "").replace("Patient/p1", &format!("urn:uuid:{id}"));
        format!(
            r#"{{"resourceType":"Bundle","entry":[{{"fullUrl":"urn:uuid:{id}","resource":{patient}}},{{"resource":{condition}}}]}}"#
        )
    };
    let import = Export::new()
        .file("a.json", bundle("a"))
        .file("b.json", bundle("b"))
        .file("notes.txt", "x")
        .import();
    assert_eq!((import.patients.len(), import.events.len()), (2, 2));
    assert_eq!(import.events_of(1).len(), 1);
    assert!(import.events_of(2).is_empty());
    assert!(matches!(
        import.report.files[2].outcome,
        FileOutcome::PassedOver(_)
    ));
}

#[test]
fn a_truncated_bundle_is_incomplete() {
    let bundle = format!("{{\"resourceType\":\"Bundle\",\"entry\":[\n{{\"resource\":{PATIENT}");
    let import = Export::new().file("one.json", bundle).import();
    assert!(!import.report.is_complete(), "{}", import.report);
}

#[test]
fn files_that_are_no_fhir_are_passed_over() {
    let log = "{\"exportId\":\"1\",\"eventId\":\"kickoff\"}\n{\"exportId\":\"1\"}\n";
    let export = Export::new()
        .file("Patient.000.ndjson", PATIENT)
        .file("log.ndjson", log)
        .file("README", "x")
        .file("empty.ndjson", "");
    std::fs::create_dir(export.path("sub")).unwrap();
    let import = export.import();
    let passed_over = import
        .report
        .files
        .iter()
        .filter(|file| matches!(file.outcome, FileOutcome::PassedOver(_)));
    let names: Vec<_> = passed_over
        .map(|file| {
            file.path
                .file_name()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert_eq!(names, ["README", "log.ndjson", "sub"]);
    assert_eq!(import.report.types.len(), 1);
    assert!(import.report.is_complete());
}

#[test]
fn a_single_file_of_any_name_is_read() {
    let export = Export::new().file("export.txt", format!("{PATIENT}\n{}", condition("c1", "")));
    let import = fhir::import(&export.path("export.txt"), &Limits::default()).unwrap();
    assert_eq!(import.events.len(), 1);
    // NDJSON that is named as JSON.
    let export = Export::new().file("export.json", format!("{PATIENT}\n{}", condition("c1", "")));
    assert_eq!(export.import().events.len(), 1);
}

#[test]
fn an_import_in_steps_says_how_far_it_is_and_stops_when_told() {
    let export = Export::new()
        .file("a.ndjson", PATIENT)
        .file("b.ndjson", condition("c1", ""));
    let mut steps = Vec::new();
    let whole = fhir::import_in_steps(&export.path(""), &Limits::default(), |read, files| {
        steps.push((read, files));
        ControlFlow::Continue(())
    });
    assert_eq!(steps, [(0, 2), (1, 2)]);
    assert_eq!(whole.unwrap().events.len(), 1);
    let stopped = fhir::import_in_steps(&export.path(""), &Limits::default(), |read, _| {
        if read == 1 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let error = stopped.unwrap_err();
    assert!(
        matches!(error, ImportError::Stopped { read: 1, files: 2 }),
        "{error}"
    );
}

#[test]
fn nothing_to_read_is_an_error_that_says_what_to_give() {
    let absent = fhir::import(Path::new("/no/such/folder"), &Limits::default()).unwrap_err();
    assert!(matches!(absent, ImportError::Unreadable { .. }));
    let empty = tempfile::tempdir().unwrap();
    let error = fhir::import(empty.path(), &Limits::default()).unwrap_err();
    assert!(error.to_string().contains(".ndjson"), "{error}");
}
