//! OtherTools that mean harm: they cost the deadline at most, and little memory.

use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use node_preflight::host::NoResponse;

use super::server::{Peer, Script, Socket};
use super::{LONG, answer, ask};

const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags, 0, 0, 0, stream], content].concat()
}

/// What is said without end, by name: all of it may be said by something that isn't a runtime.
fn floods() -> Vec<(&'static str, Peer)> {
    let after = |bytes: Vec<u8>| Peer::Floods(SETTINGS.to_vec(), bytes);
    // A field of headers that is not indexed, named a, with a long value (RFC 7541, 6.2.2).
    let field = [&[0x00, 0x01, b'a', 0x7f, 0x81, 0x7d][..], &[b'x'; 16_000]].concat();
    let beginning = [&SETTINGS[..], &frame(1, 0, 1, &[0x88])].concat();
    let answer = [&SETTINGS[..], &frame(1, 4, 1, &[0x88, 0x5f, 0x10, b'a'][..2])].concat();
    vec![
        ("zeros", Peer::Floods(Vec::new(), vec![0; 65_536])),
        ("letters", Peer::Floods(b"HTTP/1.1 200 OK\r\n".to_vec(), b"a: b\r\n".repeat(1_000))),
        ("settings", after(frame(4, 0, 0, &[]))),
        ("pings", after(frame(6, 0, 0, &[0; 8]))),
        ("unknown frames", after(frame(0xbb, 0, 0, &[0; 16_000]))),
        ("data of nobody", after(frame(0, 0, 1, &[0; 16_000]))),
        ("headers without end", Peer::Floods(beginning, frame(9, 0, 1, &field))),
        ("frames of headers", Peer::Floods(answer, frame(1, 4, 1, &field))),
        ("resets", after(frame(3, 0, 1, &[0, 0, 0, 8]))),
        ("window updates", after(frame(8, 0, 0, &[0, 0, 0, 1]))),
        ("push promises", after(frame(5, 4, 1, &[0, 0, 0, 2, 0x88]))),
        ("empty data", Peer::Floods([&SETTINGS[..], &frame(1, 4, 1, &[0x88])].concat(), frame(0, 0, 1, &[]))),
    ]
}

#[test]
fn what_is_said_without_end_costs_the_deadline_at_most() {
    let within = Duration::from_millis(500);
    for (says, peer) in floods() {
        // That it comes back at all is the test: these peers never stop by themselves.
        let silence = answer(peer, within).unwrap_err();
        let known = matches!(silence, NoResponse::TimedOut(_) | NoResponse::Closed | NoResponse::NotGrpc);
        assert!(known, "{says}: {silence:?}");
    }
}

/// Asks with the program itself, which is given 300 MB of addresses: what isn't bounded ends it.
#[test]
fn no_peer_costs_more_memory_than_the_program_is_given() {
    let asked: Vec<(&str, Socket, Child)> = floods()
        .into_iter()
        .map(|(says, peer)| {
            let socket = Socket::of(peer);
            let child = within_bounds(&socket.path());
            (says, socket, child)
        })
        .collect();
    for (says, _socket, child) in asked {
        let said = said(child);
        assert!(["time-out", "closed", "not-grpc"].iter().any(|word| said.contains(word)), "{says}: {said}");
    }
    let conditions = vec![("Another", true, "r", "m".repeat(1_000)); 1_000];
    let pages = Some(("{}", "#".repeat(64 << 20)));
    let large = Socket::runtime(Script { conditions, pages, ..Script::crio() });
    // The program waits for two seconds, in which a busy machine may not come to an answer.
    let mut answers = (0..10).map(|_| said(within_bounds(&large.path())));
    assert!(answers.any(|said| said.contains("answers")), "a large configuration is never taken");
}

/// What a program said that came to an end by itself.
fn said(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    said
}

fn within_bounds(socket: &Path) -> Child {
    let program = env!("CARGO_BIN_EXE_node-preflight");
    let script = format!("ulimit -v 300000 && exec {program} facts cri:{}", socket.display());
    let piped = std::process::Stdio::piped;
    Command::new("sh").args(["-c", &script]).stdout(piped()).stderr(piped()).spawn().unwrap()
}

#[test]
fn whoever_says_goodbye_or_speaks_tls_is_told_so() {
    let goaway = frame(7, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 0]);
    // An alert that no version fits, as OpenSSL sends it; the beginning of a handshake.
    let alert = [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46].to_vec();
    let hello = [&[0x16, 0x03, 0x01, 0x00, 0x40, 0x01, 0x00, 0x00, 0x3c, 0x03, 0x03][..], &[7; 60]].concat();
    for (says, bytes, expected) in [
        ("goodbye", [&SETTINGS[..], &goaway].concat(), NoResponse::Closed),
        ("goodbye at once", goaway, NoResponse::NotGrpc),
        ("an alert of TLS", alert, NoResponse::NotGrpc),
        ("hello in TLS", hello, NoResponse::NotGrpc),
        (
            "a frame that is too long",
            [&SETTINGS[..], &[0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]].concat(),
            NoResponse::Closed,
        ),
    ] {
        assert_eq!(answer(Peer::Says(bytes), LONG), Err(expected), "{says}");
    }
}

#[test]
fn many_sockets_are_asked_at_once() {
    // Whoever waits for one answer before it asks for the next gets none.
    let sockets: Vec<Socket> = Socket::waiting_for_each_other(12);
    let paths: Vec<_> = sockets.iter().map(Socket::path).collect();
    let paths: Vec<&Path> = paths.iter().map(std::path::PathBuf::as_path).collect();
    let answers = ask(&paths, LONG);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

#[test]
fn many_sockets_that_hang_time_out() {
    let within = Duration::from_millis(500);
    let sockets: Vec<Socket> = (0..12).map(|_| Socket::of(Peer::Mute)).collect();
    let paths: Vec<_> = sockets.iter().map(Socket::path).collect();
    let paths: Vec<&Path> = paths.iter().map(std::path::PathBuf::as_path).collect();
    let answers = ask(&paths, within);
    assert!(answers.iter().all(|answer| *answer == Err(NoResponse::TimedOut(within))), "{answers:?}");
}

#[test]
fn links_are_followed_and_what_is_behind_them_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let link = |target: &Path, name: &str| std::os::unix::fs::symlink(target, at(name)).unwrap();
    let socket = Socket::runtime(Script::crio());
    link(&socket.path(), "good");
    link(&at("none"), "dangling");
    link(&at("round"), "round");
    std::fs::write(at("file"), "").unwrap();
    link(&at("file"), "to-file");
    let names = ["good", "dangling", "round", "to-file"].map(at);
    let found = ask(&names.each_ref().map(|path| path.as_path()), LONG);
    assert_eq!(found[0].as_ref().unwrap().name, "cri-o");
    assert_eq!(found[1], Err(NoResponse::Missing));
    assert!(matches!(found[2], Err(NoResponse::Failed(_))), "{:?}", found[2]);
    assert_eq!(found[3], Err(NoResponse::NotASocket(node_preflight::host::Kind::File)));
}
