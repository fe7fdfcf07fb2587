//! A container runtime to play with: CRI-O's socket as far as this program asks it, gRPC by tonic's server, HTTP/1.1 beside
//! it, and every way to be broken.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use nix::sys::socket::{MsgFlags, recv};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Barrier;

use super::service::{Made, Sandbox, speak};

/// What a peer does with each connection.
#[derive(Clone)]
pub enum Peer {
    /// It is a runtime.
    Runtime(Box<Script>),
    /// It is a runtime that answers nobody before all others of its kind are asked as well.
    Waits(Box<Script>, Arc<Barrier>),
    /// It says nothing, for ever.
    Mute,
    /// It hangs up at once.
    Closes,
    /// It says this and hangs up.
    Says(Vec<u8>),
    /// It says this byte by byte, again and again.
    Drips(Vec<u8>),
    /// It says the first once, and the second without end, as fast as it is read.
    Floods(Vec<u8>, Vec<u8>),
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
    pub pods: Vec<Sandbox>,
    pub containers: Vec<Made>,
    /// Whether `/info` and `/config` are served.
    pub pages: Option<(&'static str, String)>,
    /// What is said instead of any page.
    pub mad_pages: Option<Vec<u8>>,
    /// Calls that are never answered.
    pub hangs: &'static [&'static str],
    /// Calls that end with a status and a text instead of an answer.
    pub fails: Option<(&'static str, i32, &'static str)>,
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
            pods: vec![
                Sandbox { id: "1", ..Sandbox::default() },
                Sandbox { id: "2", ..Sandbox::default() },
                Sandbox { id: "3", state: 1, ..Sandbox::default() },
            ],
            containers: vec![
                Made { id: "a", pod: "1", state: 1, ..Made::default() },
                Made { id: "b", pod: "2", state: 1, attempt: 4, ..Made::default() },
                Made { id: "c", pod: "3", state: 2, attempt: 3, ..Made::default() },
            ],
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

    /// Runtimes that answer when all of them are asked.
    pub fn waiting_for_each_other(count: usize) -> Vec<Self> {
        let barrier = Arc::new(Barrier::new(count));
        let peer = || Peer::Waits(Box::new(Script::containerd()), Arc::clone(&barrier));
        (0..count).map(|_| Socket::of(peer())).collect()
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

pub type Played = Result<(), Box<dyn std::error::Error + Send + Sync>>;

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
        Peer::Floods(first, bytes) => {
            let (mut from, mut to) = stream.into_split();
            // Whose answers nobody takes is soon not answered any more.
            tokio::spawn(async move { tokio::io::copy(&mut from, &mut tokio::io::sink()).await });
            to.write_all(&first).await?;
            loop {
                to.write_all(&bytes).await?;
            }
        }
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
        Peer::Waits(script, others) => {
            others.wait().await;
            speak(stream, Arc::from(script)).await?;
        }
        Peer::Runtime(script) => {
            let first = peek(&stream).await?;
            match &first {
                b"PRI" => speak(stream, Arc::from(script)).await?,
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
