//! What comes to the address and wants no socket is HTTP's: a shard hands it over with what it has read.

use std::future::pending;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::serve::Listener;
use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// A connection that HTTP is to answer.
#[derive(Debug)]
pub struct Caller {
    pub stream: std::net::TcpStream,
    pub peer: SocketAddr,
    /// What was read of it already.
    pub read: Bytes,
}

/// Where HTTP takes its connections from.
#[derive(Debug)]
pub struct Callers {
    callers: mpsc::UnboundedReceiver<Caller>,
    address: SocketAddr,
}

/// Enough for a request to be answered that has nothing to wait for.
const PAUSES: u8 = 16;

/// A stream with what was read of it put back before the rest.
#[derive(Debug)]
pub struct Unread {
    read: Bytes,
    /// So often who reads is asked to come again before the line itself is read.
    pauses: u8,
    stream: TcpStream,
}

impl Callers {
    pub const fn new(callers: mpsc::UnboundedReceiver<Caller>, address: SocketAddr) -> Self {
        Self { callers, address }
    }
}

impl Listener for Callers {
    type Io = Unread;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Unread, SocketAddr) {
        while let Some(Caller { stream, peer, read }) = self.callers.recv().await {
            match TcpStream::from_std(stream) {
                Ok(stream) => return (Unread { read, pauses: PAUSES, stream }, peer),
                Err(error) => tracing::warn!(%error, "a connection cannot be watched"),
            }
        }
        // Nobody can call any more, which is not ours to tell.
        pending().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Unread {
    /// The stream, and what of it was not read again.
    pub fn into_parts(self) -> (TcpStream, Bytes) {
        (self.stream, self.read)
    }
}

impl AsyncRead for Unread {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // A client may have hung up behind its request. Who learned of that together with the request would not
        // answer it.
        if self.read.is_empty() && self.pauses > 0 {
            self.pauses -= 1;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.read.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let size = self.read.len().min(buffer.remaining());
        buffer.put_slice(&self.read[..size]);
        self.read.advance(size);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Unread {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
