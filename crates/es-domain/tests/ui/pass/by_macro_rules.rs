//! Aggregates that a macro writes as a whole.
#![deny(warnings)]

use es_domain::prelude::*;

macro_rules! counted {
    ($name:ident, $topic:literal, $field:ident: $ty:ty, $($event:ident => $method:ident),*) => {
        #[derive(Aggregate, Debug, Default)]
        #[aggregate(topic = $topic)]
        pub struct $name {
            root: Root<Self>,
            $field: $ty,
        }

        #[events]
        impl $name {
            #[event(Started)]
            pub fn start($field: Option<&$ty>) -> Self {
                Self { $field: $field.copied().unwrap_or_default(), ..Self::default() }
            }

            $(
                #[event($event)]
                pub fn $method(&mut self, by: $ty) -> Result<(), String> {
                    self.$field += by;
                    Ok(())
                }
            )*
        }
    };
}

counted!(Clicks, "web.Clicks", count: u32, Clicked => click, Tapped => tap);
counted!(Distance, "Distance", metres: f64, Walked => walk);

fn main() {
    let mut clicks = Clicks::start(Some(&1));
    assert_eq!(clicks.click(2), Ok(()));
    assert_eq!(clicks.tap(3), Ok(()));
    assert_eq!((clicks.count, clicks.pending_events()[2].topic()), (6, "web.Clicks.Tapped"));
    let mut distance = Distance::start(None);
    assert_eq!(distance.walk(1.5), Ok(()));
    assert!(matches!(distance.pending_events()[1].body(), DistanceEvent::Walked { by } if *by == 1.5));
}
