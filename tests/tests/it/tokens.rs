//! With a key configured: what a token opens, at each door and from each place where it may stand.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use presence_server::args::Minting;
use presence_server::auth::mint::mint;
use presence_server::clock::wall_now;
use presence_server::config::Config;
use presence_tests::client::Client;
use presence_tests::http::request;
use presence_tests::knock::{Answer, Door, PROTOCOL};
use presence_tests::server::Server;
use presence_tests::tokens::{ALGORITHMS, SERVER_KEY, bad_tokens, claims, configure, sign, token};
use serde_json::json;

async fn server(algorithm: Algorithm) -> Server {
    Server::with(|config| configure(config, algorithm)).await
}

fn is_in(door: Door, user: &str) -> Answer {
    Answer::In(if matches!(door, Door::Presence | Door::Gateway | Door::Broadcasts) {
        String::new()
    } else {
        user.to_owned()
    })
}

async fn every_door_refuses(algorithm: Algorithm) {
    let server = server(algorithm).await;
    for bad in bad_tokens(algorithm) {
        for door in Door::ALL {
            let answer = door.knock(&server, Some(&bad.token)).await;
            let case = format!("{algorithm:?}, {}, {door:?}: {answer:?}", bad.what);
            let Answer::Refused { code, says, closed } = answer else { panic!("{case}") };
            assert!(says.contains(bad.says) && !says.contains(&bad.token), "{case}");
            assert!(code.is_none_or(|code| code == bad.code.name()), "{case}");
            let close = match door {
                Door::WsBinary | Door::Broadcasts => Some(if bad.what == "expired" { 4004 } else { 4501 }),
                Door::Gateway => Some(1008),
                _ => None,
            };
            assert_eq!(closed, close, "{case}");
        }
    }
    let good = sign(algorithm, &claims("ann", 600.0));
    for door in Door::ALL {
        assert_eq!(door.knock(&server, Some(&good)).await, is_in(door, "ann"), "{algorithm:?}");
    }
}

#[tokio::test]
async fn every_door_takes_good_tokens_of_hs256_and_refuses_bad_ones() {
    every_door_refuses(ALGORITHMS[0]).await;
}

#[tokio::test]
async fn every_door_takes_good_tokens_of_rs256_and_refuses_bad_ones() {
    every_door_refuses(ALGORITHMS[1]).await;
}

#[tokio::test]
async fn every_door_takes_good_tokens_of_es256_and_refuses_bad_ones() {
    every_door_refuses(ALGORITHMS[2]).await;
}

#[tokio::test]
async fn every_door_takes_good_tokens_of_eddsa_and_refuses_bad_ones() {
    every_door_refuses(ALGORITHMS[3]).await;
}

#[tokio::test]
async fn without_a_token_nobody_gets_anything() {
    let server = server(Algorithm::HS256).await;
    for door in Door::ALL {
        let answer = door.knock(&server, None).await;
        let Answer::Refused { code, says, closed } = answer else { panic!("{door:?}: {answer:?}") };
        match door {
            Door::WsAuth | Door::RoomsAuth | Door::KleozAuth => {
                assert_eq!((code, says.as_str()), (None, "No token provided"));
            }
            Door::Gateway => assert_eq!((code, says.as_str()), (None, "device identity required")),
            _ => assert_eq!(code.as_deref(), Some("unauthenticated"), "{door:?}"),
        }
        let close = match door {
            Door::WsBinary | Door::Broadcasts => Some(4501),
            Door::Gateway => Some(1008),
            _ => None,
        };
        assert_eq!(closed, close, "{door:?}");
    }
    let mut client = Client::open(&server, "/ws").await;
    assert_eq!(client.next_json().await["data"], json!({ "success": false, "error": "No token provided" }));
}

/// A place beside the messages: its name, a query, a header.
type Place = (&'static str, String, Option<(&'static str, String)>);

fn places(token: &str) -> Vec<Place> {
    let coded = BASE64_URL_SAFE_NO_PAD.encode(token);
    vec![
        ("bearer", String::new(), Some(("authorization", format!("Bearer {token}")))),
        ("server key", String::new(), Some(("x-server-key", token.to_owned()))),
        ("subprotocol", String::new(), Some((PROTOCOL, format!("presence.token.{coded}")))),
        ("query", format!("?token={token}"), None),
        ("cookie", String::new(), Some(("cookie", format!("a=b; session={token}")))),
    ]
}

async fn knock_from(door: Door, server: &Server, place: &Place, origin: &'static str) -> Answer {
    let (_, query, header) = place;
    let mut headers: Vec<(&'static str, &str)> = header.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if !origin.is_empty() {
        headers.push(("origin", origin));
    }
    door.knock_with(server, None, query, &headers).await
}

#[tokio::test]
async fn every_place_counts_at_every_door_and_only_where_it_is_open() {
    const PAGE: &str = "https://app.example";
    let open = Server::with(|config| {
        configure(config, Algorithm::HS256);
        config.allow_query_token = true;
        config.auth_cookie = Some("session".to_owned());
        config.allowed_origins = vec![PAGE.to_owned()];
    })
    .await;
    let plain = server(Algorithm::HS256).await;
    let (good, old) = (token("ann", 600.0), token("ann", -60.0));
    for door in Door::ALL {
        for place in places(&good) {
            assert_eq!(knock_from(door, &open, &place, PAGE).await, is_in(door, "ann"), "{door:?} {}", place.0);
            let closed = ["query", "cookie"].contains(&place.0);
            let answer = knock_from(door, &plain, &place, "").await;
            assert_eq!(answer != is_in(door, "ann"), closed, "{door:?} {}: {answer:?}", place.0);
        }
        for place in places(&old) {
            let answer = knock_from(door, &open, &place, PAGE).await;
            let Answer::Refused { says, .. } = &answer else { panic!("{door:?} {}: {answer:?}", place.0) };
            assert!(says.contains("expired"), "{door:?} {}: {says}", place.0);
        }
    }
    // A cookie without an allowed page behind it is any page's.
    let cookie = &places(&good)[4];
    assert!(matches!(knock_from(Door::WsConnect, &open, cookie, "").await, Answer::Refused { .. }));
}

#[tokio::test]
async fn the_servers_key_opens_every_door() {
    let server = server(Algorithm::RS256).await;
    for door in Door::ALL {
        assert_eq!(door.knock(&server, Some(SERVER_KEY)).await, is_in(door, "server"));
        let header = [("x-server-key", SERVER_KEY)];
        assert_eq!(door.knock_with(&server, None, "", &header).await, is_in(door, "server"), "{door:?}");
        let wrong = [("x-server-key", "the key of somebody else's backend")];
        assert!(matches!(door.knock_with(&server, None, "", &wrong).await, Answer::Refused { .. }), "{door:?}");
    }
}

#[tokio::test]
async fn anothers_session_is_not_taken_over() {
    let server = server(Algorithm::HS256).await;
    let mut ann = Client::open(&server, "/presence").await;
    ann.json(json!({ "type": "auth", "token": token("ann", 600.0), "sessionId": "s-1" })).await;
    assert_eq!(ann.next_of("auth").await["data"]["sessionId"], "s-1");
    let mut bob = Client::open(&server, "/presence").await;
    bob.json(json!({ "type": "auth", "token": token("bob", 600.0), "sessionId": "s-1" })).await;
    let data = bob.next_of("auth").await["data"].clone();
    assert_eq!((&data["success"], &data["userId"]), (&json!(true), &json!("bob")));
    assert_ne!(data["sessionId"], "s-1");
    assert!(ann.ping_json().await.is_empty());
}

#[tokio::test]
async fn who_is_here_may_be_told_to_anybody_but_not_to_bad_tokens() {
    let server = Server::with(|config| {
        configure(config, Algorithm::HS256);
        config.public_dashboards = true;
    })
    .await;
    assert_eq!(Door::Presence.knock(&server, None).await, Answer::In(String::new()));
    let old = token("ann", -60.0);
    assert!(matches!(Door::Presence.knock(&server, Some(&old)).await, Answer::Refused { .. }));
    assert!(matches!(Door::WsConnect.knock(&server, None).await, Answer::Refused { .. }));
}

#[tokio::test]
async fn with_a_key_any_name_is_ours_and_only_our_pages_may_connect() {
    let server = server(Algorithm::HS256).await;
    let (bearer, own) = (format!("Bearer {}", token("ann", 600.0)), "https://presence.example");
    let ask = async |origin| {
        let headers = [("host", "presence.example"), ("origin", origin), ("authorization", bearer.as_str())];
        request(&server, "GET", "/api/presence", &headers).await
    };
    let answer = ask(own).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(own)));
    for foreign in ["http://localhost:5173", "https://evil.example"] {
        let answer = ask(foreign).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None), "{foreign}");
    }
}

#[tokio::test]
async fn a_minted_token_is_taken() {
    let mut config = Config::default();
    configure(&mut config, Algorithm::HS256);
    let rooms = vec!["team-*=read,write".to_owned()];
    let wanted = Minting { sub: "ann".to_owned(), rooms, expires_in: "1m".to_owned(), ..Minting::default() };
    let minted = mint(&wanted, &config, wall_now()).unwrap();
    let server = server(Algorithm::HS256).await;
    for door in Door::ALL {
        assert_eq!(door.knock(&server, Some(&minted)).await, is_in(door, "ann"));
    }
}

#[tokio::test]
async fn numbers_are_told_to_those_who_may_know_them() {
    let server = server(ALGORITHMS[0]).await;
    let mut operator = claims("olga", 600.0);
    operator["scopes"] = json!(["operator.read"]);
    let (ann, olga) = (sign(ALGORITHMS[0], &claims("ann", 600.0)), sign(ALGORITHMS[0], &operator));
    let ask = async |path: &str, token: Option<&str>| {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
        request(&server, "GET", path, &headers).await.status
    };
    for (path, nobody, anybody) in [("/api/stats", 401, 200), ("/metrics", 401, 403)] {
        assert_eq!(ask(path, None).await, nobody, "{path}");
        assert_eq!(ask(path, Some("x.y.z")).await, 401, "{path}");
        assert_eq!(ask(path, Some(&ann)).await, anybody, "{path}");
        assert_eq!(ask(path, Some(&olga)).await, 200, "{path}");
        assert_eq!(ask(path, Some(SERVER_KEY)).await, 200, "{path}");
    }
}

#[tokio::test]
async fn where_others_connect_from_is_told_to_operators_only() {
    let server = server(ALGORITHMS[0]).await;
    let mut operator = claims("olga", 600.0);
    operator["scopes"] = json!("operator.read");
    let (ann, olga) = (sign(ALGORITHMS[0], &claims("ann", 600.0)), sign(ALGORITHMS[0], &operator));
    let mut client = Client::open(&server, "/ws").await;
    client.json(json!({ "type": "connect", "token": ann, "client": { "instanceId": "I", "host": "desk" } })).await;
    client.next_where(|message| message["data"]["success"] == true).await;
    for (token, host, ip) in [(&ann, "", ""), (&olga, "desk", "127.0.0.1")] {
        let bearer = format!("Bearer {token}");
        let answer = request(&server, "GET", "/api/presence", &[("authorization", &bearer)]).await.json();
        let entry = answer["entries"].as_array().unwrap().iter().find(|entry| entry["instanceId"] == "I").unwrap();
        assert_eq!((entry["host"].as_str(), entry["ip"].as_str()), (Some(host), Some(ip)), "{entry}");
    }
}
