//! Changes of attributes as events.

use es_domain::prelude::*;

use crate::replayed;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Colour {
    #[default]
    Red,
    Blue,
}

#[derive(Aggregate, Debug, Default)]
pub struct Car {
    root: Root<Self>,
    name: String,
    colour: Colour,
    r#type: Option<String>,
    seats: Vec<u8>,
}

#[events(
    derive(PartialEq),
    attributes(
        pub name: &str,
        /// Paints it.
        pub(crate) colour: Colour,
        r#type: Option<String>,
        #[inline] seats: &[u8],
    ),
)]
impl Car {
    #[event(Built)]
    pub fn build() -> Self {
        Self::default()
    }

    /// Decides, and leaves the change to the attribute.
    pub fn repaint(&mut self) {
        let colour = match self.colour {
            Colour::Red => Colour::Blue,
            Colour::Blue => Colour::Red,
        };
        self.set_colour(colour);
    }
}

#[test]
fn a_change_of_an_attribute_is_an_event() {
    let mut car = Car::build();
    car.set_name("Mr Boots");
    car.repaint();
    car.set_type(Some("van".to_owned()));
    car.set_seats(&[1, 2]);
    assert_eq!(
        (car.name.as_str(), car.colour, car.version()),
        ("Mr Boots", Colour::Blue, 5)
    );

    let bodies: Vec<&CarEvent> = car.pending_events().iter().map(DomainEvent::body).collect();
    assert_eq!(
        *bodies[1],
        CarEvent::NameChanged {
            name: "Mr Boots".to_owned()
        }
    );
    assert_eq!(*bodies[2], CarEvent::ColourChanged { colour: Colour::Blue });
    assert_eq!(
        *bodies[3],
        CarEvent::TypeChanged {
            r#type: Some("van".to_owned())
        }
    );
    assert_eq!(*bodies[4], CarEvent::SeatsChanged { seats: vec![1, 2] });
    assert_eq!(car.pending_events()[1].topic(), "Car.NameChanged");

    let again = replayed(&car);
    assert_eq!(
        (again.name, again.colour, again.r#type, again.seats),
        (car.name, car.colour, car.r#type, car.seats)
    );
}
