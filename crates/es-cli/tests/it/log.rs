//! `es log`, `es show`, `es trace` and `es export`.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use serde_json::{Value, json};

use crate::school::{Dog, School};

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_printed_in_the_order_of_its_positions() {
    for school in School::all().await {
        let (dog, trainer) = school.fill().await;
        let events = objects(&school.printed(&["log", "--json"]));
        let topics: Vec<_> = events.iter().map(|event| event["topic"].clone()).collect();
        assert_eq!(topics, ["Dog.Registered", "Dog.Renamed", "Trainer.Hired"]);
        assert_eq!(events[0]["body"], json!({ "name": "Fido", "age": 3 }));
        assert_eq!(events[0]["originator_id"], dog.to_string());
        assert_eq!(events[2]["originator_id"], trainer.to_string());
        assert_eq!(events[2]["metadata"]["correlation_id"], "request-7");

        let table = school.printed(&["log"]);
        assert_eq!(table.lines().count(), 3, "a pipe gets no head: {table}");
        assert!(
            table.lines().next().unwrap().ends_with(r#"{"age":3,"name":"Fido"}"#),
            "{table}"
        );
        let csv = school.printed(&["log", "--csv"]);
        assert!(csv.starts_with("position,timestamp,topic,"), "{csv}");
        assert!(csv.contains(r#""{""age"":3,""name"":""Fido""}""#), "{csv}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_choose_events() {
    for school in School::all().await {
        let (dog, _) = school.fill().await;
        let count = |arguments: &[&str]| {
            let arguments = [&["log", "--json"], arguments].concat();
            objects(&school.printed(&arguments)).len()
        };
        assert_eq!(count(&["--family", "Dog"]), 2);
        assert_eq!(count(&["--topic", "Dog.Renamed", "--topic", "Trainer.Hired"]), 2);
        assert_eq!(count(&["--after", "1"]), 2);
        assert_eq!(count(&["--up-to", "1"]), 1);
        assert_eq!(count(&["--limit", "2"]), 2);
        assert_eq!(count(&["--limit", "0"]), 0);
        assert_eq!(count(&["--aggregate", &dog.to_string()]), 2);
        assert_eq!(count(&["--correlation", "request-7"]), 3);
        assert_eq!(count(&["--correlation", "request-8"]), 0);
        assert_eq!(count(&["--text", "Rex"]), 1);
        assert_eq!(count(&["--since", "2000-01-01T00:00:00Z"]), 3);
        assert_eq!(count(&["--until", "2000-01-01T00:00:00Z"]), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_followed_log_goes_on_with_new_events() {
    for school in School::all().await {
        school.fill().await;
        let mut command = school.command(&["log", "--follow", "--json", "--limit", "4"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for _ in 0..3 {
            lines.next().unwrap().unwrap();
        }
        school.app.save(&mut Dog::register("Bella", 1)).await.unwrap();
        let last: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(last["body"]["name"], "Bella");
        assert!(lines.next().is_none());
        assert!(child.wait().unwrap().success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_shows_what_is_different() {
    for school in School::all().await {
        let (dog, _) = school.fill().await;
        let text = school.printed(&["show", &dog.to_string()]);
        let lines: Vec<_> = text.lines().map(str::trim_start).collect();
        assert!(
            lines[0].starts_with("version 1 ") && lines[0].ends_with("Dog.Registered"),
            "{text}"
        );
        assert_eq!(
            lines[1..4],
            ["+ age: 3", "+ name: \"Fido\"", "@ correlation_id: request-7"]
        );
        assert!(lines[4].ends_with("Dog.Renamed"), "{text}");
        assert_eq!(lines[5], "~ name: \"Fido\" -> \"Rex\"");
        assert_eq!(objects(&school.printed(&["show", "--json", &dog.to_string()])).len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_has_caused_is_a_tree() {
    for school in School::all().await {
        school.fill().await;
        let tree = school.printed(&["trace", "request-7"]);
        let lines: Vec<_> = tree.lines().collect();
        assert_eq!(lines[0], "request-7 (3 events)");
        assert!(lines[1].contains(" ms  Dog.Registered"), "{tree}");
        assert!(lines[2].contains(" ms    Trainer.Hired"), "{tree}");
        assert!(lines[3].contains(" ms  Dog.Renamed"), "{tree}");

        let events = objects(&school.printed(&["log", "--json"]));
        let by_event = school.printed(&["trace", events[2]["event_id"].as_str().unwrap()]);
        assert_eq!(by_event, tree);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exported_events_are_cloud_events() {
    for school in School::all().await {
        let (dog, _) = school.fill().await;
        let file = school.folder.path().join("events.jsonl");
        let arguments = [
            "export",
            "--envelope",
            "cloudevents",
            "--output",
            file.to_str().unwrap(),
        ];
        assert_eq!(school.printed(&arguments), "");
        let events = objects(&std::fs::read_to_string(file).unwrap());
        assert_eq!(events.len(), 3);
        let first = &events[0];
        assert_eq!(first["specversion"], "1.0");
        assert_eq!(first["source"], "/DogSchool");
        assert_eq!(first["type"], "Dog.Registered");
        assert_eq!(first["subject"], dog.to_string());
        assert_eq!(first["correlationid"], "request-7");
        assert_eq!(first["sequence"], "00000000000000000001");
        assert_eq!(first["data"], json!({ "name": "Fido", "age": 3 }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_bodies_are_shown_with_the_key_and_only_then() {
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let school = School::sqlite_with(|environment| environment.with("CIPHER_KEY", key)).await;
    school.fill().await;
    let sealed = objects(&school.printed(&["log", "--json"]));
    assert_eq!(sealed[0]["sealed"], true);
    assert!(sealed[0].get("body").is_none());

    let output = school
        .command(&["log", "--json"])
        .env("CIPHER_KEY", key)
        .output()
        .unwrap();
    let opened = objects(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(opened[0]["body"]["name"], "Fido");
}
