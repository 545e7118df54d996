//! What the arguments of `test` mean.

use super::*;

fn parse(arguments: &[&str]) -> Result<Options, Error> {
    let arguments: Vec<String> = arguments.iter().copied().map(str::to_owned).collect();
    Options::parse(&arguments)
}

fn mistake(arguments: &[&str]) -> String {
    match parse(arguments) {
        Err(Error::Usage(mistake)) => mistake,
        other => panic!("expected a mistake, got {other:?}"),
    }
}

fn excluded(store: Option<Store>) -> Vec<&'static str> {
    Store::excluded(store).collect()
}

#[test]
fn without_arguments_every_store_is_tested() {
    assert_eq!(parse(&[]).unwrap(), Options::default());
    assert_eq!(parse(&["--store", "all"]).unwrap(), Options::default());
    assert_eq!(excluded(None), [""; 0]);
}

#[test]
fn a_store_excludes_the_crates_of_the_others() {
    assert_eq!(parse(&["--store", "sqlite"]).unwrap().store, Some(Store::Sqlite));
    assert_eq!(parse(&["--store=memory"]).unwrap().store, Some(Store::Memory));
    assert_eq!(excluded(Some(Store::Memory)), ["es-sqlite", "es-postgres"]);
    assert_eq!(excluded(Some(Store::Sqlite)), ["es-postgres"]);
}

#[test]
fn what_follows_two_dashes_goes_to_the_runner() {
    let options = parse(&["--store", "postgres", "--", "--store", "x"]).unwrap();
    assert_eq!(options.store, Some(Store::Postgres));
    assert_eq!(options.extra, ["--store", "x"]);
}

#[test]
fn a_mistake_names_what_is_allowed() {
    assert_eq!(
        mistake(&["--store", "oracle"]),
        "no store is called `oracle`, there are: memory, sqlite, postgres, all"
    );
    assert_eq!(
        mistake(&["--store"]),
        "`--store` needs one of: memory, sqlite, postgres, all"
    );
    assert_eq!(mistake(&["-q"]), "`test` does not know `-q`");
}

#[test]
fn the_whole_workspace_is_tested_unless_a_package_is_named() {
    let workspace = Workspace::parse(
        r#"{"workspace_root": "/w", "packages": [
            {"name": "es-sqlite", "manifest_path": "/w/Cargo.toml", "dependencies": []}
        ]}"#,
    )
    .unwrap();
    let packages = |arguments| parse(arguments).unwrap().packages(&workspace);
    assert_eq!(packages(&["--", "name"]), ["--workspace"]);
    assert_eq!(
        packages(&["--store", "memory"]),
        ["--workspace", "--exclude", "es-sqlite"]
    );
    assert_eq!(packages(&["--", "-p", "es-sqlite"]), [""; 0]);
}
