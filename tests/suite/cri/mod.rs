//! The client of the CRI, against runtimes that answer, and peers that do anything else. That a question comes back
//! at all is half of what is tested: without a deadline, many of these peers would keep it for ever.

mod hostile;
mod pods;
pub mod server;
pub mod service;
mod wire;

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use node_preflight::host::cri::{Answer, Api, CgroupDriver, Runtime};
use node_preflight::host::{Host, HostPath, Kind, NoResponse};

use proptest::prelude::*;
use server::{Driver, Peer, Script, Socket};
use service::Sandbox;

/// Enough for whoever answers.
pub const LONG: Duration = Duration::from_secs(60);
/// Enough for whoever doesn't.
const SHORT: Duration = Duration::from_millis(150);

fn ask(paths: &[&Path], within: Duration) -> Vec<Answer> {
    let paths: Vec<HostPath> = paths.iter().map(HostPath::new).collect();
    Host::live_within(within).unwrap().running().unwrap().cri(&paths)
}

fn answer(peer: Peer, within: Duration) -> Answer {
    ask(&[&Socket::of(peer).path()], within).remove(0)
}

fn runtime(script: Script) -> Rc<Runtime> {
    answer(Peer::runtime(script), LONG).unwrap()
}

#[test]
fn crio_says_what_it_is() {
    let found = runtime(Script { status_config: Some("{\"a\":1}".into()), ..Script::crio() });
    assert_eq!((found.api, &*found.name, &*found.version), (Api::V1, "cri-o", "1.31.4"));
    let status = found.status.as_ref().unwrap();
    let conditions: Vec<(&str, bool)> =
        status.conditions.iter().map(|c| (c.kind.as_str(), c.holds)).collect();
    assert_eq!(conditions, [("RuntimeReady", true), ("NetworkReady", true)]);
    assert_eq!(status.config.as_deref(), Some("{\"a\":1}"));
    assert_eq!(found.cgroup_driver, Ok(Some(CgroupDriver::Systemd)));
    assert_eq!(found.pods, Ok(2));
    let containers = found.containers.clone().unwrap();
    assert_eq!((containers.running, containers.most_restarts), (2, 4));
    assert!(found.info.as_ref().unwrap().contains("\"storage_driver\":\"overlay\""));
    assert_eq!(found.config.as_deref(), Ok("[crio.runtime]\n"));
}

#[test]
fn only_crio_is_asked_for_pages_and_may_not_have_them() {
    assert_eq!(runtime(Script::containerd()).config, Err(NoResponse::Unimplemented));
    let without = runtime(Script { pages: None, ..Script::crio() });
    assert_eq!(
        (&without.info, &without.config),
        (&Err(NoResponse::Unimplemented), &Err(NoResponse::Unimplemented))
    );
    let endless = Script { pages: Some(("{}", "#".repeat(2 << 20))), ..Script::crio() };
    assert_eq!(runtime(endless).config, Err(NoResponse::TooLarge { limit: 1 << 20 }));
}

#[test]
fn pages_that_are_none_cost_no_other_answer() {
    let says = |said: &[u8]| {
        let found = runtime(Script { mad_pages: Some(said.to_vec()), ..Script::crio() });
        assert_eq!(found.pods, Ok(2));
        found.config.clone().unwrap_err()
    };
    assert_eq!(says(b""), NoResponse::Closed);
    assert_eq!(says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nshort"), NoResponse::Closed);
    assert_eq!(says(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"), NoResponse::Closed);
    assert_eq!(
        says(b"SSH-2.0-what\r\n\r\n"),
        NoResponse::Failed("GET /config: the answer is no HTTP".into())
    );
    assert_eq!(
        says(&b"HTTP/1.1 200 OK\r\na: b\r\n".repeat(9000)),
        NoResponse::Failed("GET /config: the answer is no HTTP".into())
    );
    let refused = says(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(refused, NoResponse::Failed("GET /config failed: 500 Internal Server Error".into()));
    let latin = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xe9";
    assert_eq!(says(latin), NoResponse::Failed("the answer is no UTF-8".into()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// With and without the beginning of HTTP/2, so that both halves of the client are reached.
    #[test]
    fn no_bytes_are_taken_for_a_runtime(
        settings in any::<bool>(),
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let beginning: &[u8] = if settings { &[0, 0, 0, 4, 0, 0, 0, 0, 0] } else { &[] };
        let found = answer(Peer::Says([beginning, &bytes].concat()), LONG);
        prop_assert!(matches!(found, Err(NoResponse::Closed | NoResponse::NotGrpc)), "{:?}", found);
    }
}

#[test]
fn the_driver_is_told_in_four_ways() {
    for (driver, expected) in [
        (Driver::Number(0), Ok(Some(CgroupDriver::Systemd))),
        (Driver::Number(1), Ok(Some(CgroupDriver::Cgroupfs))),
        (Driver::LinuxUnset, Ok(None)),
        (Driver::Unimplemented, Err(NoResponse::Unimplemented)),
    ] {
        assert_eq!(runtime(Script { driver, ..Script::crio() }).cgroup_driver, expected);
    }
    let odd = runtime(Script { driver: Driver::Number(9), ..Script::crio() });
    assert!(matches!(odd.cgroup_driver, Err(NoResponse::Failed(_))));
}

#[test]
fn the_old_interface_is_asked_if_the_new_one_is_not_known() {
    let old = runtime(Script { services: &["v1alpha2"], ..Script::containerd() });
    assert_eq!((old.api, old.pods.clone()), (Api::V1Alpha2, Ok(2)));
    assert_eq!(runtime(Script { services: &["v1", "v1alpha2"], ..Script::crio() }).api, Api::V1);
    // containerd with its CRI plugin disabled: gRPC, and no runtime in it.
    let none = answer(Peer::runtime(Script { services: &[], ..Script::containerd() }), LONG);
    assert_eq!(none, Err(NoResponse::Unimplemented));
}

#[test]
fn who_is_not_there_is_told_from_who_does_not_listen() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    drop(std::os::unix::net::UnixListener::bind(at("left-over")).unwrap());
    std::fs::write(at("file"), "").unwrap();
    nix::unistd::mkfifo(&at("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let deep = at(&"x".repeat(150));
    let answers = ask(&[&at("none"), &at("left-over"), &at("file"), &at("fifo"), &at(""), &deep], LONG);
    assert_eq!(
        answers,
        [
            Err(NoResponse::Missing),
            Err(NoResponse::Refused),
            Err(NoResponse::NotASocket(Kind::File)),
            Err(NoResponse::NotASocket(Kind::Fifo)),
            Err(NoResponse::NotASocket(Kind::Directory)),
            Err(NoResponse::Missing),
        ]
    );
}

#[test]
fn a_full_queue_is_busy() {
    use nix::sys::socket::{
        AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, connect, listen, socket,
    };
    use std::os::fd::AsRawFd as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let address = UnixAddr::new(&path).unwrap();
    let make = || socket(AddressFamily::Unix, SockType::Stream, SockFlag::SOCK_NONBLOCK, None).unwrap();
    let listener = make();
    bind(listener.as_raw_fd(), &address).unwrap();
    listen(&listener, Backlog::new(1).unwrap()).unwrap();
    let waiting: Vec<_> = (0..8).map(|_| make()).collect();
    let full = waiting.iter().any(|socket| connect(socket.as_raw_fd(), &address).is_err());
    assert!(full, "the queue takes everybody");
    assert_eq!(ask(&[&path], LONG), [Err(NoResponse::Busy)]);
}

#[test]
fn whoever_never_answers_costs_the_deadline_and_is_told_so() {
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let ping = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    for (does, peer) in [
        ("says nothing", Peer::Mute),
        ("drips", Peer::Drips([&settings[..], &ping].concat())),
        ("hangs", Peer::runtime(Script { hangs: &["Version"], ..Script::crio() })),
    ] {
        assert_eq!(answer(peer, SHORT), Err(NoResponse::TimedOut(SHORT)), "{does}");
    }
}

/// What is found within a time that is long enough on this machine, however busy it is: who hangs costs all of it, so it
/// grows until the others have answered.
fn in_time<T>(found: impl Fn(Duration) -> Option<T>) -> (Duration, T) {
    let times = [1, 4, 16, 64].map(Duration::from_secs);
    times.into_iter().find_map(|within| Some((within, found(within)?))).expect("no answer")
}

#[test]
fn one_call_that_hangs_takes_no_answer_from_the_others() {
    let script = Script { hangs: &["Status", "ListContainers"], ..Script::crio() };
    let socket = Socket::runtime(script);
    let answered = |found: &Rc<Runtime>| found.pods == Ok(2) && found.cgroup_driver.is_ok();
    let (within, found) = in_time(|within| ask(&[&socket.path()], within).remove(0).ok().filter(answered));
    assert_eq!(found.status, Err(NoResponse::TimedOut(within)));
    assert_eq!(found.containers, Err(NoResponse::TimedOut(within)));
    assert_eq!(found.cgroup_driver, Ok(Some(CgroupDriver::Systemd)));
}

#[test]
fn one_socket_that_hangs_takes_no_answer_from_the_others() {
    let sockets = [Socket::of(Peer::Mute), Socket::runtime(Script::crio()), Socket::of(Peer::Mute)];
    let paths = sockets.each_ref().map(Socket::path);
    let asked = |within| Some(ask(&paths.each_ref().map(|path| path.as_path()), within));
    let (within, answers) = in_time(|within| asked(within).filter(|answers| answers[1].is_ok()));
    assert_eq!(answers[0], Err(NoResponse::TimedOut(within)));
    assert_eq!(answers[1].as_ref().unwrap().name, "cri-o");
    assert_eq!(answers[2], Err(NoResponse::TimedOut(within)));
}

#[test]
fn what_is_no_runtime_is_told_so() {
    let page = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec();
    let settings = |length: u8| vec![0, 0, length, 4, 0, 0, 0, 0, 0];
    for (does, peer, expected) in [
        ("hangs up", Peer::Closes, NoResponse::Closed),
        ("speaks HTTP/1.1", Peer::Says(page), NoResponse::NotGrpc),
        ("says two bytes", Peer::Says(vec![0, 0]), NoResponse::NotGrpc),
        ("says zeros", Peer::Says(vec![0; 4096]), NoResponse::NotGrpc),
        ("is cut in its first frame", Peer::Says(settings(6)), NoResponse::Closed),
        ("hangs up after its first frame", Peer::Says(settings(0)), NoResponse::Closed),
        ("goes mad", Peer::Says([settings(0), vec![0xff; 4096]].concat()), NoResponse::Closed),
        ("hangs up after the question", Peer::HangsUp, NoResponse::Closed),
        ("is a web server", Peer::WebServer, NoResponse::NotGrpc),
    ] {
        assert_eq!(answer(peer, LONG), Err(expected), "{does}");
    }
}

#[test]
fn what_is_too_large_is_not_read() {
    let long = vec![("RuntimeReady", true, "", "x".repeat(2 << 20))];
    let found = runtime(Script { conditions: long, ..Script::crio() });
    assert_eq!(found.status, Err(NoResponse::TooLarge { limit: 1 << 20 }));
    // Few and long, for a busy machine makes them slowly.
    let name = "a".repeat(1 << 20).leak();
    let crowd = runtime(Script { pods: vec![Sandbox { name, ..Sandbox::default() }; 5], ..Script::crio() });
    assert_eq!(crowd.pods, Err(NoResponse::TooLarge { limit: 4 << 20 }));
    let name = answer(Peer::runtime(Script { name: "x".repeat(1 << 20), ..Script::crio() }), LONG);
    assert_eq!(name, Err(NoResponse::TooLarge { limit: 64 << 10 }));
    let many = vec![("Another", true, "r", "m".repeat(1000)); 100];
    let conditions =
        &runtime(Script { conditions: many, ..Script::crio() }).status.as_ref().unwrap().conditions.clone();
    assert_eq!((conditions.len(), conditions[0].message.len()), (64, 300));
}

#[test]
fn failures_are_told_in_the_words_of_the_runtime() {
    let fails = Some(("Status", 2, "the disk is full"));
    let found = runtime(Script { fails, ..Script::crio() });
    assert_eq!(found.status, Err(NoResponse::Failed("Status failed: Unknown: the disk is full".into())));
    let cut = runtime(Script { cuts: &["Status"], ..Script::crio() });
    assert!(matches!(cut.status, Err(NoResponse::Failed(_))), "{:?}", cut.status);
}
