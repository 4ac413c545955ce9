//! Acknowledging what may be left out.

use presence_model::event::Event;
use presence_model::room::Cursor;
use presence_model::time::Millis;
use presence_model::wire::binary::encode::encode;

use crate::bench::Bench;
use crate::words::{member, moved, picture};

fn acks(bench: &mut Bench) -> Vec<String> {
    bench.sent().into_iter().filter(|line| line.starts_with("ack")).collect()
}

fn cursor(n: u8) -> Event {
    moved(1, n, &member(1, "b"), Cursor::at(f64::from(n) / 255.0, 0.5))
}

#[test]
fn volatile_bytes_are_acknowledged_once_a_second_while_there_are_any() {
    let mut bench = Bench::in_room("lobby");
    bench.wait(Millis::seconds(2));
    assert!(acks(&mut bench).is_empty(), "there is nothing to acknowledge");
    let size = encode(&cursor(1)).len();
    bench.hear(&cursor(1));
    bench.expire();
    assert_eq!(acks(&mut bench), [format!("ack {size}")]);
    for n in 2..=21 {
        bench.wait(Millis(50));
        bench.hear(&cursor(n));
    }
    assert_eq!(acks(&mut bench), [format!("ack {}", size * 20)]);
    bench.wait(Millis::seconds(1));
    assert_eq!(acks(&mut bench), [format!("ack {}", size * 21)], "the last bytes too");
    bench.wait(Millis::seconds(10));
    assert!(acks(&mut bench).is_empty());
}

#[test]
fn bytes_count_whether_or_not_they_could_be_read() {
    let mut bench = Bench::in_room("lobby");
    let mut cut = encode(&cursor(1));
    let size = cut.len();
    // A record that ends in its middle.
    cut[1] -= 1;
    cut.pop();
    bench.hear_bytes(&cut);
    bench.wait(Millis::seconds(1));
    assert_eq!(acks(&mut bench), [format!("ack {}", size - 1)]);
}

#[test]
fn ordered_frames_are_not_counted() {
    let mut bench = Bench::in_room("lobby");
    bench.hear(&picture("lobby", 1, 2, &[member(0, "a"), member(1, "b")]));
    bench.wait(Millis::seconds(5));
    assert!(acks(&mut bench).is_empty());
}

#[test]
fn a_new_line_counts_from_zero() {
    let mut bench = Bench::in_room("lobby");
    bench.hear(&cursor(1));
    bench.reconnect();
    bench.hear(&picture("lobby", 1, 2, &[member(0, "a"), member(1, "b")]));
    bench.forget();
    bench.wait(Millis::seconds(5));
    assert!(acks(&mut bench).is_empty());
    bench.hear(&cursor(2));
    bench.expire();
    assert_eq!(acks(&mut bench), [format!("ack {}", encode(&cursor(2)).len())]);
}
