//! A WebSocket on a TCP stream of its own: writing and reading at once, without a task for either.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Sink, SinkExt, StreamExt};
use presence_hub::io::End;
use presence_model::close::Close;
use presence_model::limit::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::farewell::Farewell;

pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    unflushed: bool,
}

/// What came from the other end.
#[derive(Debug)]
pub enum Heard {
    /// A message with data.
    Message(Message),
    /// A ping or pong, which is answered already.
    Sign,
    /// The other end is done; what is left is to close in order.
    Closed(End),
    /// The other end breaks WebSocket's rules; it is told so.
    Broken(Farewell),
    /// The line is gone.
    Gone,
}

/// Small, since an idle socket keeps its buffer.
const READ_BUFFER: usize = 4 * 1024;

/// Frames gather up to this size before they are written, or until there are no more.
const WRITE_BUFFER: usize = 16 * 1024;

impl Socket {
    /// `read` is what came behind the request that opened the socket.
    pub async fn new(stream: TcpStream, read: Bytes, limits: &Limits) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(WRITE_BUFFER)
            .max_frame_size(Some(limits.frame_bytes))
            // In many frames a message may be no larger than in one.
            .max_message_size(Some(limits.frame_bytes));
        let stream = WebSocketStream::from_partially_read(stream, read.into(), Role::Server, Some(config)).await;
        Self { stream, unflushed: false }
    }

    /// Writes what `next` has for as long as the line takes it, and waits until something is heard. It
    /// does not wait for `next` to have more. Reads nothing unless `reads`. May be dropped and called again.
    pub async fn exchange(&mut self, reads: bool, mut next: impl FnMut() -> Option<Message>) -> Heard {
        poll_fn(|context| {
            if self.poll_write(context, &mut next).is_err() {
                return Poll::Ready(Heard::Gone);
            }
            if reads { self.stream.poll_next_unpin(context).map(heard) } else { Poll::Pending }
        })
        .await
    }

    /// An error means that the line is gone.
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        next: &mut impl FnMut() -> Option<Message>,
    ) -> Result<(), Error> {
        let mut stream = Pin::new(&mut self.stream);
        while let Poll::Ready(ready) = stream.as_mut().poll_ready(context) {
            ready?;
            let Some(message) = next() else { break };
            stream.as_mut().start_send(message)?;
            self.unflushed = true;
        }
        if self.unflushed
            && let Poll::Ready(flushed) = stream.poll_flush(context)
        {
            flushed?;
            self.unflushed = false;
        }
        Ok(())
    }

    /// Writes the rest, says goodbye, and waits for the other end to hang up. Hanging up first, with bytes
    /// of the other end unread, would make its system throw away what we wrote.
    pub async fn finish(mut self, farewell: Option<Farewell>, mut next: impl FnMut() -> Option<Message>) {
        // Whatever fails here: the socket ends all the same.
        let _ = self.write_rest(farewell, &mut next).await;
        let stream = self.stream.get_mut();
        if stream.shutdown().await.is_ok() {
            let _ = read_out(stream).await;
        }
    }

    async fn write_rest(
        &mut self,
        farewell: Option<Farewell>,
        next: &mut impl FnMut() -> Option<Message>,
    ) -> Result<(), Error> {
        if let Some(farewell) = farewell {
            while let Some(message) = next().filter(|_| farewell.flushes) {
                self.stream.feed(message).await?;
            }
            let frame = CloseFrame { code: farewell.code.into(), reason: farewell.reason.into() };
            self.stream.feed(Message::Close(Some(frame))).await?;
        }
        // Without a farewell of ours this writes the answer to theirs.
        self.stream.flush().await
    }
}

async fn read_out(stream: &mut TcpStream) -> io::Result<()> {
    let mut nowhere = [0; 1024];
    while stream.read(&mut nowhere).await? > 0 {}
    Ok(())
}

fn heard(read: Option<Result<Message, Error>>) -> Heard {
    match read {
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Heard::Sign,
        Some(Ok(Message::Close(frame))) => {
            // 1005 stands for a close frame without a code.
            let code = frame.map_or(1005, |frame| frame.code.into());
            Heard::Closed(End::from_code(Some(code)))
        }
        Some(Ok(message)) => Heard::Message(message),
        Some(Err(Error::Capacity(_))) => Heard::Broken(Close::TooBig.into()),
        Some(Err(Error::Utf8(_))) => Heard::Broken(Farewell::NOT_UTF8),
        Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => Heard::Gone,
        Some(Err(Error::Protocol(_))) => Heard::Broken(Close::Protocol.into()),
        Some(Err(_)) | None => Heard::Gone,
    }
}
