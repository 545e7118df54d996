//! What holds for all events.

use std::collections::BTreeMap;

use es_domain::{ReadEvent, RootAccess as _, Snapshot, Stamp, State, Timestamp, prelude::*};
use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    root: Root<Self>,
    owner: String,
    balance: i64,
    notes: BTreeMap<String, Option<f64>>,
    limits: Vec<u64>,
}

#[events(derive(PartialEq), retired("Account.Moved" = read_moved))]
#[expect(dead_code, reason = "events are made as values here")]
impl Account {
    #[event(Opened)]
    pub fn open(owner: String, limits: Vec<u64>) -> Self {
        Self {
            owner,
            limits,
            ..Self::default()
        }
    }

    #[event(Deposited)]
    pub fn deposit(&mut self, amount: i64) {
        self.balance = self.balance.wrapping_add(amount);
    }

    #[event(Noted)]
    pub fn note(&mut self, key: String, value: Option<f64>) {
        self.notes.insert(key, value);
    }

    #[event(Withdrawn)]
    pub fn withdraw(&mut self, amount: i64) -> Result<(), String> {
        self.balance = self.balance.checked_sub(amount).ok_or("too much")?;
        Ok(())
    }

    #[event(Reset)]
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    #[event(Doubled)]
    pub fn double(&mut self) {
        self.deposit(self.balance);
    }

    #[event(Closed, discards)]
    pub fn close(&mut self) {}
}

fn read_moved(state: State) -> Result<Vec<AccountEvent>, es_domain::StateError> {
    state.into_value()
}

/// Events that can happen to a living account.
fn harmless() -> impl Strategy<Value = AccountEvent> {
    prop_oneof![
        any::<i64>().prop_map(|amount| AccountEvent::Deposited { amount }),
        (".{0,8}", any::<Option<i32>>()).prop_map(|(key, value)| AccountEvent::Noted {
            key,
            value: value.map(f64::from)
        }),
        (-100_i64..100).prop_map(|amount| AccountEvent::Withdrawn { amount }),
    ]
}

fn opened() -> impl Strategy<Value = AccountEvent> {
    (".{0,8}", vec(any::<u64>(), 0..3)).prop_map(|(owner, limits)| AccountEvent::Opened { owner, limits })
}

/// Any event at all.
fn wild() -> impl Strategy<Value = AccountEvent> {
    prop_oneof![
        4 => harmless(),
        1 => opened(),
        1 => any::<i64>().prop_map(|amount| AccountEvent::Withdrawn { amount }),
        1 => prop_oneof![Just(AccountEvent::Reset), Just(AccountEvent::Doubled), Just(AccountEvent::Closed)],
    ]
}

fn stamp(micros: i64) -> Stamp {
    Stamp::new(Uuid::nil(), Timestamp::from_micros(micros).unwrap_or(Timestamp::MAX))
}

/// The account that `bodies` make, and its events. A withdrawal may be refused, and is then left out.
fn account(first: AccountEvent, bodies: Vec<AccountEvent>) -> (Account, Vec<DomainEvent<AccountEvent>>) {
    let mut account = Account::create(Id::from_uuid(Uuid::from_u128(1)), first).expect("it is initial");
    for body in bodies {
        drop(account.trigger(body));
    }
    let events = account.collect_events();
    (account, events)
}

/// Any tree of values.
fn state() -> impl Strategy<Value = State> {
    let leaf = prop_oneof![
        Just(State::Null),
        any::<bool>().prop_map(State::Bool),
        any::<i64>().prop_map(State::from),
        any::<u64>().prop_map(State::from),
        any::<i128>().prop_map(State::from),
        any::<u128>().prop_map(State::from),
        (-1e9..1e9).prop_map(State::Float),
        ".{0,6}".prop_map(State::Text),
        vec(any::<u8>(), 0..4).prop_map(State::Bytes),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(State::List),
            vec((inner.clone(), inner), 0..4).prop_map(State::Map),
        ]
    })
}

proptest! {
    #[test]
    fn replaying_is_folding(first in opened(), bodies in vec(harmless(), 0..20)) {
        let (account, events) = account(first, bodies);
        let replayed = Account::replay(events.clone()).expect("it replays");
        let mut folded = None;
        for event in events {
            event.mutate(&mut folded).expect("it follows");
        }
        prop_assert_eq!(&replayed, &folded);
        prop_assert_eq!(replayed, Some(account));
    }

    #[test]
    fn a_replay_from_any_snapshot_equals_one_from_the_start(
        first in opened(),
        bodies in vec(harmless(), 0..20),
        at in any::<prop::sample::Index>(),
    ) {
        let (account, events) = account(first, bodies);
        let (before, after) = events.split_at(at.index(events.len()) + 1);
        let snapshot = Account::replay(before.to_vec()).expect("it replays").and_then(Snapshot::take);
        let stored = State::from_value(&snapshot.expect("all is saved")).expect("it can be written");
        let mut restored = Some(stored.into_value::<Snapshot<Account>>().expect("it can be read").into_aggregate());
        for event in after {
            event.clone().mutate(&mut restored).expect("it follows");
        }
        prop_assert_eq!(restored, Some(account));
    }

    #[test]
    fn encoding_and_decoding_are_inverse(event in wild()) {
        let state = State::from_value(&event).expect("it can be written");
        let read: AccountEvent = state.into_value().expect("it can be read");
        prop_assert_eq!(&read, &event);
        let json = serde_json::to_string(&event).expect("it can be written");
        let read: AccountEvent = serde_json::from_str(&json).expect("it can be read");
        prop_assert_eq!(&read, &event);
        let state: State = serde_json::from_str(&json).expect("it can be read");
        prop_assert_eq!(serde_json::to_string(&state).expect("it can be written"), json);
    }

    #[test]
    fn a_state_is_its_own_state(state in state()) {
        let same = State::from_value(&state).expect("it can be written");
        prop_assert_eq!(&same, &state);
        prop_assert_eq!(same.into_value::<State>(), Ok(state));
    }

    #[test]
    fn no_events_make_a_replay_panic(
        events in vec((0_u128..3, 0_u64..6, any::<i64>(), wild(), vec(wild(), 0..3)), 0..12),
    ) {
        let events = events.into_iter().map(|(id, version, micros, body, mut bodies)| {
            bodies.push(body);
            ReadEvent::new(Id::from_uuid(Uuid::from_u128(id)), version, stamp(micros), bodies)
        });
        drop(Account::replay(events));
    }

    #[test]
    fn in_order_a_replay_fails_or_has_every_version(first in opened(), bodies in vec(wild(), 0..12)) {
        let id = Id::from_uuid(Uuid::from_u128(1));
        let bodies = std::iter::once(first).chain(bodies);
        let events: Vec<_> = (1..).zip(bodies).map(|(version, body)| DomainEvent::new(id, version, stamp(0), body)).collect();
        let last = events.len() as u64;
        if let Ok(Some(account)) = Account::replay(events) {
            prop_assert_eq!((account.id(), account.version()), (id, last));
            prop_assert_eq!(account.root().refusal().map(ToString::to_string), None);
        }
    }

    #[test]
    fn what_is_triggered_can_be_replayed(first in opened(), bodies in vec(wild(), 0..12)) {
        let mut account = Account::create(Id::from_uuid(Uuid::from_u128(1)), first).expect("it is initial");
        for body in bodies {
            drop(account.trigger(body));
        }
        // Events whose bodies do what they must not are kept as refusals, and such an account is not saved.
        if account.root().refusal().is_none() {
            let is_over = account.root().is_discarded();
            let events = account.collect_events();
            let replayed = Account::replay(events).expect("it replays");
            prop_assert_eq!(replayed, (!is_over).then_some(account));
        }
    }

    #[test]
    fn no_state_makes_reading_panic(state in state(), version in 0_u32..4) {
        drop(state.clone().into_value::<AccountEvent>());
        drop(state.clone().into_value::<Snapshot<Account>>());
        let retired = AccountEvent::retired_of_topic("Account.Moved").expect("it is retired");
        drop(retired.read(state, version));
    }

    #[test]
    fn no_text_makes_parsing_panic(text in ".{0,40}") {
        drop(text.parse::<Id<Account>>());
        drop(text.parse::<Timestamp>());
        drop(text.parse::<es_domain::EventHash>());
    }
}
