//! A proxy that cuts connections at every byte: a reader misses nothing and sees nothing twice.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use es_http::{client::RemoteLog, server::Limits};
use es_persistence::{ReadableLog as _, Selection, Subscription};
use futures_util::{StreamExt as _, stream};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::{
    follow::Rows,
    school::dog,
    served::{LONG, Served},
    world::{World, app, on_every_store},
};

on_every_store! {
    a_follower_misses_nothing_and_sees_nothing_twice_however_often_it_is_cut,
}

/// How many bytes may pass on a connection: to the server, and to the client.
#[derive(Clone, Copy, Debug)]
struct Budget([usize; 2]);

const ENDLESS: usize = usize::MAX;

/// Starts a proxy that gives each connection the budget of its number, and returns its address.
async fn proxy(server: SocketAddr, budget: impl Fn(usize) -> Budget + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let number = AtomicUsize::new(0);
    drop(tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let budget = budget(number.fetch_add(1, SeqCst));
            drop(tokio::spawn(pass(client, server, budget)));
        }
    }));
    address
}

/// Passes bytes on until one of the sides has ended or the budget is used up, and closes both.
async fn pass(mut client: TcpStream, server: SocketAddr, Budget([up, down]): Budget) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    tokio::select! {
        () = copy(from_client, to_server, up) => {}
        () = copy(from_server, to_client, down) => {}
    }
}

async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, mut left: usize) {
    let mut buffer = [0; 4096];
    loop {
        let room = buffer.len().min(left);
        if room == 0 {
            return;
        }
        match from.read(&mut buffer[..room]).await {
            Ok(read) if read > 0 && to.write_all(&buffer[..read]).await.is_ok() => left -= read,
            _ => return,
        }
    }
}

fn through(proxy: SocketAddr, served: &Served) -> RemoteLog {
    let builder = RemoteLog::builder(format!("http://{proxy}/school")).token(served.token.reveal());
    builder.patience(LONG).build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_cut_at_any_byte_is_read_again() {
    let app = app().await;
    dog(&app, "Fido", &["sit"]).await;
    let served = &Served::of(&app).await;
    let whole = &served.log().select_notifications(Selection::all()).await.unwrap();
    let length = served.get("/log?after=0").await.bytes().await.unwrap().len();
    assert_eq!(whole.notifications.len(), 2);
    // The head of the answer is shorter than 400 bytes, the request is shorter than 500.
    let downwards = (0..length + 400).map(|bytes| [ENDLESS, bytes]);
    let upwards = (0..500).map(|bytes| [bytes, ENDLESS]);
    let cut = async |cut| {
        let address = proxy(served.address, move |number| {
            if number == 0 { Budget(cut) } else { Budget([ENDLESS; 2]) }
        });
        let log = through(address.await, served);
        let page = timeout(LONG, log.select_notifications(Selection::all())).await;
        assert_eq!(&page.expect("it comes in time").unwrap(), whole, "{cut:?}");
    };
    stream::iter(downwards.chain(upwards))
        .for_each_concurrent(64, cut)
        .await;
}

async fn a_follower_misses_nothing_and_sees_nothing_twice_however_often_it_is_cut<C: Rows>(world: World<C>) {
    let served = Served::with(&world.app, Limits::default().page_len(3), |permission| permission).await;
    // Connections that pass less and less, down to nothing, and then more again.
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let address = proxy(served.address, move |number| {
        counted.store(number + 1, SeqCst);
        Budget([ENDLESS, (number * 613) % 2_900])
    });
    let log = Arc::new(through(address.await, &served));
    let follow = async {
        let events = Subscription::new(log, Selection::after(0).limit(60));
        let positions = events.map(|event| event.unwrap().position).collect::<Vec<_>>();
        timeout(LONG, positions).await.expect("everything comes in time")
    };
    let store = async {
        for _ in 0..20 {
            dog(&world.app, "Fido", &["sit", "jump"]).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let (seen, ()) = tokio::join!(follow, store);
    let all = world.app.notification_log().select(Selection::all()).await.unwrap();
    let all: Vec<_> = all.iter().map(es_application::Recorded::position).collect();
    assert_eq!(seen, all);
    assert!(connections.load(SeqCst) > 5, "it was cut");
}
