//! The list of who is here: what makes an entry, and how reports of it merge.

use presence_hub::io::End;
use presence_model::id::ConnectionId;
use presence_model::instance::Instance;
use presence_model::status::Liveness;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::{Visit, session};

/// The only entry there is.
fn only(stage: &Stage) -> Instance {
    let list = stage.presence();
    let [entry] = list.entries.as_slice() else { panic!("one entry, not {:?}", list.entries) };
    entry.clone()
}

fn names(stage: &Stage) -> Vec<String> {
    let list = stage.presence();
    list.entries.iter().map(|entry| format!("{}/{}", entry.user_id, entry.instance_id)).collect()
}

#[test]
fn two_tabs_are_one_entry_with_their_sessions_in_order_of_arrival() {
    let mut stage = Stage::new();
    let second = Visit::of("ann").session("a-tab").instance("LAPTOP ");
    let first = stage.arrive(&Visit::of("ann").session("z-tab").instance("laptop"));
    let second = stage.arrive(&second);
    assert_eq!(only(&stage).sessions, [session("z-tab"), session("a-tab")]);
    assert_eq!(only(&stage).instance_id.as_str(), "laptop", "as it was first written");
    stage.close(first, End::Clean);
    assert_eq!(only(&stage).sessions, [session("a-tab")]);
    stage.close(second, End::Clean);
    assert!(names(&stage).is_empty());
}

#[test]
fn the_same_id_of_two_users_is_two_entries() {
    let mut stage = Stage::new();
    stage.arrive(&Visit::of("ann").instance("laptop"));
    stage.arrive(&Visit::of("bob").instance("laptop"));
    assert_eq!(names(&stage), ["ann/laptop", "bob/laptop"]);
}

#[test]
fn a_session_without_an_instance_stands_for_itself() {
    let mut stage = Stage::new();
    stage.arrive(&Visit::of("ann").session("tab-1"));
    assert_eq!(names(&stage), ["ann/tab-1"]);
}

#[test]
fn a_later_field_replaces_and_an_absent_one_keeps() {
    let mut stage = Stage::new();
    stage.arrive(&Visit::of("ann").session("1").instance("laptop").host("Firefox").mode("webchat"));
    stage.arrive(&Visit::of("ann").session("2").instance("laptop").host("Chromium"));
    let info = only(&stage).info;
    assert_eq!((info.host.as_deref(), info.mode.as_deref()), (Some("Chromium"), Some("webchat")));
}

#[test]
fn a_loopback_address_never_replaces_a_known_one() {
    let cases: [(&[&str], &str); 4] = [
        (&["127.0.0.1"], "127.0.0.1"),
        (&["127.0.0.1", "10.0.0.7"], "10.0.0.7"),
        (&["10.0.0.7", "::1"], "10.0.0.7"),
        (&["10.0.0.7", "127.0.0.1", "10.0.0.8"], "10.0.0.8"),
    ];
    for (addresses, kept) in cases {
        let mut stage = Stage::new();
        for (n, ip) in addresses.iter().enumerate() {
            stage.arrive(&Visit::of("ann").session(&n.to_string()).instance("laptop").ip(ip));
        }
        assert_eq!(only(&stage).ip.as_deref(), Some(kept), "{addresses:?}");
    }
}

#[test]
fn a_command_line_tool_is_served_but_not_listed() {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").watching(1));
    let tool = stage.seat(&Visit::of("ann").session("t").mode("cli"));
    stage.join(tool, "lobby");
    assert_eq!(stage.take(tool), ["lobby v1 as 0 [t]"]);
    assert!(stage.take(bob).is_empty());
    // A hello that renews its token names no mode; it is the same tool still.
    stage.hello(tool, &Visit::of("ann").session("t"));
    assert_eq!(names(&stage), ["bob/b"]);
}

#[test]
fn a_command_line_tool_beside_a_tab_leaves_the_tabs_entry_alone() {
    let mut stage = Stage::new();
    let tab = stage.arrive(&Visit::of("ann").session("tab").instance("laptop").mode("webchat"));
    stage.arrive(&Visit::of("ann").session("tool").instance("laptop").mode("cli"));
    assert_eq!(only(&stage).sessions, [session("tab")]);
    assert_eq!(only(&stage).info.mode.as_deref(), Some("webchat"));
    stage.close(tab, End::Clean);
    assert!(names(&stage).is_empty());
}

#[test]
fn a_session_that_moves_to_another_instance_takes_the_old_entry_with_it() {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").watching(1));
    stage.arrive(&Visit::of("ann").session("a").instance("old"));
    stage.hear_nothing();
    stage.arrive(&Visit::of("ann").session("a").instance("new").engine(2, 1));
    assert_eq!(stage.take(bob), ["here v3 -ann/old", "here v4 +ann/new(a)"]);
}

#[test]
fn the_stamp_moves_with_life_signs_and_never_back_and_that_is_no_version() {
    let mut stage = Stage::new();
    let ann = stage.arrive(&Visit::of("ann").session("a"));
    let (start, version) = (stage.now, stage.presence().version);
    assert_eq!(only(&stage).ts, start);
    stage.wait(Millis::seconds(9));
    assert_eq!(only(&stage).ts, start);
    stage.life_sign(ann);
    assert_eq!(only(&stage).ts, start + Millis::seconds(9));
    assert_eq!(stage.presence().version, version);
}

#[test]
fn the_last_input_of_an_entry_is_that_of_any_tab() {
    let mut stage = Stage::new();
    let mut tab = |id: &str, ago: u64| -> ConnectionId {
        stage.arrive(&Visit::of("ann").session(id).instance("laptop").input_ago(Millis::seconds(ago)))
    };
    let first = tab("1", 25);
    tab("2", 5);
    let now = stage.now;
    assert_eq!(only(&stage).last_input_at, Some(now - Millis::seconds(5)));
    stage.touch(first);
    assert_eq!(only(&stage).last_input_at, Some(now));
    assert_eq!(only(&stage).liveness, Liveness::Connected);
}
