//! Rows as clients get them: only what they know, nothing empty, no id twice.

use std::collections::BTreeSet;

use presence_model::id::{InstanceId, UserId};
use presence_model::instance::{ClientInfo, Instance, Reason};
use presence_model::time::Millis;
use presence_model::wire::gateway::encode::{encode_listed, presence_event};
use presence_model::wire::gateway::protocol::Protocol;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::closed::taken;
use crate::samples::{NOW, full_row, listing, own, row, words};

fn written(protocol: Protocol, rows: Vec<Instance>) -> Vec<Value> {
    taken(&encode_listed("1", protocol, &listing(rows)))["payload"].as_array().unwrap().clone()
}

fn ids(protocol: Protocol, rows: &[Instance]) -> Vec<Option<String>> {
    let id = |row: &Value| row.get("instanceId").map(|id| id.as_str().unwrap().to_owned());
    written(protocol, rows.to_vec()).iter().map(id).collect()
}

#[test]
fn a_full_row_says_all_that_clients_know() {
    let expected = json!({
        "host": "Anas-MacBook",
        "ip": "192.0.2.7",
        "version": "2.0",
        "platform": "macos 26",
        "deviceFamily": "Mac",
        "modelIdentifier": "Mac16,1",
        "mode": "ui",
        "lastInputSeconds": 12,
        "reason": "periodic",
        "tags": ["desk"],
        "text": "Node: Anas-MacBook (192.0.2.7) · app 2.0 · last input 3s ago · mode ui · reason periodic",
        "ts": NOW.0 - 10_000,
        "deviceId": "2484",
        "roles": ["operator"],
        "scopes": ["operator.read"],
        "instanceId": "2484",
    });
    for protocol in [Protocol::V3, Protocol::V4] {
        assert_eq!(written(protocol, vec![full_row()]), std::slice::from_ref(&expected));
    }
}

#[test]
fn what_is_not_known_is_left_out() {
    let bare = row("ana", "a");
    let expected =
        json!({ "reason": "connect", "text": "Node: unknown · mode unknown", "ts": NOW.0, "instanceId": "a" });
    assert_eq!(written(Protocol::V3, vec![bare.clone()]), std::slice::from_ref(&expected));
    let local = |ip: &str| Instance { ip: words(ip), ..bare.clone() };
    for ip in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(written(Protocol::V3, vec![local(ip)]), std::slice::from_ref(&expected), "{ip}");
    }
    // Nor is what is known to be nothing.
    let empty = || words("");
    let info = ClientInfo {
        host: empty(),
        version: empty(),
        platform: empty(),
        device_family: empty(),
        model_identifier: empty(),
        mode: empty(),
        device_id: empty(),
        text: empty(),
        roles: vec![String::new()],
        scopes: vec![String::new()],
        tags: vec![String::new()],
        ..ClientInfo::default()
    };
    assert_eq!(written(Protocol::V3, vec![Instance { info, ip: empty(), ..bare }]), [expected]);
}

#[test]
fn a_row_without_a_line_gets_one() {
    let info = ClientInfo { host: words("Desk"), mode: words("webchat"), ..ClientInfo::default() };
    let rows = written(Protocol::V4, vec![Instance { info, ..row("ana", "a") }]);
    assert_eq!(rows[0]["text"], "Node: Desk · mode webchat");

    let info = ClientInfo { host: words("h"), version: words("1"), mode: words("gateway"), ..ClientInfo::default() };
    let own = Instance::own(NOW, InstanceId::parse("o").unwrap(), info, words("10.0.0.1"));
    let rows = written(Protocol::V4, vec![own]);
    assert_eq!(rows[0]["text"], "Gateway: h (10.0.0.1) · app 1 · mode gateway · reason self");
}

#[test]
fn the_last_input_grows_until_it_is_told() {
    for (ago, told) in [(0, 0), (999, 0), (1_000, 1), (61_500, 61)] {
        let row = Instance { last_input_at: Some(NOW - Millis(ago)), ..row("ana", "a") };
        assert_eq!(written(Protocol::V3, vec![row])[0]["lastInputSeconds"], told);
    }
}

#[test]
fn only_protocol_4_knows_the_servers_own_row_by_an_id() {
    assert_eq!(ids(Protocol::V3, &[own(), row("ana", "a")]), [None, words("a")]);
    assert_eq!(ids(Protocol::V4, &[own(), row("ana", "a")]), [words("server-1"), words("a")]);
    // Who says that it is the gateway is not.
    let info = ClientInfo { mode: words("gateway"), ..ClientInfo::default() };
    let claims = Instance { info, reason: Reason::Own, ..row("ana", "a") };
    assert_eq!(ids(Protocol::V3, &[claims]), [words("a")]);
}

#[test]
fn of_two_users_with_one_id_the_first_by_name_keeps_it() {
    let (ann, bob, cleo) = (row("ann", "x"), row("bob", "x"), row("cleo", "x"));
    let expected =
        |user: &str| words(if user == "ann" { "x" } else { "x@" }).map(|id| if user == "ann" { id } else { id + user });
    for order in [[&ann, &bob, &cleo], [&cleo, &ann, &bob], [&bob, &cleo, &ann]] {
        let rows: Vec<Instance> = order.into_iter().cloned().collect();
        let expected: Vec<_> = rows.iter().map(|row| expected(row.user_id.as_str())).collect();
        assert_eq!(ids(Protocol::V3, &rows), expected);
    }
}

#[test]
fn an_id_in_another_case_is_another_text() {
    assert_eq!(ids(Protocol::V3, &[row("bob", "X"), row("ann", "x")]), [words("X"), words("x")]);
}

#[test]
fn a_name_that_is_taken_is_not_given_twice() {
    let rows = [row("bob", "x"), row("zoe", "x@bob"), row("ann", "x")];
    assert_eq!(ids(Protocol::V3, &rows), [words("x@bob@bob"), words("x@bob"), words("x")]);
    // A client keys the server's own row by its host.
    assert_eq!(ids(Protocol::V3, &[own(), row("ann", "fake")]), [None, words("fake@ann")]);
    assert_eq!(ids(Protocol::V4, &[own(), row("ann", "fake")]), [words("server-1"), words("fake")]);
    assert_eq!(ids(Protocol::V4, &[own(), row("ann", "server-1")]), [words("server-1"), words("server-1@ann")]);
}

fn any_row() -> impl Strategy<Value = Instance> {
    let text = || proptest::option::of("[ a·(]{0,3}");
    let list = || proptest::collection::vec("[a-c]{0,2}", 0..3);
    let texts = (text(), text(), text(), text(), text());
    let key = ("[a-c]", "[ab](@[ab]){0,2}|fake|server-1");
    let times = (proptest::option::of(any::<u64>()), any::<u64>());
    (key, texts, list(), text(), times, "[a-z]{0,4}").prop_map(
        |((user, id), (host, version, mode, line, device_id), list, ip, (input, ts), reason)| Instance {
            info: ClientInfo {
                host,
                version,
                mode,
                text: line,
                device_id,
                tags: list.clone(),
                roles: list.clone(),
                scopes: list,
                ..ClientInfo::default()
            },
            ip,
            status_message: None,
            last_input_at: input.map(Millis),
            ts: Millis(ts),
            reason: Reason::from(&*reason),
            user_id: UserId::parse(&user).unwrap(),
            ..row("ana", &id)
        },
    )
}

proptest! {
    #[test]
    fn every_list_is_one_that_clients_take(
        rows in proptest::collection::vec(any_row(), 0..8),
        has_own in any::<bool>(),
        protocol in proptest::sample::select(vec![Protocol::V3, Protocol::V4]),
    ) {
        let mut rows = rows;
        if has_own {
            rows.insert(0, own());
        }
        let entries = written(protocol, rows.clone());
        let keys: Vec<&str> = entries
            .iter()
            .map(|entry| ["instanceId", "host", "ip", "text"].iter().find_map(|name| entry.get(*name)))
            .map(|key| key.unwrap().as_str().unwrap())
            .collect();
        let distinct: BTreeSet<&&str> = keys.iter().collect();
        prop_assert_eq!(distinct.len(), rows.len());
        prop_assert!(!keys.contains(&""));
        taken(&presence_event(protocol, &listing(rows)).with_seq(1));
    }
}
