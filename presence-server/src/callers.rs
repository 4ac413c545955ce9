//! What comes to the address and wants no socket is HTTP's: a shard hands it over with what it has read.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use bytes::{Buf, Bytes};
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

/// A connection that HTTP is to answer.
#[derive(Debug)]
pub struct Caller {
    pub stream: std::net::TcpStream,
    pub peer: SocketAddr,
    /// What was read of it already.
    pub read: Bytes,
}

/// Answers those who call until it is told to stop, and then whoever has asked.
pub async fn answer(mut callers: mpsc::UnboundedReceiver<Caller>, routes: Router, stop: impl Future<Output = ()>) {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    // A client may hang up behind its request, and waits for the answer all the same. The timer is for those who
    // do not end what they began.
    builder.http1().half_close(true).timer(TokioTimer::new());
    // Closed when the last connection has let go of its end.
    let (stopping, stops) = watch::channel(());
    let mut stop = std::pin::pin!(stop);
    loop {
        let Caller { stream, peer, read } = tokio::select! {
            () = &mut stop => break,
            caller = callers.recv() => match caller {
                Some(caller) => caller,
                // Nobody can call any more.
                None => break,
            },
        };
        let stream = match TcpStream::from_std(stream) {
            Ok(stream) => Unread { read, stream },
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be watched");
                continue;
            }
        };
        let routes = TowerToHyperService::new(routes.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            routes.call(request)
        });
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        let mut stops = stops.clone();
        tokio::spawn(async move {
            let mut connection = std::pin::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                _ = stops.changed() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(error, "a connection ended badly");
            }
        });
    }
    drop(stops);
    stopping.send_replace(());
    stopping.closed().await;
}

/// A stream with what was read of it put back before the rest.
#[derive(Debug)]
pub struct Unread {
    read: Bytes,
    stream: TcpStream,
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
