//! The keys that this library reads.

use super::Environment;

/// A key that this library reads, with its default and its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    name: &'static str,
    default: &'static str,
    meaning: &'static str,
}

impl Variable {
    /// The key.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The default; empty if there is none.
    pub const fn default(&self) -> &'static str {
        self.default
    }

    /// The meaning of the key, in Markdown.
    pub const fn meaning(&self) -> &'static str {
        self.meaning
    }
}

macro_rules! variables {
    ($($name:ident = $default:literal: $meaning:literal;)*) => {
        &[$(Variable { name: stringify!($name), default: $default, meaning: $meaning },)*]
    };
}

impl Environment {
    /// All keys that this library reads. The table at [`Environment`] is generated from them.
    pub const VARIABLES: &'static [Variable] = variables! {
        PERSISTENCE_MODULE = "`memory`": "The store: `memory`, `sqlite`, `postgres`, as far as the application has them.";
        INFRASTRUCTURE_FACTORY = "": "The same, by its older name.";
        FACTORY_TOPIC = "": "The same, by its oldest name.";
        REQUIRE_DURABLE = "`n`": "Whether an application whose events would be gone after a crash refuses to open.";
        REQUIRE_ENCRYPTED = "`n`": "Whether an application that would write plain states refuses to open.";
        CREATE_TABLE = "`y`": "Whether tables are made when they are not there.";
        IS_SNAPSHOTTING_ENABLED = "`y` where the program asks for snapshots": "Whether snapshots are kept.";
        AGGREGATE_CACHE_MAXSIZE = "": "How many aggregates are kept in memory; 0 for all. None are if it is not set.";
        AGGREGATE_CACHE_FASTFORWARD = "`y`": "Whether the events that have come since are read where an aggregate is in memory.";
        TRANSCODER_TOPIC = "`json`": "The form of states: `json` or `messagepack`.";
        COMPRESSOR_TOPIC = "`none`": "What makes states smaller: `zstd`, `zlib` or `none`.";
        COMPRESSOR_LEVEL = "1 for zstd, 6 for zlib": "How small, and how slowly: to 22 for zstd, to 9 for zlib.";
        COMPRESSOR_MIN_SIZE = "256; 48 with a dictionary": "Below so many bytes nothing is compressed.";
        COMPRESSOR_DICTIONARY = "": "Paths of zstd dictionaries, with commas between them: the first is written with.";
        STATE_MAX_SIZE = "8388608": "The greatest size of a state in bytes, uncompressed.";
        CIPHER_TOPIC = "`aes-256-gcm` where there is a key": "What encrypts states: `aes-256-gcm`, or `none`. With `none` and a key, states are written plain, and encrypted states are still read.";
        CIPHER_KEY = "": "One key in base64, of 16, 24 or 32 bytes, or several as `ID:KEY,ID:KEY`: the first encrypts, all decrypt. A key without an ID has the ID 1.";
        CIPHER_ACCEPT_PLAIN = "`n`": "Whether states that are not encrypted are read although there is a key.";
        HASH_CHAIN_KEY = "": "The key of hash chains, or several as in `CIPHER_KEY`: the first links, all verify.";
        SALT_FOR_DATA_INTEGRITY = "": "A text from which the key of hash chains is derived. Beside `HASH_CHAIN_KEY` it verifies events that were linked with it, and links no new ones.";
        HASH_CHAIN_ACCEPT = "`nothing`": "Which links may be missing or weaker: `nothing`, `unkeyed` (first events linked before there was a key), `unchained` (first events stored before the aggregate had a chain), `interrupted` (any event without a link). Each value includes those before it.";
        GENESIS_HASH = "": "A text that all hash chains begin with.";
        APPLICATION_IDENTITY = "the application's name": "What encrypted and chained states are bound to: the old name, when an application is renamed.";
        SQLITE_DBNAME = "": "The path of the file, a `file:` URI, or `:memory:`. Needed for `sqlite`.";
        SQLITE_LOCK_TIMEOUT = "5": "For how many seconds a save waits for other processes.";
        SQLITE_SYNCHRONOUS = "`FULL`": "What a commit waits for: `NORMAL` (saves can be lost with the power), `FULL`, `EXTRA`.";
        SQLITE_VIEWS = "the path of `SQLITE_DBNAME` with `-views` at its end": "The folder of the files of read models, or `:memory:`.";
        POSTGRES_DBNAME = "": "The database. Needed for `postgres`.";
        POSTGRES_HOST = "": "The server, or the folder of its socket. Needed for `postgres`.";
        POSTGRES_PORT = "5432": "The server's port.";
        POSTGRES_USER = "": "The account. Needed for `postgres`.";
        POSTGRES_PASSWORD = "": "The account's password.";
        POSTGRES_GET_PASSWORD_TOPIC = "": "Not a setting here: an error that names `es_postgres::PasswordProvider`, unless there is one.";
        POSTGRES_SCHEMA = "`public`": "The schema of the tables.";
        POSTGRES_SSL_MODE = "`verify-full`, locally `prefer`": "`verify-full`, `verify-ca`, `require`, `prefer` or `disable`.";
        POSTGRES_SSL_ROOT_CERT = "": "The path of the certificates that the server's is verified with.";
        POSTGRES_CONNECT_TIMEOUT = "30": "For how many seconds to wait for a connection.";
        POSTGRES_STATEMENT_TIMEOUT = "30": "After how many seconds the server gives up a statement.";
        POSTGRES_LOCK_TIMEOUT = "0": "After how many seconds the server gives up waiting for a lock; 0 for never.";
        POSTGRES_IDLE_IN_TRANSACTION_SESSION_TIMEOUT = "5": "After how many seconds the server ends a transaction that does nothing.";
        POSTGRES_POOL_SIZE = "5": "How many connections stay open.";
        POSTGRES_MAX_OVERFLOW = "10": "How many more there may be at once.";
        POSTGRES_CONN_MAX_AGE = "3600": "After how many seconds a connection is made anew.";
        POSTGRES_PRE_PING = "`n`": "Whether connections are tried before they are used.";
    };
}
