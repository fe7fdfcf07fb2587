//! The stream to the bus. zbus takes messages of 128 MiB and makes room for them at once; here a message that says it is
//! larger than any list of units is refused when its header comes.

use std::future::poll_fn;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::pin::Pin;

use tokio::io::AsyncWrite as _;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use zbus::connection::socket::{ReadHalf, Socket, Split, WriteHalf};
use zbus::export::async_trait::async_trait;

/// The largest message that is read, in bytes: some 20,000 units.
pub(super) const MAX_MESSAGE: usize = 4 << 20;

/// A login takes less than 200 bytes; no limit is set to its lines by zbus.
const MAX_LOGIN: usize = 16 << 10;

/// The fixed start of each message: byte order, type, flags, version, length of the body, serial number, length of the
/// fields (D-Bus specification, "Message Format").
const HEADER: usize = 16;

/// A connection to the bus.
#[derive(Debug)]
pub(super) struct BusStream(pub(super) UnixStream);

impl Socket for BusStream {
    type ReadHalf = Reader;
    type WriteHalf = Writer;

    fn split(self) -> Split<Reader, Writer> {
        let (read, write) = self.0.into_split();
        Split::new(
            Reader { stream: read, pending: Vec::new(), login: 0, within: Within::Nothing },
            Writer(write),
        )
    }
}

/// Where in what the bus says the next byte lies.
#[derive(Clone, Copy, Debug)]
enum Within {
    /// Between two lines or messages.
    Nothing,
    /// A line of the login.
    Line,
    /// A message, of which so many bytes are to come.
    Message(usize),
}

#[derive(Debug)]
pub(super) struct Reader {
    stream: OwnedReadHalf,
    /// What came and was not handed on.
    pending: Vec<u8>,
    /// How many bytes of lines there were.
    login: usize,
    within: Within,
}

impl Reader {
    /// Whether more has come; not at the end.
    async fn hear(&mut self) -> io::Result<bool> {
        let mut place = [0; 4 << 10];
        loop {
            self.stream.readable().await?;
            match self.stream.try_read(&mut place) {
                Ok(count) => {
                    self.pending.extend_from_slice(&place[..count]);
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Lines of the login begin with `AGREE`, `DATA`, `ERROR`, `OK` or `REJECTED`; messages with `l` or `B`.
    async fn begin(&mut self) -> io::Result<bool> {
        if !matches!(self.pending.first(), Some(b'l' | b'B')) {
            self.within = Within::Line;
            return Ok(true);
        }
        while self.pending.len() < HEADER {
            if !self.hear().await? {
                return Ok(false);
            }
        }
        let length = length(&self.pending);
        if length > MAX_MESSAGE {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.within = Within::Message(length);
        Ok(true)
    }
}

/// The length of a message, by its header.
fn length(header: &[u8]) -> usize {
    let number = |at: usize| {
        let bytes = [header[at], header[at + 1], header[at + 2], header[at + 3]];
        let number = if header[0] == b'l' { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
        usize::try_from(number).unwrap_or(usize::MAX)
    };
    let fields = number(12).checked_next_multiple_of(8).unwrap_or(usize::MAX);
    HEADER.saturating_add(fields).saturating_add(number(4))
}

#[async_trait]
impl ReadHalf for Reader {
    async fn recvmsg(&mut self, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
        if self.pending.is_empty() && !self.hear().await? {
            return Ok((0, Vec::new()));
        }
        if matches!(self.within, Within::Nothing) && !self.begin().await? {
            return Ok((0, Vec::new()));
        }
        let most = self.pending.len().min(buffer.len());
        let count = match self.within {
            Within::Message(left) => most.min(left),
            _ => memchr::memchr(b'\n', &self.pending[..most]).map_or(most, |end| end + 1),
        };
        if !matches!(self.within, Within::Message(_)) {
            self.login += count;
            if self.login > MAX_LOGIN {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "its login has no end"));
            }
        }
        self.within = match self.within {
            Within::Message(left) if left > count => Within::Message(left - count),
            Within::Message(_) => Within::Nothing,
            _ if self.pending[..count].ends_with(b"\n") => Within::Nothing,
            other => other,
        };
        buffer[..count].copy_from_slice(&self.pending[..count]);
        self.pending.drain(..count);
        Ok((count, Vec::new()))
    }
}

#[derive(Debug)]
pub(super) struct Writer(OwnedWriteHalf);

#[async_trait]
impl WriteHalf for Writer {
    async fn sendmsg(&mut self, buffer: &[u8], _fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        poll_fn(|context| Pin::new(&mut self.0).poll_write(context, buffer)).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    async fn close(&mut self) -> io::Result<()> {
        poll_fn(|context| Pin::new(&mut self.0).poll_shutdown(context)).await
    }
}
