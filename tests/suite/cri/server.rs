//! A container runtime to play with: CRI-O's socket as far as this program asks it, with gRPC by hand on HTTP/2,
//! HTTP/1.1 beside it, and every way to be broken. Messages are written byte by byte, so that nothing is shared with
//! the client.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response};
use nix::sys::socket::{MsgFlags, recv};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::{UnixListener, UnixStream};

/// What a peer does with each connection.
#[derive(Clone)]
pub enum Peer {
    /// It is a runtime.
    Runtime(Box<Script>),
    /// It says nothing, for ever.
    Mute,
    /// It hangs up at once.
    Closes,
    /// It says this and hangs up.
    Says(Vec<u8>),
    /// It says this byte by byte, again and again.
    Drips(Vec<u8>),
    /// It answers every request over HTTP/2, but not as gRPC does.
    WebServer,
    /// It shakes hands, takes the request and hangs up.
    HangsUp,
}

impl Peer {
    pub fn runtime(script: Script) -> Self {
        Peer::Runtime(Box::new(script))
    }
}

/// How a runtime answers.
#[derive(Clone)]
pub struct Script {
    /// The versions of the service that it knows.
    pub services: &'static [&'static str],
    pub name: String,
    pub version: String,
    /// Type, status, reason, message.
    pub conditions: Vec<(&'static str, bool, &'static str, String)>,
    /// `info["config"]` of `Status`.
    pub status_config: Option<String>,
    pub driver: Driver,
    /// States of sandboxes; 0 is ready.
    pub pods: Vec<u64>,
    /// States (1 is running) and attempts.
    pub containers: Vec<(u64, u64)>,
    /// Whether `/info` and `/config` are served.
    pub pages: Option<(&'static str, String)>,
    /// What is said instead of any page.
    pub mad_pages: Option<Vec<u8>>,
    /// Calls that are never answered.
    pub hangs: &'static [&'static str],
    /// Calls that end with a status and a text instead of an answer.
    pub fails: Option<(&'static str, &'static str, &'static str)>,
    /// Calls whose answer is cut short.
    pub cuts: &'static [&'static str],
}

#[derive(Clone, Copy)]
pub enum Driver {
    Unimplemented,
    LinuxUnset,
    Number(u64),
}

impl Script {
    /// CRI-O on a node that is ready.
    pub fn crio() -> Self {
        Script {
            services: &["v1"],
            name: "cri-o".into(),
            version: "1.31.4".into(),
            conditions: vec![
                ("RuntimeReady", true, "", String::new()),
                ("NetworkReady", true, "", String::new()),
            ],
            status_config: None,
            driver: Driver::Number(0),
            pods: vec![0, 0, 1],
            containers: vec![(1, 0), (1, 4), (2, 3)],
            pages: Some((
                r#"{"storage_driver":"overlay","cgroup_driver":"systemd"}"#,
                "[crio.runtime]\n".into(),
            )),
            mad_pages: None,
            hangs: &[],
            fails: None,
            cuts: &[],
        }
    }

    /// containerd 1.6, which doesn't tell its driver.
    pub fn containerd() -> Self {
        Script {
            services: &["v1", "v1alpha2"],
            name: "containerd".into(),
            version: "1.6.20~ds1".into(),
            driver: Driver::Unimplemented,
            pages: None,
            ..Script::crio()
        }
    }

    fn answer(&self, method: &str) -> Option<Vec<u8>> {
        Some(match method {
            "Version" => {
                [text(1, "0.1.0"), text(2, &self.name), text(3, &self.version), text(4, "v1")].concat()
            }
            "Status" => {
                let condition = |(kind, status, reason, message): &(&str, bool, &str, String)| {
                    let body =
                        [text(1, kind), number(2, u64::from(*status)), text(3, reason), text(4, message)];
                    field(1, &body.concat())
                };
                let conditions: Vec<u8> = self.conditions.iter().flat_map(condition).collect();
                let info = self.status_config.iter().map(|json| [text(1, "config"), text(2, json)].concat());
                let info: Vec<u8> = info.flat_map(|entry| field(2, &entry)).collect();
                [field(1, &conditions), info].concat()
            }
            "RuntimeConfig" => match self.driver {
                Driver::Unimplemented => return None,
                Driver::LinuxUnset => Vec::new(),
                Driver::Number(driver) => field(1, &number(1, driver)),
            },
            "ListPodSandbox" => {
                let pod =
                    |state: &u64| field(1, &[text(1, "an-id"), number(3, *state), number(4, 1)].concat());
                self.pods.iter().flat_map(pod).collect()
            }
            "ListContainers" => {
                let container = |(state, attempt): &(u64, u64)| {
                    let metadata = [text(1, "a-name"), number(2, *attempt)].concat();
                    field(1, &[text(1, "an-id"), field(3, &metadata), number(6, *state)].concat())
                };
                self.containers.iter().flat_map(container).collect()
            }
            _ => return None,
        })
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A field with a length: text, or another message.
fn field(number: u64, content: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

fn text(number: u64, content: &str) -> Vec<u8> {
    if content.is_empty() { Vec::new() } else { field(number, content.as_bytes()) }
}

/// A number, or nothing if it is 0: so does every runtime.
fn number(number: u64, value: u64) -> Vec<u8> {
    if value == 0 { Vec::new() } else { [varint(number << 3), varint(value)].concat() }
}

/// A socket with a peer behind it, for as long as this lives.
pub struct Socket {
    directory: tempfile::TempDir,
}

impl Socket {
    pub fn of(peer: Peer) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = std::os::unix::net::UnixListener::bind(directory.path().join("s")).unwrap();
        listener.set_nonblocking(true).unwrap();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { serve(UnixListener::from_std(listener).unwrap(), peer).await });
        });
        Socket { directory }
    }

    pub fn runtime(script: Script) -> Self {
        Socket::of(Peer::runtime(script))
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("s")
    }
}

impl AsRef<Path> for Socket {
    fn as_ref(&self) -> &Path {
        self.directory.path()
    }
}

async fn serve(listener: UnixListener, peer: Peer) {
    while let Ok((stream, _)) = listener.accept().await {
        // What the client makes of it is what is tested; that it hangs up is no error here.
        tokio::spawn({
            let peer = peer.clone();
            async move { drop(play(stream, peer).await) }
        });
    }
}

type Played = Result<(), Box<dyn std::error::Error + Send + Sync>>;

async fn play(mut stream: UnixStream, peer: Peer) -> Played {
    match peer {
        Peer::Closes => {}
        Peer::Mute => {
            let mut sink = Vec::new();
            stream.read_to_end(&mut sink).await?;
        }
        Peer::Says(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await?;
            let mut sink = Vec::new();
            stream.read_to_end(&mut sink).await?;
        }
        Peer::Drips(bytes) => loop {
            for byte in &bytes {
                stream.write_all(std::slice::from_ref(byte)).await?;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        },
        Peer::WebServer => {
            let mut connection = h2::server::handshake(stream).await?;
            while let Some(request) = connection.accept().await {
                let page = Response::builder().status(200).header("content-type", "text/html").body(())?;
                request?.1.send_response(page, false)?.send_data(Bytes::from_static(b"hello"), true)?;
            }
        }
        Peer::HangsUp => {
            let mut connection = h2::server::handshake(stream).await?;
            let _request = connection.accept().await;
        }
        Peer::Runtime(script) => {
            let first = peek(&stream).await?;
            match &first {
                b"PRI" => speak(stream, &script).await?,
                _ => show(stream, &script).await?,
            }
        }
    }
    Ok(())
}

/// The first bytes, which are left to be read.
async fn peek(stream: &UnixStream) -> std::io::Result<[u8; 3]> {
    let mut first = [0; 3];
    loop {
        // That it is readable may be a rumour.
        stream.readable().await?;
        let peeked = stream.try_io(Interest::READABLE, || {
            Ok(recv(std::os::fd::AsRawFd::as_raw_fd(stream), &mut first, MsgFlags::MSG_PEEK)?)
        });
        match peeked {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            peeked => return peeked.map(|_| first),
        }
    }
}

/// gRPC: one message, then trailers that say how it went.
async fn speak(stream: UnixStream, script: &Script) -> Played {
    let mut connection = h2::server::handshake(stream).await?;
    let mut kept = Vec::new();
    while let Some(request) = connection.accept().await {
        let (request, mut respond) = request?;
        assert_eq!(request.headers()["content-type"], "application/grpc");
        let path = request.uri().path().to_owned();
        let method = path.rsplit('/').next().unwrap().to_owned();
        if script.hangs.contains(&method.as_str()) {
            kept.push(respond);
            continue;
        }
        let head = Response::builder().status(200).header("content-type", "application/grpc").body(())?;
        let mut body = respond.send_response(head, false)?;
        let is_known =
            script.services.iter().any(|api| path.starts_with(&format!("/runtime.{api}.RuntimeService/")));
        let answer = script.answer(&method).filter(|_| is_known);
        let mut trailers = HeaderMap::new();
        match (script.fails, answer) {
            (Some((fails, code, says)), _) if fails == method => {
                trailers.insert("grpc-status", code.parse()?);
                trailers.insert("grpc-message", says.parse()?);
            }
            (_, None) => {
                trailers.insert("grpc-status", "12".parse()?);
                trailers.insert("grpc-message", "unknown service or method".parse()?);
            }
            (_, Some(message)) => {
                let mut frame = vec![0];
                frame.extend((message.len() as u32).to_be_bytes());
                frame.extend(&message);
                if script.cuts.contains(&method.as_str()) {
                    frame.truncate(frame.len() / 2);
                }
                body.send_data(frame.into(), false)?;
                trailers.insert("grpc-status", "0".parse()?);
            }
        }
        body.send_trailers(trailers)?;
    }
    Ok(())
}

/// The pages beside the CRI.
async fn show(mut stream: UnixStream, script: &Script) -> Played {
    let mut request = Vec::new();
    while !request.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    if let Some(said) = &script.mad_pages {
        stream.write_all(said).await?;
        return Ok(());
    }
    let request = String::from_utf8(request)?;
    let page = match (request.split(' ').nth(1), &script.pages) {
        (Some("/info"), Some((info, _))) => Some((*info).to_owned()),
        (Some("/config"), Some((_, config))) => Some(config.clone()),
        _ => None,
    };
    let answer = match page {
        // As Go sends what is longer than its buffer.
        Some(page) => {
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{page}\r\n0\r\n\r\n",
                page.len()
            )
        }
        None => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
    };
    stream.write_all(answer.as_bytes()).await?;
    Ok(())
}
