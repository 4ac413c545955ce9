//! Beacons: whom they are about, how they merge, and who hears of them.

use presence_hub::io::End;
use presence_model::beacon::Beacon;
use presence_model::id::ConnectionId;
use presence_model::instance::{ClientInfo, Instance, Reason};
use presence_model::limit::Timing;
use presence_model::status::Status;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::{Visit, beacon};

fn of_host(about: Option<&str>, host: &str) -> Beacon {
    let info = ClientInfo { host: Some(host.to_owned()), ..ClientInfo::default() };
    Beacon { info, ..beacon(about) }
}

fn with_input(about: Option<&str>, ago: Millis) -> Beacon {
    Beacon { input_ago: Some(ago), ..beacon(about) }
}

/// A reader in binary, and a gateway client of Ann's with the instance `mac`; both have heard of each other.
fn stage() -> (Stage, [ConnectionId; 2]) {
    let mut stage = Stage::new();
    let reader = stage.seat(&Visit::of("r").session("r").watching(1));
    let mac = stage.seat(&Visit::of("ann").gateway().session("s").instance("mac").alias("mac-client"));
    stage.wait(Millis::seconds(2));
    stage.hear_nothing();
    (stage, [reader, mac])
}

#[test]
fn a_beacon_about_nobody_or_by_any_of_its_names_is_about_the_senders_own_entry() {
    for about in [None, Some("mac"), Some("MAC"), Some("mac-client"), Some(" Mac-Client")] {
        let (mut stage, [reader, mac]) = stage();
        stage.report(mac, of_host(about, "desk"));
        assert_eq!(stage.rows(), ["ann/mac(s)", "r/r(r)"], "{about:?}");
        assert_eq!(stage.row("ann/mac").unwrap().info.host.as_deref(), Some("desk"));
        assert_eq!(stage.take(reader), ["here v3 ~ann/mac(s)"]);
    }
}

#[test]
fn the_other_name_is_no_name_for_others() {
    let (mut stage, [_, mac]) = stage();
    let other = stage.arrive(&Visit::of("ann").gateway().session("t").instance("phone"));
    stage.report(other, of_host(Some("mac-client"), "desk"));
    assert_eq!(stage.rows(), ["ann/mac(s)", "ann/mac-client()", "ann/phone(t)", "r/r(r)"]);
    // A client that says hello again, without its other name, keeps it.
    stage.hello(mac, &Visit::of("ann").gateway());
    stage.report(mac, of_host(Some("mac-client"), "tower"));
    assert_eq!(stage.row("ann/mac").unwrap().info.host.as_deref(), Some("tower"));
}

#[test]
fn a_beacon_about_another_is_an_entry_without_sessions() {
    let (mut stage, [reader, mac]) = stage();
    let reported = Beacon { ip: Some("10.0.0.9".to_owned()), ..of_host(Some("Phone"), "pocket") };
    stage.report(mac, reported);
    assert_eq!(stage.take(reader), ["here v3 +ann/Phone()"]);
    let Instance { instance_id, name, info, ip, reason, ts, status, sessions, .. } = stage.row("ann/phone").unwrap();
    assert_eq!((instance_id.as_str(), name.as_str()), ("Phone", "ann"));
    assert_eq!((info.host.as_deref(), ip.as_deref()), (Some("pocket"), Some("10.0.0.9")));
    assert_eq!((reason, ts, status), (Reason::Periodic, stage.now, Status::Active));
    assert!(sessions.is_empty());
    // It has no other life signs: each beacon is one that readers hear of.
    stage.wait(Millis::seconds(3));
    stage.report(mac, of_host(Some("phone"), "pocket"));
    assert_eq!(stage.take(reader), ["here v4 ~ann/Phone()"]);
    assert_eq!(stage.row("ann/phone").unwrap().ts, stage.now);
}

#[test]
fn nobody_reports_of_another_users_instance() {
    let (mut stage, [reader, mac]) = stage();
    stage.report(mac, of_host(Some("r"), "elsewhere"));
    assert_eq!(stage.rows(), ["ann/mac(s)", "ann/r()", "r/r(r)"]);
    assert_eq!(stage.take(reader), ["here v3 +ann/r()"]);
    assert_eq!(stage.row("r/r").unwrap().info.host, None);
}

#[test]
fn a_sender_without_an_entry_reports_of_what_its_beacon_says_otherwise() {
    for (about, row) in [(None, "ann/otherwise()"), (Some("tool"), "ann/tool()"), (Some("phone"), "ann/phone()")] {
        let mut stage = Stage::new();
        let tool = stage.arrive(&Visit::of("ann").gateway().session("t").instance("tool").mode("cli"));
        stage.report(tool, beacon(about));
        assert_eq!(stage.rows(), [row], "{about:?}");
        // Neither its life signs nor its end are those of the entry.
        let at = stage.now;
        stage.wait(Millis::seconds(5));
        stage.life_sign(tool);
        stage.close(tool, End::Clean);
        assert_eq!(stage.rows(), [row], "{about:?}");
        assert_eq!(stage.row(row.trim_end_matches("()")).unwrap().ts, at);
    }
}

#[test]
fn a_beacon_merges_as_a_later_report() {
    let (mut stage, [_, mac]) = stage();
    let first = ClientInfo {
        host: Some("desk".to_owned()),
        version: Some("1".to_owned()),
        roles: vec!["operator".to_owned()],
        tags: vec!["old".to_owned()],
        ..ClientInfo::default()
    };
    let later = ClientInfo {
        version: Some("2".to_owned()),
        roles: vec!["node".to_owned(), "operator".to_owned()],
        tags: vec!["new".to_owned()],
        ..ClientInfo::default()
    };
    for about in [None, Some("phone")] {
        let say = |stage: &mut Stage, info: &ClientInfo, ip: &str, reason: Option<Reason>| {
            let (info, ip) = (info.clone(), Some(ip.to_owned()));
            stage.report(mac, Beacon { info, ip, reason, ..beacon(about) });
        };
        say(&mut stage, &first, "10.0.0.9", Some(Reason::from("launch")));
        say(&mut stage, &later, "127.0.0.1", None);
        let row = stage.row(if about.is_some() { "ann/phone" } else { "ann/mac" }).unwrap();
        assert_eq!((row.info.host.as_deref(), row.info.version.as_deref()), (Some("desk"), Some("2")));
        assert_eq!(
            (&row.info.roles[..], &row.info.tags[..]),
            (&["operator", "node"].map(str::to_owned)[..], &later.tags[..])
        );
        assert_eq!((row.ip.as_deref(), row.reason.as_str()), (Some("10.0.0.9"), "launch"));
        say(&mut stage, &later, "10.0.0.8", Some(Reason::Periodic));
        let row = stage.row(if about.is_some() { "ann/phone" } else { "ann/mac" }).unwrap();
        assert_eq!((row.ip.as_deref(), row.reason), (Some("10.0.0.8"), Reason::Periodic));
    }
}

#[test]
fn input_in_the_senders_own_beacon_is_input_of_its_person() {
    let (mut stage, [reader, mac]) = stage();
    let tab = stage.seat(&Visit::of("ann").session("tab").wishing(1, &["lobby"]).input_ago(Millis::seconds(60)));
    // The gateway client said nothing of input, and who says nothing is active.
    stage.report(mac, with_input(None, Millis::seconds(40)));
    stage.settle();
    assert_eq!(stage.list("lobby"), ["tab:idle"]);
    assert_eq!(stage.row("ann/mac").unwrap().last_input_at, Some(stage.now - Millis::seconds(40)));
    stage.hear_nothing();
    stage.report(mac, with_input(None, Millis::ZERO));
    stage.settle();
    assert_eq!(stage.list("lobby"), ["tab"]);
    assert_eq!(stage.take(reader), ["here v5 ~ann/mac(s)"]);
    stage.wait_with(&[reader, mac, tab], Millis::seconds(32));
    assert_eq!(stage.list("lobby"), ["tab:idle"], "and it grows old like any other");
}

#[test]
fn input_of_another_of_the_senders_connected_instances_is_input_there() {
    let (mut stage, [reader, mac]) = stage();
    let phone = stage.arrive(&Visit::of("ann").session("p").instance("phone").input_ago(Millis::seconds(50)));
    stage.report(phone, with_input(None, Millis::seconds(45)));
    stage.hear_nothing();
    assert_eq!(stage.row("ann/phone").unwrap().status, Status::Idle);
    stage.report(mac, with_input(Some("phone"), Millis::seconds(1)));
    assert_eq!(stage.take(reader), ["here v4 ~ann/phone(p)"]);
    assert_eq!(stage.row("ann/mac").unwrap().last_input_at, None);
}

#[test]
fn input_is_that_of_the_senders_own_tab_as_long_as_it_is_there() {
    let (mut stage, [_, mac]) = stage();
    let tab = stage.arrive(&Visit::of("ann").session("z").instance("mac"));
    stage.report(mac, with_input(None, Millis::seconds(1)));
    let at = stage.now - Millis::seconds(1);
    stage.close(tab, End::Clean);
    assert_eq!(stage.row("ann/mac").unwrap().last_input_at, Some(at));
}

#[test]
fn nothing_is_told_of_who_is_only_reported_or_left_until_it_goes() {
    let (mut stage, [reader, mac]) = stage();
    let phone = stage.arrive(&Visit::of("ann").session("p").instance("phone"));
    stage.close(phone, End::Clean);
    stage.report(mac, beacon(Some("pad")));
    stage.hear_nothing();
    stage.wait_with(&[reader, mac], Millis::seconds(298));
    // The two that are connected are told again.
    assert_eq!(stage.take(reader), ["here v6 ~ann/mac(s)", "here v7 ~r/r(r)"]);
    assert_eq!(stage.take(mac).len(), 1);
    stage.wait_with(&[reader, mac], Millis::seconds(3));
    assert_eq!(stage.take(reader), ["here v8 -ann/pad"]);
    assert_eq!(stage.take(mac).len(), 1);
}

#[test]
fn the_status_of_a_reported_entry_follows_its_input_by_itself() {
    let (mut stage, [reader, mac]) = stage();
    let both = [reader, mac];
    stage.report(mac, with_input(Some("phone"), Millis::seconds(10)));
    assert_eq!(stage.take(reader), ["here v3 +ann/phone()"]);
    stage.wait(Millis::seconds(20));
    assert!(stage.take(reader).is_empty(), "at thirty seconds it is active");
    stage.wait(Millis(1));
    assert_eq!(stage.take(reader), ["here v4 ~ann/phone():idle"]);
    stage.wait_with(&both, Millis::seconds(90));
    assert_eq!(stage.take(reader), ["here v5 ~ann/phone():away"]);
    stage.report(mac, with_input(Some("phone"), Millis::ZERO));
    assert_eq!(stage.take(reader), ["here v6 ~ann/phone()"]);
    // What is said of earlier input, or of none, says nothing new.
    stage.report(mac, with_input(Some("phone"), Millis::seconds(60)));
    stage.report(mac, beacon(Some("phone")));
    assert_eq!(stage.take(reader), ["here v7 ~ann/phone()", "here v8 ~ann/phone()"]);
}

#[test]
fn who_reads_hears_before_the_sender_is_answered() {
    let (mut stage, [reader, mac]) = stage();
    let other = stage.seat(&Visit::of("o").gateway().session("o"));
    stage.report(mac, beacon(Some("phone")));
    // The sender does not wait for the next second, and the others hear of all beacons of one together.
    let list = "list v5 [ann/phone() o/o(o) ann/mac(s) r/r(r)]";
    assert_eq!(stage.told_lines(mac), [list, "taken 1"]);
    assert!(stage.told_lines(other).is_empty());
    stage.report(mac, beacon(Some("tablet")));
    assert_eq!(stage.take(reader), ["here v4 +ann/phone()", "here v5 +ann/tablet()"]);
    stage.wait(Millis::seconds(2));
    assert_eq!(stage.take(other), ["list v6 [ann/phone() ann/tablet() o/o(o) ann/mac(s) r/r(r)]"]);
    assert_eq!(stage.take(mac).len(), 2, "it is told once");
}

#[test]
fn a_beacon_that_says_the_same_of_a_connected_entry_is_news_to_gateway_clients_alone() {
    let (mut stage, [reader, mac]) = stage();
    let json = stage.seat(&Visit::of("j").session("j").json());
    stage.say(json, presence_model::command::Command::Subscribe);
    stage.wait(Millis::seconds(2));
    stage.hear_nothing();
    stage.report(mac, Beacon { reason: Some(Reason::Periodic), ..beacon(None) });
    stage.wait(Millis::seconds(2));
    assert_eq!(stage.take(reader), ["here v4 ~ann/mac(s)"], "another reason is another entry");
    stage.hear_nothing();
    stage.report(mac, Beacon { reason: Some(Reason::Periodic), ..beacon(None) });
    assert_eq!(stage.take(mac), ["list v6 [ann/mac(s) j/j(j) r/r(r)]", "taken 2"]);
    stage.wait(Millis::seconds(2));
    assert!(stage.take(reader).is_empty() && stage.take(json).is_empty());
    assert_eq!(stage.row("ann/mac").unwrap().ts, stage.now - Millis::seconds(2));
}

#[test]
fn a_reported_entry_goes_when_it_is_older_than_its_time() {
    let (mut stage, [reader, mac]) = stage();
    let both = [reader, mac];
    stage.report(mac, beacon(Some("phone")));
    stage.wait_with(&both, Millis::minutes(3));
    stage.report(mac, beacon(Some("phone")));
    stage.wait_with(&both, Millis::minutes(5));
    assert_eq!(stage.row("ann/phone").unwrap().ts, stage.now - Millis(300_000));
    stage.hear_nothing();
    stage.wait(Millis(1));
    assert!(stage.row("ann/phone").is_none());
    let told = stage.take(reader);
    assert!(told.len() == 1 && told[0].ends_with(" -ann/phone"), "{told:?}");
}

#[test]
fn a_stopped_server_forgets_nobody_it_could_not_hear_of() {
    let (mut stage, [reader, mac]) = stage();
    stage.report(mac, beacon(Some("phone")));
    stage.wait_with(&[reader, mac], Millis::seconds(290));
    stage.excuse(Millis::minutes(1));
    stage.wait(Millis::seconds(10));
    assert!(stage.row("ann/phone").is_some());
    stage.wait(Millis(1));
    assert!(stage.row("ann/phone").is_none());
}

#[test]
fn a_session_takes_up_a_reported_entry_and_a_beacon_brings_back_one_that_left() {
    let (mut stage, [reader, mac]) = stage();
    stage.report(mac, of_host(Some("phone"), "pocket"));
    let phone = stage.arrive(&Visit::of("ann").session("p").instance("Phone"));
    stage.close(phone, End::Clean);
    assert_eq!(stage.take(reader), ["here v3 +ann/phone()", "here v4 ~ann/phone(p)", "here v5 -ann/phone"]);
    let left = stage.row("ann/phone").unwrap();
    assert!(left.has_left() && left.reason == Reason::Disconnect);
    stage.report(mac, beacon(Some("phone")));
    assert_eq!(stage.take(reader), ["here v6 +ann/phone()"]);
    let back = stage.row("ann/phone").unwrap();
    assert_eq!((back.reason, back.info.host.as_deref()), (Reason::Periodic, Some("pocket")));
}

#[test]
fn a_hello_keeps_the_line_that_a_beacon_said() {
    let line = |text: &str| ClientInfo { text: Some(text.to_owned()), ..ClientInfo::default() };
    let (mut stage, [reader, mac]) = stage();
    stage.report(mac, Beacon { info: line("Node: desk"), ..beacon(None) });
    stage.hear_nothing();
    let mut visit = Visit::of("ann").gateway().session("s").instance("mac");
    visit.hello.info = line("Node: made up");
    stage.arrive(&visit);
    assert_eq!(stage.row("ann/mac").unwrap().info.text.as_deref(), Some("Node: desk"));
    assert!(stage.take(reader).is_empty());
    // Who is no gateway client says its line itself.
    let mut tab = Visit::of("ann").session("t").instance("mac");
    tab.hello.info = line("here I am");
    stage.arrive(&tab);
    assert_eq!(stage.row("ann/mac").unwrap().info.text.as_deref(), Some("here I am"));
}

#[test]
fn beacons_of_any_moment_never_move_a_stamp_back() {
    let mut stage = Stage::by(1, presence_model::limit::Limits::default(), Timing::default());
    let mac = stage.arrive(&Visit::of("ann").gateway().session("s"));
    let mut newest = stage.now;
    for back in [0, 3_000, 1_000] {
        stage.report(mac, beacon(Some("phone")));
        assert_eq!(stage.row("ann/phone").unwrap().ts, newest.max(stage.now));
        newest = newest.max(stage.now);
        stage.now = stage.now - Millis(back);
    }
}

#[test]
fn what_was_reported_of_input_holds_until_its_person_says_more() {
    let (mut stage, [_, mac]) = stage();
    stage.report(mac, with_input(Some("phone"), Millis::seconds(200)));
    let phone = stage.seat(&Visit::of("ann").session("p").instance("phone"));
    assert_eq!(stage.row("ann/phone").unwrap().status, Status::Away);
    stage.touch(phone);
    assert_eq!(stage.row("ann/phone").unwrap().status, Status::Active);
}
