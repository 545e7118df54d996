//! What a recorder says of itself is what its backend says to the suite.

use crate::{Part, fixture::Fixture};

pub(super) async fn of_positions_is_as_told(fixture: &Fixture) {
    let capabilities = fixture.application().await.capabilities();
    assert_eq!(
        capabilities.contiguous_positions,
        fixture.supports(Part::ContiguousPositions)
    );
}

pub(super) async fn of_durability_is_as_told(fixture: &Fixture) {
    let capabilities = fixture.application().await.capabilities();
    assert_eq!(capabilities.durable, fixture.supports(Part::Durability));
}
