//! Functions that bring older states up to date.

use std::collections::BTreeMap;

use es_domain::{EventKind, ReadEvent, ReplayErrorKind, RootAccess as _, Stamp, State, StateError, prelude::*};

#[derive(Aggregate, Debug, Default, Serialize, Deserialize)]
#[aggregate(upcast(Self::v1_to_v2, v2_to_v3))]
pub struct Page {
    root: Root<Self>,
    title: String,
}

#[events(derive(PartialEq), retired("Page.Moved" = Self::read_moved, "Page.Left" = read_left, "Page.Cut" = read_cut, "Page.Seen"))]
impl Page {
    #[event(Written, upcast(Page::written_v1_to_v2, written_v2_to_v3))]
    pub fn write(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            ..Self::default()
        }
    }

    #[event(Closed, discards)]
    #[expect(dead_code, reason = "retired events become it")]
    pub fn close(&mut self) {}

    #[event(Renamed)]
    #[expect(dead_code, reason = "retired events become it")]
    pub fn rename(&mut self, title: &str) {
        title.clone_into(&mut self.title);
    }

    fn v1_to_v2(state: State) -> State {
        state.renamed("name", "title")
    }

    fn written_v1_to_v2(state: State) -> State {
        state.renamed("name", "title")
    }

    fn read_moved(mut state: State) -> [PageEvent; 2] {
        let to = state.remove("to").unwrap_or_default();
        let title = to.as_text().unwrap_or_default();
        [
            PageEvent::Renamed {
                title: "moving".to_owned(),
            },
            PageEvent::Renamed {
                title: title.to_owned(),
            },
        ]
    }
}

fn read_left(state: State) -> Result<Vec<PageEvent>, StateError> {
    let title: Option<String> = state.into_value::<BTreeMap<String, String>>()?.remove("from");
    let title = title.unwrap_or_else(|| "left".to_owned());
    Ok(vec![PageEvent::Renamed { title }, PageEvent::Closed])
}

/// Version 1 cut the page, version 2 renamed what was left of it, too.
fn read_cut(_: State, version: u32) -> Vec<PageEvent> {
    match version {
        1 => Vec::new(),
        _ => vec![renamed("cut")],
    }
}

fn v2_to_v3(state: State) -> Result<State, String> {
    match state.get("title") {
        Some(State::Text(_)) => Ok(state),
        _ => Err("a page has a title".to_owned()),
    }
}

fn written_v2_to_v3(state: State) -> Result<State, std::num::ParseIntError> {
    state
        .get("size")
        .and_then(State::as_text)
        .unwrap_or("0")
        .parse::<u8>()?;
    Ok(state.without("size"))
}

fn old(name: &str) -> State {
    State::map([("name", name.into()), ("size", "3".into())])
}

#[test]
fn the_version_is_one_more_than_the_number_of_steps() {
    let versions: Vec<u32> = PageEvent::KINDS.iter().map(EventKind::version).collect();
    assert_eq!(versions, [3, 1, 1]);
    assert_eq!(Page::UPCASTERS.len(), 2);
}

#[test]
fn each_step_begins_where_the_one_before_ends() {
    let kind = &PageEvent::KINDS[0];
    let new = State::map([("title", "T".into())]);
    assert_eq!(kind.upcast(1, old("T")).expect("it is good"), new);
    assert_eq!(
        kind.upcast(2, State::map([("title", "T".into())])).expect("it is good"),
        new
    );
    // What is newer stays as it is.
    assert_eq!(kind.upcast(4, old("T")).expect("it is good"), old("T"));
}

#[test]
fn a_step_that_refuses_is_named() {
    let error = PageEvent::KINDS[0]
        .upcast(1, old("T").with("size", "large"))
        .expect_err("it is no number");
    assert_eq!(error.version(), 2);
    assert_eq!(error.topic(), "Page.Written");
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some("invalid digit found in string"));
}

#[test]
fn retired_topics_are_the_aggregates_too() {
    assert_eq!(
        Page::topics(),
        [
            "Page.Written",
            "Page.Closed",
            "Page.Renamed",
            "Page.Moved",
            "Page.Left",
            "Page.Cut",
            "Page.Seen"
        ]
    );
    assert!(PageEvent::kind_of_topic("Page.Moved").is_none());
    assert!(PageEvent::retired_of_topic("Page.Moved").is_some());
}

/// Reads a stored event of a retired topic.
fn retired(id: Id<Page>, version: u64, topic: &str) -> ReadEvent<PageEvent> {
    let retired = PageEvent::retired_of_topic(topic).expect("it is retired");
    let bodies = retired.read(State::map([("to", "U".into())]), 1);
    ReadEvent::new(id, version, Stamp::now(), bodies.expect("it can be read"))
}

/// The events of a page as they are read from a store.
fn read(page: &mut Page) -> Vec<ReadEvent<PageEvent>> {
    page.collect_events().into_iter().map(ReadEvent::from).collect()
}

fn renamed(title: &str) -> PageEvent {
    PageEvent::Renamed {
        title: title.to_owned(),
    }
}

#[test]
fn a_retired_event_is_read_by_its_version_or_as_nothing() {
    let read = |topic, version| {
        let retired = PageEvent::retired_of_topic(topic).expect("it is retired");
        retired.read(State::Null, version).expect("it can be read")
    };
    assert_eq!(read("Page.Cut", 1), []);
    assert_eq!(read("Page.Cut", 2), [renamed("cut")]);
    assert_eq!(read("Page.Seen", 1), []);
}

#[test]
fn several_bodies_make_one_version() {
    let mut page = Page::write("T");
    let mut events = read(&mut page);
    events.push(retired(page.id(), 2, "Page.Moved"));
    assert_eq!(events[1].bodies().len(), 2);
    let moved = Page::replay(events.clone()).expect("it replays").expect("it lives");
    assert_eq!((moved.version(), moved.title.as_str()), (2, "U"));

    events.push(ReadEvent::new(page.id(), 3, Stamp::now(), vec![renamed("V")]));
    let page = Page::replay(events).expect("it replays").expect("it lives");
    assert_eq!((page.version(), page.title.as_str()), (3, "V"));
}

#[test]
fn an_event_without_a_body_counts_as_a_version_and_changes_nothing() {
    let mut page = Page::write("T");
    let mut events = read(&mut page);
    events.push(ReadEvent::new(page.id(), 2, Stamp::now(), Vec::new()));
    events.push(ReadEvent::new(page.id(), 3, Stamp::now(), vec![renamed("V")]));
    let page = Page::replay(events[..2].to_vec())
        .expect("it replays")
        .expect("it lives");
    assert_eq!((page.version(), page.title.as_str()), (2, "T"));
    let page = Page::replay(events).expect("it replays").expect("it lives");
    assert_eq!((page.version(), page.title.as_str()), (3, "V"));
}

#[test]
fn an_aggregate_whose_only_event_was_dropped_is_not_found() {
    let id = Id::<Page>::new();
    let dropped = ReadEvent::new(id, 1, Stamp::now(), Vec::new());
    assert!(Page::replay([dropped]).expect("it replays").is_none());
}

#[test]
fn several_bodies_become_several_domain_events_of_one_version() {
    let event = retired(Id::new(), 2, "Page.Moved");
    let stamp = event.stamp().clone();
    let versions = event
        .into_domain_events()
        .map(|event| (event.originator_version(), event.stamp().clone()));
    assert_eq!(versions.collect::<Vec<_>>(), [(2, stamp.clone()), (2, stamp)]);
}

#[test]
fn one_of_several_bodies_may_end_the_life() {
    let mut page = Page::write("T");
    let mut events = read(&mut page);
    events.push(retired(page.id(), 2, "Page.Left"));
    assert!(Page::replay(events.clone()).expect("it replays").is_none());

    events[1] = ReadEvent::new(page.id(), 2, Stamp::now(), vec![PageEvent::Closed, renamed("V")]);
    let error = Page::replay(events).expect_err("it comes after the end");
    assert_eq!(*error.kind(), ReplayErrorKind::Discarded);
    assert_eq!(error.topic(), "Page.Renamed");

    let written = PageEvent::Written { title: "T".to_owned() };
    let first = ReadEvent::new(page.id(), 1, Stamp::now(), vec![written, renamed("V")]);
    let page = Page::replay([first]).expect("it replays").expect("it lives");
    assert_eq!((page.version(), page.title.as_str()), (1, "V"));
}
