//! CRI-O's and containerd's answers over gRPC, with tonic's server. Messages are written byte by byte, so that nothing of
//! them is shared with the client.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;

use bytes::{Buf as _, BufMut as _, Bytes};
use h2::RecvStream;
use h2::server::SendResponse;
use http_body_util::{BodyExt as _, Full};
use tokio::net::UnixStream;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{Grpc, UnaryService};
use tonic::{Code, Status};

use super::server::{Driver, Played, Script};
use super::wire::{field, number, text};

/// Answers all calls of a connection, each by itself.
pub async fn speak(stream: UnixStream, script: Arc<Script>) -> Played {
    let mut connection = h2::server::handshake(stream).await?;
    while let Some(request) = connection.accept().await {
        let (request, respond) = request?;
        tokio::spawn(answer(request, respond, Arc::clone(&script)));
    }
    Ok(())
}

async fn answer(
    request: http::Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    script: Arc<Script>,
) -> Played {
    let (head, mut body) = request.into_parts();
    let mut asked = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        asked.extend(chunk);
    }
    let call = Call { path: head.uri.path().to_owned(), script };
    let cut = call.script.cuts.contains(&call.method());
    let request = http::Request::from_parts(head, Full::new(Bytes::from(asked)));
    let (head, mut body) = Grpc::new(Verbatim).unary(call, request).await.into_parts();
    let mut stream = respond.send_response(http::Response::from_parts(head, ()), false)?;
    while let Some(frame) = body.frame().await {
        match frame?.into_data() {
            Ok(data) if cut => stream.send_data(data.slice(..data.len() / 2), false)?,
            Ok(data) => stream.send_data(data, false)?,
            Err(frame) => return Ok(stream.send_trailers(frame.into_trailers().unwrap_or_default())?),
        }
    }
    Ok(stream.send_data(Bytes::new(), true)?)
}

/// One call of the runtime's service.
struct Call {
    /// `/runtime.v1.RuntimeService/Version`.
    path: String,
    script: Arc<Script>,
}

impl Call {
    fn method(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

impl UnaryService<Vec<u8>> for Call {
    type Response = Vec<u8>;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<Vec<u8>>, Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<Vec<u8>>) -> Self::Future {
        let (script, method, path) = (Arc::clone(&self.script), self.method().to_owned(), self.path.clone());
        Box::pin(async move {
            if script.hangs.contains(&method.as_str()) {
                return pending().await;
            }
            if let Some((_, code, says)) = script.fails.filter(|(fails, ..)| *fails == method) {
                return Err(Status::new(Code::from(code), says));
            }
            let is_known = |api: &&str| path.starts_with(&format!("/runtime.{api}.RuntimeService/"));
            if !script.services.iter().any(is_known) {
                return Err(Status::unimplemented(format!("unknown service of {path}")));
            }
            let message = script.answer(&method, request.get_ref());
            message
                .map(tonic::Response::new)
                .ok_or_else(|| Status::unimplemented(format!("unknown method {method}")))
        })
    }
}

/// Messages as they are.
struct Verbatim;

impl Codec for Verbatim {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Verbatim;
    type Decoder = Verbatim;

    fn encoder(&mut self) -> Verbatim {
        Verbatim
    }

    fn decoder(&mut self) -> Verbatim {
        Verbatim
    }
}

impl Encoder for Verbatim {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Verbatim {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut message = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut message);
        Ok(Some(message))
    }
}

/// A pod sandbox as a list tells it.
#[derive(Clone, Default)]
pub struct Sandbox {
    pub id: &'static str,
    pub name: &'static str,
    pub namespace: &'static str,
    /// 0 is ready.
    pub state: u64,
    pub attempt: u64,
    /// Seconds since 1970.
    pub created: u64,
    pub annotations: Vec<(&'static str, &'static str)>,
}

/// A container as a list tells it, and how it ended.
#[derive(Clone, Default)]
pub struct Made {
    pub id: &'static str,
    pub pod: &'static str,
    pub name: &'static str,
    /// 1 is running, 2 has ended.
    pub state: u64,
    pub attempt: u64,
    pub created: u64,
    pub exit: Option<u64>,
}

impl Script {
    fn answer(&self, method: &str, request: &[u8]) -> Option<Vec<u8>> {
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
            "ListPodSandbox" => self.pods.iter().flat_map(|pod| field(1, &pod.item())).collect(),
            "ListContainers" => self.containers.iter().flat_map(|one| field(1, &one.item())).collect(),
            "ContainerStatus" => {
                let asked = |one: &&Made| request == text(1, one.id);
                let exit = self.containers.iter().find(asked)?.exit?;
                field(1, &[text(1, "an-id"), number(7, exit), text(10, "Error")].concat())
            }
            _ => return None,
        })
    }
}

impl Sandbox {
    fn item(&self) -> Vec<u8> {
        let metadata =
            [text(1, self.name), text(2, "a-uid"), text(3, self.namespace), number(4, self.attempt)].concat();
        let annotations = self.annotations.iter().map(|(key, value)| [text(1, key), text(2, value)].concat());
        let annotations: Vec<u8> = annotations.flat_map(|entry| field(6, &entry)).collect();
        let label = field(5, &[text(1, "io.kubernetes.pod.name"), text(2, self.name)].concat());
        let created = number(4, self.created * 1_000_000_000);
        [text(1, self.id), field(2, &metadata), number(3, self.state), created, label, annotations].concat()
    }
}

impl Made {
    fn item(&self) -> Vec<u8> {
        let metadata = [text(1, self.name), number(2, self.attempt)].concat();
        let image = field(4, &text(1, "an-image"));
        let state = [number(6, self.state), number(7, self.created * 1_000_000_000)].concat();
        [text(1, self.id), text(2, self.pod), field(3, &metadata), image, state].concat()
    }
}
