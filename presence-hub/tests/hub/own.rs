//! The server's own entry: it is there from the start, and nobody and nothing moves it.

use presence_hub::io::End;
use presence_model::command::{Command, Picture};
use presence_model::instance::{Instance, Reason};
use presence_model::limit::Limits;
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::{Visit, beacon};

fn own(stage: &Stage) -> Instance {
    let list = stage.presence();
    let of_server: Vec<_> = list.entries.iter().filter(|entry| entry.is_own()).collect();
    let [own] = of_server[..] else { panic!("it is there once: {of_server:?}") };
    own.clone()
}

#[test]
fn it_is_there_from_the_start_with_the_stamp_of_this_moment() {
    let mut stage = Stage::of_gateway(Limits::default());
    let first = own(&stage);
    assert_eq!((&first.reason, first.status, first.liveness), (&Reason::Own, Status::Active, Liveness::Connected));
    assert_eq!((first.info.host.as_deref(), first.ip.as_deref()), (Some("tower"), Some("10.0.0.1")));
    assert_eq!(first.ts, stage.now);
    assert!(first.sessions.is_empty() && !first.is_reported() && !first.has_left());
    stage.wait(Millis::minutes(20));
    assert_eq!(own(&stage).ts, stage.now);
    assert!(stage.is_empty(), "it is nobody");
}

#[test]
fn every_reader_sees_it_first() {
    let mut stage = Stage::of_gateway(Limits::default());
    let gateway = stage.arrive(&Visit::of("ann").gateway().session("a"));
    assert_eq!(stage.take(gateway), ["welcome a list v2 [/tower() ann/a(a)]"]);
    stage.wait(Millis(5));
    let bob = stage.arrive(&Visit::of("bob").gateway().session("b"));
    assert_eq!(stage.take(bob), ["welcome b list v3 [/tower() bob/b(b) ann/a(a)]"]);
    for visit in [Visit::of("r").session("r"), Visit::of("j").session("j").json()] {
        let reader = stage.seat(&visit);
        stage.say(reader, Command::Subscribe);
        let [list] = &stage.take(reader)[..] else { panic!("one list") };
        assert!(list.contains(" [/tower() ann/a(a) "), "{list}");
        stage.close(reader, End::Clean);
    }
}

#[test]
fn nobody_can_say_that_it_is_the_server() {
    let mut stage = Stage::of_gateway(Limits::default());
    let before = own(&stage);
    let mut visit = Visit::of("ann").gateway().session("a").instance("tower").ip("6.6.6.6").host("evil");
    visit.hello.info.mode = Some("gateway".to_owned());
    let ann = stage.arrive(&visit);
    let mut said = beacon(Some("TOWER"));
    said.reason = Some(Reason::Own);
    said.info.host = Some("evil".to_owned());
    stage.report(ann, said);
    stage.close(ann, End::Clean);
    assert_eq!(own(&stage), before);
    assert_eq!(stage.rows(), ["/tower()", "ann/tower():offline:gone"]);
}

#[test]
fn it_counts_in_the_limit_and_is_never_put_out() {
    let mut stage = Stage::of_gateway(Limits { instances: 2, ..Limits::default() });
    let gateway = stage.seat(&Visit::of("ann").gateway().session("a"));
    stage.report(gateway, beacon(Some("phone")));
    stage.arrive(&Visit::of("bob").session("b"));
    assert_eq!(stage.rows(), ["/tower()", "ann/a(a)"]);
    assert!(stage.presence().truncated);
    for instances in [0, 1] {
        let mut stage = Stage::of_gateway(Limits { instances, ..Limits::default() });
        let ann = stage.arrive(&Visit::of("ann").gateway().session("a"));
        assert_eq!(stage.take(ann), ["welcome a list v1 [/tower()]"], "{instances}");
        stage.report(ann, beacon(Some("phone")));
        stage.close(ann, End::Clean);
        assert_eq!(stage.rows(), ["/tower()"], "{instances}");
    }
}

#[test]
fn readers_hear_of_it_before_its_stamp_is_old() {
    let mut stage = Stage::of_gateway(Limits::default());
    stage.wait(Millis::seconds(100));
    let reader = stage.seat(&Visit::of("r").session("r").watching(1));
    stage.wait_with(&[reader], Millis::seconds(139));
    assert!(stage.take(reader).is_empty());
    stage.wait_with(&[reader], Millis::seconds(1));
    assert_eq!(stage.take(reader), ["here v2 ~/tower()"]);
    stage.wait_with(&[reader], Millis::seconds(240));
    assert_eq!(stage.take(reader), ["here v3 ~r/r(r)", "here v4 ~/tower()"]);
    stage.say(reader, Command::Resync(Picture::Presence));
    assert_eq!(stage.take(reader), ["here v4 [/tower() r/r(r)]"]);
}
