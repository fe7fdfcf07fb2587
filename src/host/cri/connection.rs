//! One connection to a socket, and gRPC over it. The first bytes that come are remembered: they tell whether what
//! answers speaks HTTP/2 at all.

use std::error::Error;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use http::uri::PathAndQuery;
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::{Code, Request};
use tonic_prost::ProstCodec;

use super::Api;
use crate::host::no_response::{NoResponse, causes, of_connect, short};

/// Connects to a socket.
pub(super) async fn connect(path: &Path) -> Result<UnixStream, NoResponse> {
    UnixStream::connect(path).await.map_err(|error| of_connect(&error))
}

/// A connection over which several calls may run at once.
#[derive(Clone)]
pub(super) struct Connection {
    sender: SendRequest<Body>,
    heard: Heard,
}

impl Connection {
    /// Connects, and says that HTTP/2 will be spoken; what the other side says to that is heard with the first call.
    pub(super) async fn open(path: &Path) -> Result<Self, NoResponse> {
        let heard = Heard::default();
        let stream = Listening { stream: connect(path).await?, heard: heard.clone() };
        let (sender, driver) = Builder::new(TokioExecutor::new())
            .max_header_list_size(16 << 10)
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(4 << 20)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| heard.silence(&error))?;
        // Ends with the connection; what went wrong is told by the calls.
        tokio::spawn(driver);
        Ok(Connection { sender, heard })
    }

    /// One call of the runtime's service; its answer may have at most `limit` bytes.
    pub(super) async fn call<Q, A>(
        self,
        api: Api,
        method: &'static str,
        request: Q,
        limit: usize,
    ) -> Result<A, NoResponse>
    where
        Q: prost::Message + Send + 'static,
        A: prost::Message + Default + Send + 'static,
    {
        let heard = self.heard.clone();
        let origin = http::Uri::from_static("http://localhost");
        let path: PathAndQuery = format!("/runtime.{}.RuntimeService/{method}", api.name())
            .try_into()
            .map_err(|error: http::uri::InvalidUri| NoResponse::Failed(error.to_string()))?;
        let mut client = Grpc::with_origin(self, origin).max_decoding_message_size(limit);
        client.ready().await.map_err(|error| heard.silence(&*error))?;
        let codec = ProstCodec::<Q, A>::default();
        let answer = client.unary(Request::new(request), path, codec).await;
        answer.map(tonic::Response::into_inner).map_err(|status| match status.source() {
            Some(error) => heard.silence(error),
            None => match status.code() {
                Code::Unimplemented => NoResponse::Unimplemented,
                Code::OutOfRange if status.message().contains("decoded message length too large") => {
                    NoResponse::TooLarge { limit }
                }
                code => {
                    NoResponse::Failed(short(&format!("{method} failed: {code:?}: {}", status.message())))
                }
            },
        })
    }
}

type Answered =
    Pin<Box<dyn Future<Output = Result<http::Response<Incoming>, Box<dyn Error + Send + Sync>>> + Send>>;

impl GrpcService<Body> for Connection {
    type ResponseBody = Incoming;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Answered;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.sender.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: http::Request<Body>) -> Answered {
        let answer = self.sender.send_request(request);
        Box::pin(async move {
            let answer = answer.await?;
            let kind = answer.headers().get(http::header::CONTENT_TYPE);
            let is_grpc = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
            if is_grpc { Ok(answer) } else { Err(NoResponse::NotGrpc.into()) }
        })
    }
}

/// The first bytes that came over a connection.
#[derive(Clone, Debug, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

/// Length, type: enough to know the first frame of HTTP/2 by.
const FRAME_START: usize = 4;

impl Heard {
    fn remember(&self, bytes: &[u8]) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = FRAME_START.saturating_sub(heard.len()).min(bytes.len());
        heard.extend_from_slice(&bytes[..missing]);
    }

    /// Why the transport failed. HTTP/2 begins with a frame SETTINGS (type 4; RFC 9113, 3.4). Whether who
    /// breaks off after it was heard to the end or not is a matter of luck, so that it makes no difference.
    fn silence(&self, error: &(dyn Error + 'static)) -> NoResponse {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = causes(error).find_map(|error| error.downcast_ref::<NoResponse>()) {
            return known.clone();
        }
        match heard.as_slice() {
            [] | [_, _, _, 4] => NoResponse::Closed,
            _ => NoResponse::NotGrpc,
        }
    }
}

/// A stream that remembers the first bytes that it reads.
struct Listening {
    stream: UnixStream,
    heard: Heard,
}

impl AsyncRead for Listening {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.heard.remember(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Listening {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
