//! What a recorder promises beyond the common contract.

/// What a recorder can do that another cannot: asked by tests, and by whoever depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Positions are 1, 2, 3, … without a hole.
    pub contiguous_positions: bool,
    /// What is stored is there after the process has ended.
    pub durable: bool,
}

impl Capabilities {
    /// Says that positions have no holes.
    #[must_use]
    pub const fn with_contiguous_positions(self) -> Self {
        Self {
            contiguous_positions: true,
            ..self
        }
    }

    /// Says that what is stored outlives the process.
    #[must_use]
    pub const fn with_durability(self) -> Self {
        Self { durable: true, ..self }
    }
}
