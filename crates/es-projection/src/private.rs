//! What es-system takes of this crate: reading logs ahead, and the texts of errors. No part of the public interface.

pub use crate::{
    feed::{Anchor, Content, Feed, FeedError, Mark, Piece, check, decode, panicked},
    remedy::chain,
};
