//! One request to the server and its answer, over one connection, by one deadline. It blocks: a report from a hook is
//! over before a runtime would have started.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::address::ServerAddress;
use crate::credential::Credential;
use crate::trouble::Trouble;

/// The list of ten thousand agents is about 3 MiB.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

#[derive(Debug)]
pub struct Request<'a> {
    pub method: &'static str,
    /// Escaped, with its query.
    pub path: &'a str,
    pub credential: Option<&'a Credential>,
    /// Makes a retry count once.
    pub key: Option<&'a str>,
    pub body: Option<&'a Value>,
}

/// The body of a 2xx answer; whatever else is trouble.
pub fn ask(address: &ServerAddress, request: &Request<'_>, deadline: Instant) -> Result<Value, Trouble> {
    let mut stream = connect(address, deadline)?;
    let broken = |error: io::Error| match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Trouble::Late(address.authority().to_owned()),
        _ => Trouble::Broken(address.authority().to_owned(), error),
    };
    stream.set_write_timeout(Some(left(deadline))).map_err(broken)?;
    stream.write_all(&written(address, request)).map_err(broken)?;
    let answer = read(&mut stream, deadline).map_err(broken)?;
    judge(&answer).ok_or_else(|| Trouble::Stranger(address.authority().to_owned()))?
}

/// What is left, and never nothing, which would mean for ever.
fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
}

fn connect(address: &ServerAddress, deadline: Instant) -> Result<TcpStream, Trouble> {
    let name = || address.authority().to_owned();
    let places = address.authority().to_socket_addrs().map_err(|_| Trouble::Unknown(name()))?;
    let places: Vec<SocketAddr> = places.collect();
    let stream = reach(&places, deadline).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Trouble::Unknown(name()),
        ErrorKind::ConnectionRefused => Trouble::NotRunning(name()),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Trouble::Late(name()),
        _ => Trouble::Broken(name(), error),
    })?;
    // One small request: nothing is gained by waiting for more.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// The first place that answers; one that does not leaves time for the others.
fn reach(places: &[SocketAddr], deadline: Instant) -> io::Result<TcpStream> {
    let mut trouble = ErrorKind::NotFound.into();
    for (place, rest) in places.iter().zip((1..=places.len()).rev()) {
        match TcpStream::connect_timeout(place, share(left(deadline), rest)) {
            Ok(stream) => return Ok(stream),
            Err(error) => trouble = error,
        }
    }
    Err(trouble)
}

fn share(left: Duration, among: usize) -> Duration {
    (left / u32::try_from(among).unwrap_or(u32::MAX).max(1)).max(Duration::from_millis(1))
}

fn written(address: &ServerAddress, request: &Request<'_>) -> Vec<u8> {
    let Request { method, path, credential, key, body } = request;
    let mut text = format!("{method} {} HTTP/1.1\r\n", address.path(path));
    let mut header = |name: &str, value: &str| {
        for piece in [name, ": ", value, "\r\n"] {
            text.push_str(piece);
        }
    };
    header("host", address.authority());
    header("connection", "close");
    header("accept", "application/json");
    if let Some(credential) = credential {
        header("authorization", &format!("Bearer {}", credential.expose()));
    }
    if let Some(key) = key {
        header("idempotency-key", key);
    }
    let body = body.map(Value::to_string);
    if let Some(body) = &body {
        header("content-type", "application/json");
        header("content-length", &body.len().to_string());
    }
    text.push_str("\r\n");
    text.push_str(body.as_deref().unwrap_or_default());
    text.into_bytes()
}

/// Reads until the answer is whole, or the line ends.
fn read(stream: &mut TcpStream, deadline: Instant) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    let mut piece = [0; 16 * 1024];
    while answer.len() < ANSWER_BYTES && !is_whole(&answer) {
        if deadline <= Instant::now() {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left(deadline)))?;
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(answer)
}

fn is_whole(answer: &[u8]) -> bool {
    split(answer).is_some_and(|(head, body)| match length(head) {
        Length::Told(length) => body.len() >= length,
        Length::Pieces => body.ends_with(b"0\r\n\r\n") && join(body).is_some(),
        Length::ToTheEnd => false,
    })
}

enum Length {
    Told(usize),
    /// As proxies may send it.
    Pieces,
    ToTheEnd,
}

fn length(head: &str) -> Length {
    let header = |wanted: &str| {
        let headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers.filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim()).next()
    };
    match (header("transfer-encoding"), header("content-length").map(str::parse)) {
        (Some(_), _) => Length::Pieces,
        (None, Some(Ok(length))) => Length::Told(length),
        (None, _) => Length::ToTheEnd,
    }
}

fn split(answer: &[u8]) -> Option<(&str, &[u8])> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((str::from_utf8(&answer[..end]).ok()?, &answer[end + 4..]))
}

/// `None` if this is no answer of a presence server.
fn judge(answer: &[u8]) -> Option<Result<Value, Trouble>> {
    let (head, body) = split(answer)?;
    let mut words = head.lines().next()?.split(' ');
    let status = words.next()?.starts_with("HTTP/1.").then(|| words.next()?.parse::<u16>().ok())??;
    let joined;
    let body = match length(head) {
        Length::Told(length) => body.get(..length)?,
        Length::Pieces => {
            joined = join(body)?;
            &joined
        }
        Length::ToTheEnd => body,
    };
    let body: Value = serde_json::from_slice(body).ok()?;
    if (200..300).contains(&status) {
        return Some(Ok(body));
    }
    let retryable = body["error"]["retryable"] == true;
    let said = |field: &str| body["error"][field].as_str().map(str::to_owned);
    Some(Err(Trouble::Refused { code: said("code")?, message: said("message")?, retryable }))
}

/// The pieces of a body, each behind its length in hexadecimal digits.
fn join(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|window| window == b"\r\n")?;
        let line = str::from_utf8(&body[..end]).ok()?;
        let length = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        if length == 0 {
            return Some(whole);
        }
        let begin = end + 2;
        let stop = begin.checked_add(length)?;
        whole.extend_from_slice(body.get(begin..stop)?);
        body = body.get(stop.checked_add(2)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::net::TcpListener;
    use std::thread;

    fn judged(answer: &str) -> Option<Result<Value, String>> {
        judge(answer.as_bytes()).map(|judged| judged.map_err(|trouble| trouble.to_string()))
    }

    #[test]
    fn answers_are_read_however_their_length_is_told() {
        let head = "HTTP/1.1 200 OK\r\n";
        for rest in [
            "Content-Length: 7\r\n\r\n{\"a\":1}",
            "\r\n{\"a\":1}",
            "Transfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n3;x=y\r\n:1}\r\n0\r\n\r\n",
        ] {
            assert_eq!(judged(&format!("{head}{rest}")), Some(Ok(json!({ "a": 1 }))), "{rest}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_servers_words() {
        let body = r#"{"error":{"code":"bad_field","message":"events: `type` must be known"}}"#;
        let judged = judged(&format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n{body}", body.len()));
        assert_eq!(judged, Some(Err("events: `type` must be known".to_owned())));
    }

    #[test]
    fn what_is_no_answer_of_ours_is_noticed() {
        for text in [
            "",
            "SSH-2.0-OpenSSH_9.9\r\n",
            "HTTP/1.1 200 OK\r\n\r\n<html>",
            "HTTP/1.1 404 Not Found\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
            "HTTP/1.1 x\r\n\r\n{}",
        ] {
            assert_eq!(judged(text), None, "{text}");
        }
    }

    #[test]
    fn a_place_that_does_not_answer_leaves_time_for_the_next() {
        assert_eq!(share(Duration::from_secs(6), 3), Duration::from_secs(2));
        assert_eq!(share(Duration::from_secs(6), 1), Duration::from_secs(6));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        // Kept for documentation: nothing answers there.
        let places = ["192.0.2.1:9".parse().unwrap(), listener.local_addr().unwrap()];
        let began = Instant::now();
        assert!(reach(&places, began + Duration::from_secs(1)).is_ok());
        assert_eq!(reach(&[], began).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn an_answer_is_not_waited_for_when_it_is_whole() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address: ServerAddress = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = vec![0; 1_024];
            let count = stream.read(&mut asked).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
            // The line stays open until who asked hangs up.
            assert_eq!(stream.read(&mut [0]).unwrap(), 0);
            String::from_utf8(asked[..count].to_vec()).unwrap()
        });
        let credential = Credential::new("hush").unwrap();
        let body = json!({ "type": "activity" });
        let request = Request {
            method: "POST",
            path: "/x",
            credential: credential.as_ref(),
            key: Some("k-1"),
            body: Some(&body),
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        assert_eq!(ask(&address, &request, deadline).unwrap(), json!({}));
        let asked = server.join().unwrap();
        assert!(asked.starts_with("POST /x HTTP/1.1\r\n") && asked.ends_with("\r\n\r\n{\"type\":\"activity\"}"));
        for header in ["authorization: Bearer hush", "idempotency-key: k-1", "content-length: 19"] {
            assert!(asked.lines().any(|line| line == header), "{asked}");
        }
    }
}
