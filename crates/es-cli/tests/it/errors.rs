//! Error messages of the command, and tests that it changes nothing.

use std::{
    fs,
    io::Read as _,
    process::{Command, Stdio},
};

use crate::school::{School, es};

/// The exit code and the text of a command that must fail.
fn failure(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn what_is_missing_is_named() {
    for (arguments, expected) in [
        (
            &["log"][..],
            "es: the name of the application is missing: give it with --app",
        ),
        (
            &["--app", "DogSchool", "log"],
            "es: no store is chosen: give --database",
        ),
        (
            &["--app", "DogSchool", "--database", "nowhere.sqlite", "log"],
            "es: there is no file nowhere.sqlite",
        ),
        (
            &["--app", "DogSchool", "--database", "mysql://ann:secret@host/db", "log"],
            "es: --database has the scheme \"mysql\"",
        ),
    ] {
        let (code, text) = failure(&mut es(arguments));
        assert_eq!(code, Some(1));
        assert!(text.starts_with(expected), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
    assert!(!std::path::Path::new("nowhere.sqlite").exists());
}

#[test]
fn wrong_arguments_have_an_exit_code_of_their_own() {
    for arguments in [
        &["lgo"][..],
        &[],
        &["log", "--since", "yesterday"],
        &["log", "--json", "--csv"],
    ] {
        let (code, text) = failure(&mut es(arguments));
        assert_eq!(code, Some(2), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_is_not_there_is_named_and_nothing_is_made() {
    for school in School::all().await {
        let (code, text) = failure(&mut school.command(&["--app", "CatSchool", "log"]));
        assert_eq!(code, Some(1));
        assert!(text.contains("is --app CatSchool its name?"), "{text}");
        let (_, again) = failure(&mut school.command(&["--app", "CatSchool", "log"]));
        assert_eq!(again, text, "the first look has made nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_in_the_log_is_an_error() {
    for school in School::all().await {
        school.fill().await;
        let (_, text) = failure(&mut school.command(&["show", "Customer:7"]));
        assert!(text.starts_with("es: there is no aggregate Customer:7"), "{text}");
        let (_, text) = failure(&mut school.command(&["trace", "request-8"]));
        assert!(
            text.starts_with("es: no event has the ID or the correlation ID request-8"),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_changes_no_byte_of_a_file() {
    let school = School::sqlite().await;
    school.fill().await;
    school.app.clone().close().await;
    let before = fs::read(school.path()).unwrap();
    for arguments in [
        &["log"][..],
        &["stats"],
        &["verify"],
        &["trace", "request-7"],
        &["export"],
    ] {
        school.printed(arguments);
    }
    assert!(before == fs::read(school.path()).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_is_no_failure() {
    let school = School::sqlite().await;
    for _ in 0..300 {
        school.fill().await;
    }
    let mut command = school.command(&["log"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert!(child.wait().unwrap().success(), "{errors}");
    assert_eq!(errors, "");
}
