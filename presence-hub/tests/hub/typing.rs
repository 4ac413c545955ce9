//! Who is writing, and when that ends by itself.

use presence_hub::io::End;
use presence_model::time::Millis;

use crate::stage::pair;
use crate::visit::Visit;

#[test]
fn typing_ends_by_itself_5_s_after_it_was_last_renewed() {
    let (mut stage, [ann, bob]) = pair();
    stage.types(ann, "lobby", Some("comment"));
    assert_eq!(stage.take(bob), ["lobby v3 ann types comment"]);
    stage.wait(Millis::seconds(4));
    stage.types(ann, "lobby", Some("comment"));
    stage.wait(Millis(4_999));
    assert!(stage.take(bob).is_empty(), "a renewal is no news");
    stage.wait(Millis(1));
    assert_eq!(stage.take(bob), ["lobby v4 ann stops"]);
}

#[test]
fn another_context_is_news_and_so_is_the_end() {
    let (mut stage, [ann, bob]) = pair();
    for context in [Some("comment"), Some("reply"), Some("reply"), None, None] {
        stage.types(ann, "lobby", context);
        stage.wait(Millis(100));
    }
    assert_eq!(stage.take(bob), ["lobby v3 ann types comment", "lobby v4 ann types reply", "lobby v5 ann stops"]);
    stage.wait(Millis::seconds(6));
    assert!(stage.take(bob).is_empty(), "the lease ended with it");
}

#[test]
fn typing_ends_with_leave() {
    let (mut stage, [ann, bob]) = pair();
    stage.types(ann, "lobby", Some("comment"));
    stage.wait(Millis(100));
    stage.leave(ann, "lobby");
    stage.join(ann, "lobby");
    stage.wait(Millis::seconds(6));
    assert_eq!(stage.take(bob), ["lobby v3 ann types comment", "lobby v4 -ann last, +ann first"]);
    assert_eq!(stage.list("lobby"), ["bob", "ann"]);
}

#[test]
fn a_suspect_member_is_not_believed_to_type() {
    let (mut stage, [ann, bob]) = pair();
    stage.life_sign(ann);
    stage.wait_with(&[bob], Millis::seconds(28));
    stage.types(ann, "lobby", Some("comment"));
    stage.hear_nothing();
    stage.wait_with(&[bob], Millis::seconds(3));
    assert_eq!(stage.take(bob), ["lobby v4 ann suspect, ann stops"]);
    stage.wait_with(&[bob], Millis::seconds(5));
    assert!(stage.take(bob).is_empty());
}

#[test]
fn typing_of_a_lost_member_ends_in_its_time() {
    let (mut stage, [ann, bob]) = pair();
    stage.types(ann, "lobby", Some("comment"));
    stage.close(ann, End::Lost);
    stage.hear_nothing();
    stage.wait(Millis::seconds(5));
    assert_eq!(stage.take(bob), ["lobby v4 ann stops"]);
}

#[test]
fn each_tab_types_for_itself() {
    let (mut stage, [ann, bob]) = pair();
    let tab = stage.seat(&Visit::of("ann").session("tab").wishing(1, &["lobby"]));
    stage.wait(Millis(100));
    stage.hear_nothing();
    stage.types(ann, "lobby", Some("x"));
    stage.types(tab, "lobby", Some("y"));
    stage.types(ann, "lobby", None);
    stage.wait(Millis(100));
    assert_eq!(stage.take(bob), ["lobby v4 ann types x, tab types y, ann stops"]);
    assert_eq!(stage.list("lobby"), ["ann", "bob", "tab:types-y"]);
}
