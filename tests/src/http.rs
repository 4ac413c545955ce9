//! One HTTP request, written and read by hand: nothing is added that a test did not say.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::server::{PATIENCE, Server};

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find_map(|(found, value)| found.eq_ignore_ascii_case(name).then(|| value.trim()))
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }
}

/// A GET with the host's own name.
pub async fn get(server: &Server, path: &str) -> Answer {
    request(server, "GET", path, &[]).await
}

/// A request; `host` and `connection` among the headers replace the usual ones.
pub async fn request(server: &Server, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    send(server, method, path, headers, "").await
}

/// A request with a body, whose length is told unless it is empty.
pub async fn send(server: &Server, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut text = format!("{method} {path} HTTP/1.1\r\n");
    let host = server.address.to_string();
    let usual = [("host", host.as_str()), ("connection", "close")];
    let usual = usual.iter().filter(|(name, _)| !headers.iter().any(|(given, _)| given == name));
    for (name, value) in usual.chain(headers) {
        text += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        text += &format!("content-length: {}\r\n", body.len());
    }
    text += "\r\n";
    text += body;
    timeout(PATIENCE, exchange(server, &text)).await.expect("an answer comes in time")
}

async fn exchange(server: &Server, request: &str) -> Answer {
    let mut stream = TcpStream::connect(server.address).await.expect("the server accepts");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("the answer is text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("the answer has a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("the answer has a status");
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

/// A POST of JSON with more headers.
pub async fn post(server: &Server, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    send(server, "POST", path, headers, &body.to_string()).await
}

/// What was turned down: the status, the code, the field.
pub fn turned_down(answer: &Answer) -> (u16, String, Option<String>) {
    let body = answer.json();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    assert_eq!(body["type"], "error", "{body}");
    assert_eq!(body["data"]["error"], body["error"]["message"], "{body}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
    (answer.status, text(&body["error"]["code"]).expect("an error has a code"), text(&body["error"]["field"]))
}
