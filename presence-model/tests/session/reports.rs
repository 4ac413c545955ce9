//! What the person does: told seldom, and never too late.

use presence_model::session::machine::Session;
use presence_model::time::Millis;

use crate::bench::Bench;

fn touch(bench: &mut Bench) {
    bench.act(Session::note_input);
}

fn reports(bench: &mut Bench) -> Vec<String> {
    bench.sent().into_iter().filter(|line| line.starts_with("input")).collect()
}

#[test]
fn input_soon_after_the_hello_is_told_when_ten_seconds_are_over() {
    let mut bench = Bench::online();
    bench.wait(Millis::seconds(4));
    touch(&mut bench);
    assert!(reports(&mut bench).is_empty());
    bench.wait(Millis(5_999));
    assert!(reports(&mut bench).is_empty());
    bench.wait(Millis(1));
    assert_eq!(reports(&mut bench), ["input 6000 ms ago"]);
}

#[test]
fn input_after_a_quiet_time_is_told_at_once() {
    let mut bench = Bench::online();
    bench.wait_alive(Millis::seconds(40));
    touch(&mut bench);
    assert_eq!(reports(&mut bench), ["input 0 ms ago"]);
}

#[test]
fn a_busy_person_is_reported_every_ten_seconds_and_the_last_input_is_told_too() {
    let mut bench = Bench::online();
    for _ in 0..300 {
        bench.wait_alive(Millis(100));
        touch(&mut bench);
    }
    assert!((2..=3).contains(&reports(&mut bench).len()));
    bench.wait_alive(Millis::seconds(15));
    assert_eq!(reports(&mut bench).len(), 1);
    bench.wait_alive(Millis::seconds(60));
    assert!(reports(&mut bench).is_empty(), "silence is no report");
}

#[test]
fn input_without_a_line_is_in_the_next_hello() {
    let mut bench = Bench::online();
    bench.lose(Some(1006));
    bench.wait_for_attempt();
    touch(&mut bench);
    bench.wait(Millis(300));
    bench.open();
    let frames = bench.frames();
    let presence_model::wire::binary::upstream::Upstream::Hello { hello, .. } = &frames[0] else { panic!() };
    assert_eq!(hello.activity.input_ago, Some(Millis(300)));
    bench.greet();
    bench.wait_alive(Millis::seconds(30));
    assert!(reports(&mut bench).is_empty());
}
