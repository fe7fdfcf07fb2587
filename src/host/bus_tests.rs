//! Peers that answer as a bus with systemd on it does, and peers that do anything else.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream as _;
use zbus::wire::OwnedObjectPath;

use super::bus::{list_units, restarts};
use super::deadline::Deadline;
use super::error::HostErrorKind;

type Row = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

fn rows() -> Vec<Row> {
    let row = |name: &str, load: &str, active: &str, sub: &str| {
        let path = || OwnedObjectPath::try_from("/x").unwrap();
        let text = str::to_owned;
        (text(name), text("says"), text(load), text(active), text(sub), text(""), path(), 0, text(""), path())
    };
    vec![row("a.service", "loaded", "active", "running"), row("b.mount", "not-found", "inactive", "dead")]
}

/// Enough for whoever answers.
const LONG: Duration = Duration::from_secs(60);

type Peer = Box<dyn FnOnce(UnixStream) + Send>;

/// A socket whose first connection is handed to a peer in a thread of its own.
fn socket(peer: impl FnOnce(UnixStream) + Send + 'static) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bus");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || peer(listener.accept().unwrap().0));
    (directory, path)
}

/// A bus that gives the caller a name, and answers its call as systemd does.
fn play_bus<B>(stream: UnixStream, expected: [&str; 3], answer: &B)
where
    B: serde::Serialize + zbus::wire::DynamicType,
{
    stream.set_nonblocking(true).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let guid = zbus::Guid::generate();
        let connection =
            zbus::connection::Builder::unix_stream(stream).server(guid).p2p().build().await.unwrap();
        let mut calls = zbus::MessageStream::from(&connection);
        let mut next = async || {
            let next = std::future::poll_fn(|context| Pin::new(&mut calls).poll_next(context));
            next.await.unwrap().unwrap()
        };
        let hello = next().await;
        assert_eq!(hello.header().member().unwrap().as_str(), "Hello");
        connection.reply(&hello.header(), &":1.7").await.unwrap();
        let call = next().await;
        let header = call.header();
        assert_eq!(header.destination().unwrap().as_str(), "org.freedesktop.systemd1");
        let [path, interface, method] = expected;
        assert_eq!(header.interface().unwrap().as_str(), interface);
        assert_eq!(header.path().unwrap().as_str(), path);
        assert_eq!(header.member().unwrap().as_str(), method);
        connection.reply(&header, answer).await.unwrap();
    });
}

/// Says nothing, until the client hangs up.
fn hang(mut stream: UnixStream) {
    drop(std::io::copy(&mut stream, &mut std::io::sink()));
}

/// Lets the client log in, then sends whatever it is given.
fn after_login(mut stream: UnixStream, bytes: &[u8]) {
    let mut heard = Vec::new();
    let mut buffer = [0; 512];
    while !heard.windows(5).any(|word| word == b"BEGIN") {
        let count = stream.read(&mut buffer).unwrap_or(0);
        if count == 0 {
            return;
        }
        heard.extend_from_slice(&buffer[..count]);
        let lines: &[u8] = match () {
            () if buffer[..count].windows(4).any(|word| word == b"AUTH") => {
                b"OK 0123456789abcdef0123456789abcdef\r\n"
            }
            () => b"",
        };
        let fds: &[u8] = match () {
            () if buffer[..count].windows(9).any(|word| word == b"NEGOTIATE") => b"AGREE_UNIX_FD\r\n",
            () => b"",
        };
        if stream.write_all(&[lines, fds].concat()).is_err() {
            return;
        }
    }
    drop(stream.write_all(bytes));
    hang(stream);
}

#[test]
fn units_are_listed_by_name_with_their_states() {
    let call = ["/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "ListUnits"];
    let (_directory, path) = socket(move |stream| play_bus(stream, call, &rows()));
    let units = list_units(path.to_str().unwrap(), Deadline::after(LONG)).unwrap();
    let shown: Vec<String> = units
        .iter()
        .map(|(name, state)| format!("{name} {} {} {}", state.load, state.active, state.sub))
        .collect();
    assert_eq!(shown, ["a.service loaded active running", "b.mount not-found inactive dead"]);
}

#[test]
fn restarts_are_a_property_of_the_service() {
    let call = ["/org/freedesktop/systemd1/unit/a_2eservice", "org.freedesktop.DBus.Properties", "Get"];
    let ask = |value: zbus::Variant<'static>| {
        let (_directory, path) = socket(move |stream| play_bus(stream, call, &value));
        restarts(path.to_str().unwrap(), "a.service", Deadline::after(LONG))
    };
    assert_eq!(ask(7_u32.into()).unwrap(), 7);
    assert!(matches!(ask("7".into()).unwrap_err().kind, HostErrorKind::Io(_)));
}

#[test]
fn a_list_of_units_without_end_is_not_kept() {
    let call = ["/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "ListUnits"];
    let many: Vec<Row> = rows().into_iter().cycle().take(60_000).collect();
    let (_directory, path) = socket(move |stream| play_bus(stream, call, &many));
    let error = list_units(path.to_str().unwrap(), Deadline::after(LONG)).unwrap_err();
    assert!(matches!(error.kind, HostErrorKind::TooLarge { .. }), "{error}");
}

#[test]
fn no_peer_makes_us_wait_or_believe() {
    let header = |length: u32| {
        let mut bytes = vec![b'l', 2, 0, 1];
        bytes.extend(length.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes
    };
    let huge = header(u32::MAX);
    let large = header(120 << 20);
    let peers: [(&str, Peer); 7] = [
        ("closes", Box::new(drop)),
        ("hangs", Box::new(hang)),
        (
            "speaks HTTP",
            Box::new(|mut stream| {
                drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
            }),
        ),
        (
            "never ends its line",
            Box::new(|mut stream| {
                let chunk = [b'A'; 4096];
                for _ in 0..16_384 {
                    if stream.write_all(&chunk).is_err() {
                        break;
                    }
                }
            }),
        ),
        ("logs in and sends garbage", Box::new(|stream| after_login(stream, &[0xff; 4096]))),
        ("promises 4 GiB", Box::new(move |stream| after_login(stream, &huge))),
        ("promises 120 MiB", Box::new(move |stream| after_login(stream, &large))),
    ];
    for (does, peer) in peers {
        let (_directory, path) = socket(peer);
        // That it comes back at all is the test: without the time-out it would wait for ever.
        let error =
            list_units(path.to_str().unwrap(), Deadline::after(Duration::from_millis(500))).unwrap_err();
        let is_told = match does {
            "promises 4 GiB" | "promises 120 MiB" => matches!(error.kind, HostErrorKind::TooLarge { .. }),
            _ => matches!(error.kind, HostErrorKind::Io(_)),
        };
        assert!(is_told, "{does}: {error}");
    }
}
