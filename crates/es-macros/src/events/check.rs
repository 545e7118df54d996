//! Rules that concern several events.

use syn::{Ident, LitStr, ext::IdentExt as _};

use super::model::{Event, Events, Kind};
use crate::errors::Errors;

pub(crate) fn check(events: &Events, errors: &mut Errors) {
    check_initial(events, errors);
    check_names(events, errors);
    check_topics(events, errors);
}

/// Nothing can happen to an aggregate that no event makes.
fn check_initial(events: &Events, errors: &mut Errors) {
    let self_ty = events.self_ty.ident();
    if events.events().next().is_none() {
        errors.on(
            self_ty,
            "no method is marked as an event: put `#[event]` on the methods that change the aggregate",
        );
    } else if !events.events().any(|event| matches!(event.kind, Kind::Initial { .. })) {
        let message = format!(
            "no event makes a new `{self_ty}`: mark a method without `self` that returns `Self` with `#[event]`"
        );
        errors.on(self_ty, message);
    }
}

/// Two variants of one name would be an error in code that the user does not see.
fn check_names(events: &Events, errors: &mut Errors) {
    let mut seen: Vec<(&Ident, &Event)> = Vec::new();
    for event in events.events() {
        let earlier = seen
            .iter()
            .find(|(name, other)| name.unraw() == event.name.unraw() && may_meet(event, other));
        if let Some((first, _)) = earlier {
            let name = &event.name;
            errors.on(
                name,
                format!("two events are called `{name}`: write `#[event(Name)]` with another name"),
            );
            errors.on(first, format!("the first `{name}` is here"));
        }
        seen.push((&event.name, event));
    }
}

/// What is stored under one topic can be read as one event only.
fn check_topics(events: &Events, errors: &mut Errors) {
    let mut seen: Vec<(&LitStr, &Event)> = Vec::new();
    for event in events.events() {
        for topic in event.topic.iter().chain(&event.aliases) {
            let earlier = seen
                .iter()
                .find(|(other, owner)| other.value() == topic.value() && may_meet(event, owner));
            if let Some((first, _)) = earlier {
                let text = topic.value();
                errors.on(
                    topic,
                    format!("`{text}` is taken: give each topic and alias to one event, once"),
                );
                errors.on(first, format!("`{text}` is first used here"));
            }
            seen.push((topic, event));
        }
    }
}

/// Events under a condition each may be meant for different builds.
fn may_meet(event: &Event, other: &Event) -> bool {
    std::ptr::eq(event, other) || event.attrs.cfgs.is_empty() || other.attrs.cfgs.is_empty()
}
