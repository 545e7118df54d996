//! `es stats`, `es verify`, `es keys` and `es completions`.

use es_application::prelude::*;

use crate::school::{School, es};

#[tokio::test(flavor = "multi_thread")]
async fn events_are_counted_by_type_and_hour() {
    for school in School::all().await {
        let (dog, _) = school.fill().await;
        let text = school.printed(&["stats"]);
        let rows: Vec<Vec<_>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert!(rows.contains(&vec!["events", "3"]), "{text}");
        assert!(rows.contains(&vec!["aggregates", "2"]), "{text}");
        assert!(rows.iter().any(|row| row.starts_with(&["Dog", "2", "1"])), "{text}");
        assert!(rows.iter().any(|row| row.starts_with(&["Trainer", "1", "1"])), "{text}");
        assert!(rows.contains(&vec![dog.to_string().as_str(), "2"]), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_without_events_is_counted_and_verified() {
    for school in School::all().await {
        assert!(school.printed(&["stats"]).starts_with("events      0"));
        assert!(school.printed(&["verify"]).starts_with("0 events"));
        assert_eq!(school.printed(&["log"]), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_named_and_has_an_exit_code_of_its_own() {
    let school = School::sqlite().await;
    school.fill().await;
    let whole = school.printed(&["verify"]);
    assert!(
        whole.starts_with("3 events up to position 3 are whole; 2 of them"),
        "{whole}"
    );

    let forge = async |connection: &mut sqlx::SqliteConnection| {
        let sql = "UPDATE dogschool_events SET state = CAST('{\"name\":\"Max\",\"age\":3}' AS BLOB) WHERE position = 1";
        sqlx::query(sql).execute(connection).await.map(drop)
    };
    let environment = Environment::new("DogSchool").with("PERSISTENCE_MODULE", "sqlite");
    let environment = environment.with("SQLITE_DBNAME", school.path());
    school.app.clone().close().await;
    es_sqlite::maintain(&environment, forge).await.unwrap();

    let output = school.run(&["verify"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(
        errors.contains("es: the log is damaged") && errors.contains("Dog.Registered"),
        "{errors}"
    );
}

#[test]
fn keys_and_completions_need_no_log() {
    let key = es(&["keys", "create"]).output().unwrap();
    let text = String::from_utf8(key.stdout).unwrap();
    assert_eq!(text.trim_end().len(), 44, "32 bytes in base64: {text}");
    let completions = es(&["completions", "bash"]).output().unwrap();
    assert!(String::from_utf8(completions.stdout).unwrap().contains("_es()"));
}
