//! What an application does, on every store that needs no server.

mod bank;
mod execute;
mod follow;
mod log;
mod open;
mod save;
mod stores;
