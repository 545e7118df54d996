//! One try to store a group of saves in one transaction.

use super::refusal::Refusal;
use crate::error::Failure;

/// The mark that a transaction leaves in the rows of tracking that it writes. No other transaction has the same.
pub(super) type Token = [u8; 16];

/// Makes tokens: a number drawn by chance when the file was opened, and counted on.
pub(super) struct Tokens(u128);

impl Tokens {
    pub(super) fn new() -> Result<Self, Failure> {
        let mut bytes = Token::default();
        getrandom::fill(&mut bytes).map_err(Failure::new)?;
        Ok(Self(u128::from_ne_bytes(bytes)))
    }

    pub(super) fn next(&mut self) -> Token {
        self.0 = self.0.wrapping_add(1);
        self.0.to_ne_bytes()
    }
}

/// The token of a transaction, and what its statements have said of each save so far.
pub(super) struct Attempt {
    pub(super) token: Token,
    pub(super) written: Vec<Result<Vec<u64>, Refusal>>,
}

impl Attempt {
    pub(super) const fn new(token: Token) -> Self {
        Self {
            token,
            written: Vec::new(),
        }
    }

    /// Returns `true` if the tables have refused the save at `index` of the group.
    pub(super) fn has_refused(&self, index: usize) -> bool {
        self.written.get(index).is_some_and(Result::is_err)
    }
}
