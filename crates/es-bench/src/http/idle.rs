//! Tails that wait: what they cost.

use std::{
    fs,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};

use super::Fixture;
use crate::{AnyError, measure::Bench};

const TAILS: usize = 1_000;

/// How long the tails are watched: long enough for signs of life.
const TIME: Duration = Duration::from_secs(20);

/// Prints the memory and the processor time of a thousand idle tails, those of the readers' sockets included.
pub(super) async fn tails(bench: &Bench) -> Result<(), AnyError> {
    const NAME: &str = "http: 1,000 idle tails";
    if !bench.wants(NAME) {
        return Ok(());
    }
    let fixture = Fixture::open().await?;
    let address = fixture.base.strip_prefix("http://").ok_or("the base is no address")?;
    let head = format!(
        "GET /log/tail HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\n\r\n",
        fixture.token.reveal()
    );
    let before = memory();
    let mut streams = Vec::with_capacity(TAILS);
    for _ in 0..TAILS {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(head.as_bytes()).await?;
        stream.read_exact(&mut [0; 15]).await?;
        streams.push(stream);
    }
    let grown = memory().saturating_sub(before);
    let (start, used) = (Instant::now(), processor_time());
    sleep(TIME).await;
    let used = processor_time().saturating_sub(used);
    let share = used.as_secs_f64() / start.elapsed().as_secs_f64() * 100.0;
    println!(
        "| {NAME} | {} KiB of memory, {share:.2} % of one core | | | |",
        grown / 1024
    );
    Ok(())
}

/// The memory of this process, in bytes; 0 where the system does not tell.
fn memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kib.unwrap_or(0) * 1024
}

/// The processor time of this process; 0 where the system does not tell. It is counted in hundredths of a second.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ');
    let ticks = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}
