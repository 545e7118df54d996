//! Parameters of event methods, which are the fields of events.

use std::collections::BTreeMap;

use es_domain::{RootAccess as _, prelude::*};

use crate::replayed;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    text: String,
}

#[derive(Aggregate, Clone, Debug, Default, PartialEq)]
pub struct Note {
    root: Root<Self>,
    title: String,
    lines: Vec<Line>,
    tags: BTreeMap<String, u8>,
    size: [usize; Self::SIDES],
    parents: Vec<Id<Self>>,
}

#[events(derive(PartialEq))]
impl Note {
    const SIDES: usize = 2;

    #[event]
    pub fn written(title: &str, lines: &[Line], size: [usize; Self::SIDES]) -> Self {
        Self {
            title: title.to_owned(),
            lines: lines.to_vec(),
            size,
            ..Self::default()
        }
    }

    #[event]
    pub fn line_replaced(&mut self, idx: usize, line: Line) {
        self.lines[idx] = line;
    }

    #[event]
    pub fn line_inserted(&mut self, line: &Line, at: Option<usize>) {
        self.lines.insert(at.unwrap_or_default(), line.clone());
    }

    #[event]
    pub fn tagged(&mut self, mut tags: BTreeMap<String, u8>) {
        self.tags.append(&mut tags);
    }

    #[event]
    pub fn adopted(&mut self, parents: &[Id<Self>], first: Id<Self>) {
        self.parents.push(first);
        self.parents.extend(parents);
    }

    /// Parameters that the library might use as names itself.
    #[event]
    pub fn joined(&mut self, aggregate: &Line, event: &str, self_: u8) {
        self.title = format!("{}{event}{self_}", aggregate.text);
    }

    #[event]
    pub fn captioned(&mut self, title: Option<&str>, lines: Option<&[Line]>, last: Option<&Line>) {
        title.unwrap_or("untitled").clone_into(&mut self.title);
        self.lines.extend_from_slice(lines.unwrap_or_default());
        self.lines.extend(last.cloned());
    }

    #[event]
    pub fn shouted(&mut self) {
        self.title.make_ascii_uppercase();
    }

    #[event]
    pub fn read_aloud(&mut self, by: &str) {}
}

fn line(text: &str) -> Line {
    Line { text: text.to_owned() }
}

fn note() -> Note {
    let mut note = Note::written("plan", &[line("a"), line("b")], [3, 4]);
    note.line_replaced(0, line("c"));
    note.line_inserted(&line("d"), Some(1));
    note.tagged(BTreeMap::from([("x".to_owned(), 1)]));
    note.adopted(&[note.id()], note.id());
    note.shouted();
    note.read_aloud("Ann");
    note
}

#[test]
fn borrowed_and_owned_parameters_do_their_work_in_the_body() {
    let note = note();
    assert_eq!(note.title, "PLAN");
    assert_eq!(note.lines, [line("c"), line("d"), line("b")]);
    assert_eq!(note.tags, BTreeMap::from([("x".to_owned(), 1)]));
    assert_eq!(note.size, [3, 4]);
    assert_eq!(note.parents, [note.id(), note.id()]);
}

#[test]
fn fields_own_what_parameters_borrow() {
    let note = note();
    let bodies: Vec<NoteEvent> = note.pending_events().iter().map(|event| event.body().clone()).collect();
    let expected = [
        NoteEvent::Written {
            title: "plan".to_owned(),
            lines: vec![line("a"), line("b")],
            size: [3, 4],
        },
        NoteEvent::LineReplaced {
            idx: 0,
            line: line("c"),
        },
        NoteEvent::LineInserted {
            line: line("d"),
            at: Some(1),
        },
        NoteEvent::Tagged {
            tags: BTreeMap::from([("x".to_owned(), 1)]),
        },
        NoteEvent::Adopted {
            parents: vec![note.id()],
            first: note.id(),
        },
        NoteEvent::Shouted,
        NoteEvent::ReadAloud { by: "Ann".to_owned() },
    ];
    assert_eq!(bodies, expected);
}

#[test]
fn a_replay_gives_the_state_that_triggering_gave() {
    let mut note = note();
    let again = replayed(&note);
    drop(note.collect_events());
    assert_eq!(again, note);
}

#[test]
fn an_event_without_parameters_is_stored_as_its_name() {
    let json = serde_json::to_string(&NoteEvent::Shouted).expect("it can be stored");
    assert_eq!(json, r#""Shouted""#);
}

/// Counts how often it is cloned.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Counted {
    clones: u32,
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Self {
            clones: self.clones + 1,
        }
    }
}

#[derive(Aggregate, Debug, Default)]
pub struct Jar {
    root: Root<Self>,
    held: Counted,
    seen: u32,
}

#[events]
impl Jar {
    #[event]
    pub fn made() -> Self {
        Self::default()
    }

    #[event]
    pub fn filled(&mut self, counted: Counted) {
        self.held = counted;
    }

    #[event]
    pub fn looked_at(&mut self, counted: &Counted) {
        self.seen = counted.clones;
    }
}

#[test]
fn optional_borrowed_parameters_become_optional_owned_fields() {
    let mut note = Note::written("x", &[], [1, 2]);
    note.captioned(Some("y"), Some(&[line("a")]), Some(&line("b")));
    note.captioned(None, None, None);
    let expected = [
        NoteEvent::Captioned {
            title: Some("y".to_owned()),
            lines: Some(vec![line("a")]),
            last: Some(line("b")),
        },
        NoteEvent::Captioned {
            title: None,
            lines: None,
            last: None,
        },
    ];
    let bodies: Vec<_> = note.pending_events()[1..].iter().map(DomainEvent::body).collect();
    assert_eq!(bodies, expected.iter().collect::<Vec<_>>());
    let again = replayed(&note);
    assert_eq!((again.title.as_str(), again.lines.len()), ("untitled", 2));
}

#[test]
fn a_parameter_may_have_any_name() {
    let mut note = Note::written("x", &[], [1, 2]);
    note.joined(&line("a"), "b", 3);
    assert_eq!((note.title.as_str(), replayed(&note).title.as_str()), ("ab3", "ab3"));
}

#[test]
fn triggering_clones_once_and_a_replay_moves() {
    let mut jar = Jar::made();
    jar.filled(Counted::default());
    jar.looked_at(&Counted::default());
    assert_eq!((jar.held.clones, jar.seen), (0, 0));
    let in_events = |jar: &mut Jar| {
        let events = jar.collect_events();
        let clones = events.iter().filter_map(|event| match event.body() {
            JarEvent::Filled { counted } | JarEvent::LookedAt { counted } => Some(counted.clones),
            JarEvent::Made => None,
        });
        (clones.collect::<Vec<_>>(), events)
    };
    let (clones, events) = in_events(&mut jar);
    assert_eq!(clones, [1, 1]);
    let again = Jar::replay(events).expect("it replays").expect("there are events");
    assert_eq!((again.held.clones, again.seen), (1, 1));
}
