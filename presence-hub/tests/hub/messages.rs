//! Messages to people: who is told that somebody is here, and who hears of a conversation.

use std::sync::Arc;

use presence_hub::io::End;
use presence_model::call::Request;
use presence_model::command::Command;
use presence_model::feed::{ChatMessage, Feed, Level, Notification, Recipient};
use presence_model::id::{ConnectionId, ConversationId};
use presence_model::limit::{Limits, Timing};
use presence_model::posting::{Posting, Receipt};
use presence_model::privacy::PrivacyChange;
use presence_model::status::Status;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::{Visit, user};

impl Stage {
    /// Somebody comes and follows messages.
    pub(crate) fn follower(&mut self, visit: &Visit) -> ConnectionId {
        let connection = self.arrive(visit);
        self.say(connection, Command::Follow(Feed::Messages));
        connection
    }

    /// As [`Self::follower`], forgetting what all were told.
    pub(crate) fn seated_follower(&mut self, name: &str) -> ConnectionId {
        let connection = self.follower(&Visit::of(name).json().session(name));
        self.hear_nothing();
        connection
    }

    pub(crate) fn notify(&mut self, to: Option<&str>, id: &str) -> (usize, usize) {
        let to = to.map_or(Recipient::All, |name| Recipient::User(user(name)));
        self.notify_with(to, id, "x")
    }

    pub(crate) fn notify_with(&mut self, to: Recipient, id: &str, message: &str) -> (usize, usize) {
        let notification = Notification { id: id.into(), level: Level::Info, message: message.into(), at: self.now };
        told(self.post(Posting::Notify { to, notification }).unwrap())
    }

    pub(crate) fn chat(&mut self, conversation: &str, id: &str) -> usize {
        let conversation = ConversationId::parse(conversation).unwrap();
        let (id, content, sender) = (id.into(), "hello".into(), "ann".into());
        let message = ChatMessage { conversation, id, content, sender, at: self.now };
        told(self.post(Posting::Chat { message, members: None }).unwrap()).0
    }

    pub(crate) fn members_are(&mut self, conversation: &str, members: &[&str]) {
        let conversation = ConversationId::parse(conversation).unwrap();
        let members = members.iter().map(|name| user(name)).collect();
        self.post(Posting::Members { conversation, members }).unwrap();
    }

    pub(crate) fn last_seen(&mut self, name: &str) -> (Option<Millis>, bool) {
        match self.post(Posting::LastSeen(user(name))).unwrap() {
            Receipt::LastSeen { at, is_online } => (at, is_online),
            other => panic!("{other:?}"),
        }
    }

    /// Notifications that would wait for somebody behind a restart.
    pub(crate) fn kept(&self, name: &str) -> Vec<Arc<str>> {
        let kept = self.disk().notifications.into_iter();
        kept.filter(|(whose, _)| *whose == user(name)).map(|(_, notification)| notification.id).collect()
    }
}

fn told(receipt: Receipt) -> (usize, usize) {
    match receipt {
        Receipt::Told { told, kept } => (told, kept),
        other => panic!("{other:?}"),
    }
}

pub(crate) const NOTHING: [&str; 0] = [];

// Who is here.

#[test]
fn who_begins_to_follow_is_told_of_himself_and_the_others_of_him() {
    let mut stage = Stage::new();
    let bob = stage.seated_follower("bob");
    let ann = stage.follower(&Visit::of("ann").json().session("ann"));
    assert_eq!(stage.take(ann), ["welcome ann", "ann online"]);
    assert_eq!(stage.take(bob), ["ann online"]);
    stage.say(ann, Command::Follow(Feed::Messages));
    assert_eq!(stage.take(ann), NOTHING, "he follows already");
}

#[test]
fn any_door_makes_a_user_online_once() {
    let mut stage = Stage::new();
    let bob = stage.seated_follower("bob");
    let first = stage.arrive(&Visit::of("ann").session("1"));
    assert_eq!(stage.take(bob), ["ann online"]);
    let second = stage.arrive(&Visit::of("ann").gateway().session("2"));
    stage.close(first, End::Clean);
    assert_eq!(stage.take(bob), NOTHING, "she has another session");
    stage.close(second, End::Clean);
    assert_eq!(stage.take(bob), ["ann offline"]);
    let status = Command::SetStatus { status: Status::Active, message: None };
    stage.call(&Visit::of("carl"), None, Request::Act(status)).unwrap();
    assert_eq!(stage.take(bob), ["carl online"]);
    stage.wait_with(&[bob], Timing::default().call_gone_after);
    assert_eq!(stage.take(bob), ["carl away", "carl offline"], "he did nothing more");
}

#[test]
fn offline_is_told_once_and_behind_the_grace_however_somebody_goes() {
    let timing = Timing::default();
    for (end, grace) in [
        (Some(End::Clean), Millis::ZERO),
        (Some(End::GoingAway), timing.reload_grace),
        (Some(End::Lost), timing.reconnect_grace),
        // The network was cut.
        (None, timing.gone_after),
    ] {
        let mut stage = Stage::new();
        let bob = stage.seated_follower("bob");
        let ann = stage.arrive(&Visit::of("ann").session("ann"));
        stage.hear_nothing();
        if let Some(end) = end {
            stage.close(ann, end);
        }
        if grace > Millis::ZERO {
            stage.wait_with(&[bob], grace - Millis(1));
            assert_eq!(stage.take(bob), NOTHING, "{end:?}: she may come back");
            stage.wait_with(&[bob], Millis(1));
        }
        assert_eq!(stage.take(bob), ["ann offline"], "{end:?}");
        stage.wait_with(&[bob], Millis::minutes(2));
        assert_eq!(stage.take(bob), NOTHING, "{end:?}");
    }
}

#[test]
fn who_comes_back_in_time_was_never_away() {
    let mut stage = Stage::new();
    let bob = stage.seated_follower("bob");
    let mut ann = stage.follower(&Visit::of("ann").session("ann"));
    stage.hear_nothing();
    for attempt in 2..12 {
        stage.close(ann, End::Lost);
        stage.wait_with(&[bob], Millis::seconds(9));
        ann = stage.follower(&Visit::of("ann").session("ann").engine(1, attempt));
    }
    assert_eq!(stage.take(bob), NOTHING);
    assert_eq!(stage.take(ann), ["welcome again ann", "ann online"], "each socket is told of itself");
}

#[test]
fn who_takes_another_session_on_the_same_socket_was_never_away() {
    let mut stage = Stage::new();
    let bob = stage.seated_follower("bob");
    let ann = stage.seat(&Visit::of("ann").json().session("1").instance("laptop"));
    stage.hear_nothing();
    stage.hello(ann, &Visit::of("ann").json().session("2").instance("phone"));
    assert_eq!(stage.take(bob), NOTHING);
    // Unless nobody may know of that one.
    stage.hello(ann, &Visit::of("ann").json().session("3").invisible());
    assert_eq!(stage.take(bob), ["ann offline"]);
    stage.hello(ann, &Visit::of("ann").json().session("4"));
    assert_eq!(stage.take(bob), ["ann online"]);
    stage.hello(ann, &Visit::of("eve").json().session("5"));
    assert_eq!(stage.take(bob), ["ann offline", "eve online"]);
}

#[test]
fn who_takes_the_place_of_his_silent_session_was_never_away() {
    let mut stage = Stage::with(1, Limits { sessions_per_user: 1, ..Limits::default() });
    let bob = stage.seated_follower("bob");
    stage.seat(&Visit::of("ann").session("1"));
    stage.wait_with(&[bob], Timing::default().suspect_after);
    stage.hear_nothing();
    let ann = stage.arrive(&Visit::of("ann").session("2"));
    assert_eq!((stage.take(ann), stage.take(bob)), (vec!["welcome 2".to_owned()], vec![]));
}

#[test]
fn what_somebody_does_is_told_as_far_as_it_has_a_word() {
    let mut stage = Stage::new();
    let bob = stage.seated_follower("bob");
    let ann = stage.seat(&Visit::of("ann").session("ann").input_ago(Millis::ZERO));
    stage.hear_nothing();
    let says = |stage: &mut Stage, status| {
        stage.choose(ann, status, None);
        stage.take(bob)
    };
    assert_eq!(says(&mut stage, Status::Busy), ["ann busy"]);
    assert_eq!(says(&mut stage, Status::Reviewing), NOTHING, "that is busy too");
    assert_eq!(says(&mut stage, Status::Away), ["ann away"]);
    assert_eq!(says(&mut stage, Status::Idle), NOTHING);
    assert_eq!(says(&mut stage, Status::Active), ["ann online"]);
    stage.wait_with(&[ann, bob], Millis::seconds(31));
    assert_eq!(stage.take(bob), ["ann away"], "she touched nothing");
    stage.wait_with(&[ann, bob], Millis::minutes(3));
    assert_eq!(stage.take(bob), NOTHING);
    stage.touch(ann);
    assert_eq!(stage.take(bob), ["ann online"]);
}

#[test]
fn who_hides_goes_and_comes_for_all_who_follow() {
    let mut stage = Stage::new();
    let bob = stage.seated_follower("bob");
    let ann = stage.seated_follower("ann");
    for (hide, show) in [
        (
            Command::SetStatus { status: Status::Offline, message: None },
            Command::SetStatus { status: Status::Active, message: None },
        ),
        (
            Command::Privacy(PrivacyChange { invisible: Some(true), ..PrivacyChange::default() }),
            Command::Privacy(PrivacyChange { invisible: Some(false), ..PrivacyChange::default() }),
        ),
        (
            Command::Privacy(PrivacyChange { presence: Some(false), ..PrivacyChange::default() }),
            Command::Privacy(PrivacyChange { presence: Some(true), ..PrivacyChange::default() }),
        ),
    ] {
        stage.say(ann, hide);
        assert_eq!([stage.take(bob), stage.take(ann)], [["ann offline"], ["ann offline"]]);
        stage.say(ann, show);
        assert_eq!([stage.take(bob), stage.take(ann)], [["ann online"], ["ann online"]]);
    }
    let ghost = stage.follower(&Visit::of("eve").session("eve").invisible());
    assert_eq!(stage.take(ghost), ["welcome eve"], "nothing is told of who is not seen, to himself neither");
    stage.close(ghost, End::Clean);
    assert_eq!(stage.take(bob), NOTHING);
}

#[test]
fn a_restart_shows_nobody_offline_and_who_returns_online() {
    let mut stage = Stage::new();
    let _ = stage.seated_follower("bob");
    let _ = stage.seated_follower("ann");
    stage.restart();
    let bob = stage.follower(&Visit::of("bob").json().session("bob"));
    let ann = stage.follower(&Visit::of("ann").json().session("ann"));
    assert_eq!(stage.take(ann), ["welcome ann", "ann online"]);
    assert_eq!(stage.take(bob), ["welcome bob", "bob online", "ann online"]);
}

#[test]
fn who_unsubscribes_hears_nothing_more() {
    let mut stage = Stage::new();
    let [ann, bob] = ["ann", "bob"].map(|name| stage.seated_follower(name));
    stage.say(bob, Command::Unfollow(Feed::Messages));
    stage.set_status(ann, Status::Busy);
    assert_eq!((stage.notify(None, "all"), stage.chat("c", "m")), ((1, 0), 1));
    assert_eq!(stage.notify(Some("bob"), "own"), (0, 1), "it waits until he wants to hear it");
    assert_eq!(stage.take(bob), NOTHING);
    stage.say(bob, Command::Follow(Feed::Messages));
    assert_eq!(stage.take(bob), ["bob online", "info own"]);
}

// Chat.

#[test]
fn chat_goes_to_members_or_else_to_all() {
    let mut stage = Stage::new();
    let all = ["ann", "bob", "carl"].map(|name| stage.seated_follower(name));
    let tab = stage.follower(&Visit::of("ann").session("tab"));
    stage.hear_nothing();
    let heard = |stage: &mut Stage, id: &str| {
        let told = stage.chat("c", id);
        let line = format!("chat c {id}");
        let heard = [all[0], all[1], all[2], tab].map(|who| stage.take(who) == [line.clone()]);
        assert_eq!(told, heard.iter().filter(|heard| **heard).count());
        heard
    };
    assert_eq!(heard(&mut stage, "1"), [true; 4]);
    stage.members_are("c", &["ann", "bob", "ann", "nobody"]);
    stage.members_are("other", &["carl"]);
    assert_eq!(heard(&mut stage, "2"), [true, true, false, true]);
    stage.members_are("c", &["carl"]);
    assert_eq!(heard(&mut stage, "3"), [false, false, true, false]);
    stage.restart();
    stage.restart();
    let all = ["ann", "bob", "carl"].map(|name| stage.seated_follower(name));
    assert_eq!(stage.chat("c", "4"), 1);
    assert_eq!(all.map(|who| stage.take(who).len()), [0, 0, 1], "members survive a restart");
    stage.members_are("c", &[]);
    assert_eq!(stage.chat("c", "5"), 3);
    assert_eq!(stage.disk().members.len(), 1);
}

#[test]
fn conversations_and_their_members_are_bounded_and_none_ever_becomes_everybodys() {
    let limits = Limits { conversations: 2, members_per_conversation: 3, conversation_members: 5, ..Limits::default() };
    let mut stage = Stage::with(1, limits);
    let _carl = stage.seated_follower("carl");
    stage.members_are("a", &["ann", "bob"]);
    stage.members_are("b", &["ann", "bob"]);
    let all = ["ann", "bob", "dora", "eve"];
    for (conversation, members, code) in [
        ("a", &all[..], "too_long"),
        ("c", &all[..1], "too_many_conversations"),
        ("a", &all[..3], ""),
        ("b", &all[..3], "too_many_conversations"),
        ("b", &all[..1], ""),
        ("b", &all[..2], ""),
    ] {
        let before = stage.saved.len();
        let (name, conversation) = (conversation, ConversationId::parse(conversation).unwrap());
        let members = members.iter().map(|name| user(name)).collect();
        match stage.post(Posting::Members { conversation, members }) {
            Ok(_) => assert_eq!(code, "", "{name}"),
            Err(refusal) => {
                assert_eq!((refusal.code.name(), refusal.field.as_deref()), (code, Some("members")));
                assert_eq!(stage.saved.len(), before, "nothing was stored");
            }
        }
        assert_eq!(["a", "b"].map(|conversation| stage.chat(conversation, "m")), [0, 0], "Carl is in none");
    }
    stage.members_are("a", &[]);
    stage.members_are("c", &["carl"]);
    assert_eq!(["a", "c"].map(|conversation| stage.chat(conversation, "m")), [1, 1]);
}

#[test]
fn chat_and_its_members_are_one_or_neither() {
    let limits = Limits { conversations: 1, ..Limits::default() };
    let mut stage = Stage::with(1, limits);
    let [ann, bob] = ["ann", "bob"].map(|name| stage.seated_follower(name));
    let said = |conversation: &str, now| {
        let conversation = ConversationId::parse(conversation).unwrap();
        let (id, content, sender) = ("m".into(), "hello".into(), "ann".into());
        let message = ChatMessage { conversation, id, content, sender, at: now };
        Posting::Chat { message, members: Some(vec![user("ann")]) }
    };
    assert_eq!(told(stage.post(said("c", stage.now)).unwrap()), (1, 0));
    assert_eq!(stage.post(said("d", stage.now)).unwrap_err().code.name(), "too_many_conversations");
    assert_eq!([ann, bob].map(|who| stage.take(who).len()), [1, 0]);
}
