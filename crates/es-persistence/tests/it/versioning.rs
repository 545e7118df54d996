//! States of other versions than the program's, and what stands beside the body.

use es_domain::{Metadata, RootAccess as _, State, prelude::*, with_metadata};
use es_persistence::{Mapper, MapperErrorKind, StateFormat, StoredEvent, Transcoder};

use crate::fixture::{chain, transcoding};

#[derive(Aggregate, Debug, Default)]
struct Page {
    root: Root<Self>,
    title: String,
    lines: Vec<String>,
}

#[events(
    derive(PartialEq),
    retired("Page.Moved" = Page::read_moved, "Page.Copied" = read_copied)
)]
impl Page {
    #[event(Written, upcast(Self::written_v1_to_v2, written_v2_to_v3))]
    fn write(title: &str, lines: Vec<String>) -> Self {
        let title = title.to_owned();
        Self {
            title,
            lines,
            ..Self::default()
        }
    }

    #[event(LineAdded)]
    fn add_line(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }

    #[event(Renamed, alias = "Page.Retitled", upcast(renamed_v1_to_v2))]
    fn rename(&mut self, title: &str) {
        title.clone_into(&mut self.title);
    }

    fn written_v1_to_v2(state: State) -> State {
        state.renamed("name", "title")
    }

    /// What was moved got another title and a line that says so.
    fn read_moved(mut state: State) -> Result<Vec<PageEvent>, String> {
        let to = state.remove("to").unwrap_or_default();
        let to = to.as_text().ok_or("no `to`")?;
        Ok(vec![
            PageEvent::Renamed { title: to.to_owned() },
            PageEvent::LineAdded {
                line: format!("moved to {to}"),
            },
        ])
    }
}

fn written_v2_to_v3(mut state: State) -> Result<State, String> {
    let body = state.remove("body").unwrap_or_default();
    let text = body.as_text().ok_or("the body is no text")?;
    let lines: Vec<&str> = text.lines().collect();
    Ok(state.with("lines", lines))
}

fn renamed_v1_to_v2(state: State) -> State {
    state.renamed("to", "title")
}

fn read_copied(_: State) -> Vec<PageEvent> {
    Vec::new()
}

fn stored(topic: &'static str, version: u64, schema_version: u16, state: &str) -> StoredEvent {
    let id = Id::<Page>::from_uuid(uuid::Uuid::from_u128(1)).to_originator_id();
    StoredEvent::new(id, version, topic, state.as_bytes().to_vec()).with_schema_version(schema_version)
}

fn read(stored: &StoredEvent) -> PageEvent {
    Mapper::default().to_domain::<PageEvent>(stored).unwrap().bodies()[0].clone()
}

fn fails(stored: &StoredEvent) -> es_persistence::MapperError {
    Mapper::default().to_domain::<PageEvent>(stored).unwrap_err()
}

fn written() -> PageEvent {
    PageEvent::Written {
        title: "T".to_owned(),
        lines: vec!["a".to_owned(), "b".to_owned()],
    }
}

#[test]
fn the_version_of_the_body_has_a_column() {
    let mut page = Page::write("T", Vec::new());
    page.add_line("a");
    page.rename("U");
    let rows = page.collect_events();
    let rows = rows.iter().map(|event| Mapper::default().to_stored(event).unwrap());
    let rows: Vec<_> = rows
        .map(|row| (row.schema_version, String::from_utf8(row.state).unwrap()))
        .collect();
    assert_eq!(rows[0], (3, r#"{"title":"T","lines":[]}"#.to_owned()));
    assert_eq!(rows[1], (1, r#"{"line":"a"}"#.to_owned()));
    assert_eq!(rows[2], (2, r#"{"title":"U"}"#.to_owned()));
}

#[test]
fn older_states_are_brought_up_to_date_step_by_step() {
    for (version, state) in [
        (0, r#"{"name":"T","body":"a\nb"}"#),
        (1, r#"{"name":"T","body":"a\nb"}"#),
        (2, r#"{"title":"T","body":"a\nb"}"#),
        (3, r#"{"title":"T","lines":["a","b"]}"#),
    ] {
        assert_eq!(read(&stored("Page.Written", 1, version, state)), written(), "{state}");
    }
}

#[test]
fn a_renamed_event_is_brought_up_to_date_too() {
    let renamed = PageEvent::Renamed { title: "U".to_owned() };
    assert_eq!(read(&stored("Page.Retitled", 2, 1, r#"{"to":"U"}"#)), renamed);
    assert_eq!(read(&stored("Page.Renamed", 2, 2, r#"{"title":"U"}"#)), renamed);
}

#[test]
fn a_newer_state_is_read_if_fields_were_only_added() {
    let state = r#"{"title":"T","lines":["a","b"],"size":7}"#;
    assert_eq!(read(&stored("Page.Written", 1, 9, state)), written());

    let error = fails(&stored("Page.Written", 1, 9, r#"{"title":"T","text":"a"}"#));
    assert!(
        matches!(
            error.kind(),
            MapperErrorKind::NewerVersion {
                stored: 9,
                known: 3,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(chain(&error).contains("missing field `lines`"), "{}", chain(&error));

    let error = fails(&stored("Page.LineAdded", 2, 2, "{}"));
    assert!(matches!(
        error.kind(),
        MapperErrorKind::NewerVersion {
            stored: 2,
            known: 1,
            ..
        }
    ));
}

#[test]
fn an_upcaster_that_refuses_is_named() {
    let error = fails(&stored("Page.Written", 1, 2, r#"{"title":"T","body":3}"#));
    assert!(matches!(error.kind(), MapperErrorKind::Upcasting(error) if error.version() == 2));
    assert!(
        chain(&error).ends_with(
            "is older and cannot be brought up to date: the state of \"Page.Written\" cannot be brought up to date from \
             version 2: the body is no text"
        ),
        "{}",
        chain(&error)
    );
}

#[test]
fn a_retired_event_is_read_as_several() {
    let moved = stored("Page.Moved", 2, 1, r#"{"to":"U"}"#);
    let event = Mapper::default().to_domain::<PageEvent>(&moved).unwrap();
    assert_eq!(event.bodies().len(), 2);
    let first = Mapper::default()
        .to_domain(&stored("Page.Written", 1, 1, r#"{"name":"T","body":""}"#))
        .unwrap();
    let last = Mapper::default()
        .to_domain(&stored("Page.LineAdded", 3, 1, r#"{"line":"z"}"#))
        .unwrap();
    let page = Page::replay([first, event, last]).unwrap().unwrap();
    assert_eq!((page.version(), page.title.as_str()), (3, "U"));
    assert_eq!(page.lines, ["moved to U", "z"]);
    assert_eq!(
        Mapper::default()
            .to_domain_of::<PageEvent>(&moved)
            .unwrap()
            .unwrap()
            .originator_version(),
        2
    );

    let error = fails(&stored("Page.Moved", 2, 1, "{}"));
    assert!(chain(&error).ends_with("no `to`"), "{}", chain(&error));
    let copied = stored("Page.Copied", 2, 1, "{}");
    let event = Mapper::default().to_domain::<PageEvent>(&copied).unwrap();
    assert_eq!(event.bodies(), []);
}

#[test]
fn compact_formats_are_brought_up_to_date_as_well() {
    #[derive(Serialize)]
    struct Old {
        name: String,
        body: String,
    }

    let mapper = transcoding(Transcoder::MessagePack);
    let page = Page::write("T", Vec::new());
    let mut stored = mapper.to_stored(&page.pending_events()[0]).unwrap();
    let (name, body) = ("T".to_owned(), "a\nb".to_owned());
    let old = Transcoder::MessagePack.encode(&Old { name, body }).unwrap();
    stored.schema_version = 1;
    stored.state = [&[StateFormat::MESSAGE_PACK.byte()], &old[..]].concat();
    let event = mapper.to_domain::<PageEvent>(&stored).unwrap();
    assert_eq!(event.bodies(), [written()]);
    assert_eq!(event.stamp(), page.pending_events()[0].stamp());
}

#[test]
fn metadata_is_written_if_there_is_any_and_read_back() {
    let metadata = Metadata::new()
        .correlation_id("request-1")
        .causation_id("c")
        .with("user", "ann");
    let mut page = with_metadata(metadata, || Page::write("T", Vec::new()));
    page.add_line("a");
    for transcoder in [Transcoder::Json, Transcoder::MessagePack] {
        let mapper = transcoding(transcoder);
        for event in page.pending_events() {
            let stored = mapper.to_stored(event).unwrap();
            assert_eq!(mapper.to_domain(&stored).unwrap(), *event);
        }
    }
    let stored = Mapper::default().to_stored(&page.pending_events()[0]).unwrap();
    let expected = r#"{"causation_id":"c","correlation_id":"request-1","user":"ann"}"#;
    assert_eq!(stored.metadata, Some(expected.as_bytes().to_vec()));
    let without = Mapper::default().to_stored(&page.pending_events()[1]).unwrap();
    assert_eq!(without.metadata, None);
}
