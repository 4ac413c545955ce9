//! The law of the invisible: whatever they do, however many they are, everybody else is told the same at the same
//! time, and what may be asked of the server is answered the same, as if they were not there.

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_hub::hub::Counts;
use presence_hub::io::{End, Form};
use presence_model::beacon::Ticket;
use presence_model::command::{Activity, Command, Picture};
use presence_model::feed::{ChatMessage, Feed, Level, Notification, Recipient};
use presence_model::id::{ConnectionId, ConversationId};
use presence_model::limit::Limits;
use presence_model::playback::{Action, PlaybackSaid};
use presence_model::posting::Posting;
use presence_model::privacy::PrivacyChange;
use presence_model::room::{Cursor, Selection};
use presence_model::status::Status;
use presence_model::time::{Millis, earlier};
use proptest::prelude::*;
use proptest::sample::select;

use crate::stage::Stage;
use crate::visit::{Visit, beacon, key, user, wishes};

const ROOMS: [&str; 3] = ["attic", "lobby", "lobby/video"];

/// User, session, instance, form.
type Person = (&'static str, &'static str, &'static str, Form);

const SEEN: [Person; 6] = [
    ("ann", "ann-1", "laptop", Form::Binary),
    ("ann", "ann-2", "laptop", Form::Json),
    ("ann", "ann-3", "phone", Form::Binary),
    ("bob", "bob", "desk", Form::Json),
    ("carl", "carl", "desk", Form::Binary),
    ("dora", "dora", "mac", Form::Gateway),
];

/// One of nobody seen, one at the same machine as somebody, and so on in each form.
const UNSEEN: [Person; 5] = [
    ("gil", "gil", "desk", Form::Binary),
    ("ann", "ann-ghost", "laptop", Form::Json),
    ("bob", "bob-ghost", "tablet", Form::Binary),
    ("dora", "dora-ghost", "mac", Form::Gateway),
    ("hal", "hal", "desk", Form::Json),
];

/// So many come and go at once: more than make a storm of who is seen.
const CROWD: usize = 60;

#[derive(Clone, Debug)]
enum Deed {
    /// Opens a socket, perhaps of another instance; engines may wish for rooms, and to hear who is here, at once.
    Arrive(Option<&'static str>, Option<(Vec<&'static str>, bool)>),
    Say(Command),
    LifeSign,
    Close(End),
}

#[derive(Clone, Debug)]
enum Step {
    Seen(usize, Deed),
    Unseen(usize, Deed),
    /// A crowd comes into a room unseen, or is gone.
    Crowd(&'static str),
    Gone(End),
    Wait(Millis),
    Excuse(Millis),
    /// Over HTTP.
    Post(Posting),
    /// From now on what is said between shards is under way until it is delivered.
    Hold,
    Deliver(usize, usize),
    Release,
}

fn word() -> impl Strategy<Value = Command> {
    let name = || select(&ROOMS[..]);
    let room = || name().prop_map(|name| key(name).room);
    let status = || select(Status::ALL);
    let actions = select(Action::ALL);
    prop_oneof![
        5 => name().prop_map(|name| Command::Join { key: key(name), privacy: PrivacyChange::default() }),
        2 => room().prop_map(Command::Leave),
        4 => (room(), 0.0..1.0).prop_map(|(room, x)| Command::Cursor { room, cursor: Cursor::at(x, x) }),
        2 => (room(), proptest::option::of("[xy]")).prop_map(|(room, context)| Command::Typing { room, context }),
        2 => (room(), any::<bool>()).prop_map(|(room, marks)| Command::Selection {
            room,
            selection: marks.then_some(Selection { start: 1.0, end: 2.0 }),
        }),
        2 => (room(), actions).prop_map(|(room, action)| Command::Playback { room, said: Box::new(PlaybackSaid::new(action)) }),
        1 => room().prop_map(Command::ControlRequest),
        1 => (room(), select(&["ann", "gil"][..])).prop_map(|(room, to)| Command::ControlGrant { room, to: user(to) }),
        1 => room().prop_map(Command::ControlRelease),
        1 => room().prop_map(|room| Command::Broadcast { room, payload: r#"{"type":"wave"}"#.into() }),
        2 => (status(), proptest::option::of("[xy]"))
            .prop_map(|(status, message)| Command::SetStatus { status, message }),
        2 => (proptest::option::of(status()), proptest::option::of(0_u64..200_000)).prop_map(|(said, ago)| {
            Command::Report { activity: Activity { said, input_ago: ago.map(Millis) }, wants_pong: true }
        }),
        1 => (proptest::option::of(select(&["desk", "node"][..])), 0_u64..90_000).prop_map(|(about, ago)| {
            let beacon = Box::new(presence_model::beacon::Beacon { input_ago: Some(Millis(ago)), ..beacon(about) });
            Command::Beacon { ticket: Ticket(0), beacon }
        }),
        2 => Just(Command::Subscribe),
        1 => Just(Command::Unsubscribe),
        1 => Just(Command::List(Ticket(1))),
        1 => Just(Command::Resync(Picture::Presence)),
        1 => room().prop_map(|room| Command::Resync(Picture::Room(room))),
        1 => Just(Command::CatchUp),
        1 => any::<bool>().prop_map(|is_typing| {
            let key = presence_model::id::SessionKey::parse("main").unwrap();
            Command::SessionTyping { key, is_typing }
        }),
        3 => Just(Command::Follow(Feed::Messages)),
        1 => Just(Command::Unfollow(Feed::Messages)),
        1 => Just(Command::Goodbye),
    ]
}

/// What waits for somebody reaches him unseen too, and not again: so none is for who is both.
fn posting() -> impl Strategy<Value = Posting> {
    let conversation = || ConversationId::parse("talk").unwrap();
    let (id, level, at) = (|| Arc::from("x"), Level::Info, Millis::ZERO);
    let anybody = select(&["ann", "bob", "carl", "dora", "gil", "hal"][..]).prop_map(user);
    let members = proptest::sample::subsequence(vec!["ann", "bob", "gil"], 0..3);
    prop_oneof![
        proptest::option::of(select(&["carl", "gil", "hal"][..])).prop_map(move |to| Posting::Notify {
            to: to.map_or(Recipient::All, |name| Recipient::User(user(name))),
            notification: Notification { id: id(), level, message: id(), at },
        }),
        Just(Posting::Chat {
            message: ChatMessage { conversation: conversation(), id: id(), content: id(), sender: id(), at },
            members: None,
        }),
        members.prop_map(move |members| Posting::Members {
            conversation: conversation(),
            members: members.into_iter().map(user).collect(),
        }),
        anybody.prop_map(Posting::LastSeen),
    ]
}

fn privacy(invisible: impl Strategy<Value = Option<bool>>) -> impl Strategy<Value = Command> {
    let said = || proptest::option::of(any::<bool>());
    (said(), invisible, said())
        .prop_map(|(presence, invisible, cursor)| Command::Privacy(PrivacyChange { presence, invisible, cursor }))
}

fn deed(words: impl Strategy<Value = Command>) -> impl Strategy<Value = Deed> {
    let elsewhere = proptest::option::weighted(0.2, select(&["desk", "laptop", "phone"][..]));
    let wished = (proptest::sample::subsequence(&ROOMS[..], 0..3), any::<bool>());
    let end = select(&[End::Clean, End::GoingAway, End::Lost][..]);
    prop_oneof![
        3 => (elsewhere, proptest::option::of(wished)).prop_map(|(instance, wished)| Deed::Arrive(instance, wished)),
        10 => words.prop_map(Deed::Say),
        2 => Just(Deed::LifeSign),
        1 => end.prop_map(Deed::Close),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    // Who is seen may hide now and then, and sees the same then too.
    let seen = prop_oneof![12 => word(), 1 => privacy(proptest::option::of(any::<bool>()))];
    // Who is not seen says so in each word on the matter.
    let unseen = prop_oneof![12 => word(), 1 => privacy(Just(Some(true)))];
    let time = prop_oneof![6 => 0_u64..30, 2 => 0_u64..3_000, 1 => 0_u64..50_000];
    prop_oneof![
        10 => (0..SEEN.len(), deed(seen)).prop_map(|(who, deed)| Step::Seen(who, deed)),
        10 => (0..UNSEEN.len(), deed(unseen)).prop_map(|(who, deed)| Step::Unseen(who, deed)),
        1 => select(&ROOMS[..]).prop_map(Step::Crowd),
        1 => select(&[End::Clean, End::Lost][..]).prop_map(Step::Gone),
        6 => time.prop_map(|time| Step::Wait(Millis(time))),
        1 => (0_u64..9_000).prop_map(|lateness| Step::Excuse(Millis(lateness))),
        3 => posting().prop_map(Step::Post),
        1 => Just(Step::Hold),
        4 => (0_usize..3, 0_usize..3).prop_map(|(from, to)| Step::Deliver(from, to)),
        1 => Just(Step::Release),
    ]
}

/// What everybody noted who was seen, and what the server answered.
struct Run {
    stage: Stage,
    /// The newest socket of each, and the sockets of the crowd.
    sockets: BTreeMap<&'static str, ConnectionId>,
    crowd: Vec<ConnectionId>,
    /// The sockets whose readers take notes.
    readers: Vec<ConnectionId>,
    notes: Vec<Vec<String>>,
    answers: Vec<String>,
    attempts: u32,
}

impl Run {
    fn new(shards: usize) -> Self {
        // What somebody may have himself counts the unseen of his too.
        let limits = Limits {
            sessions_per_user: 20,
            gateway_sessions_per_user: 20,
            users_per_room: 3,
            instances: 4,
            ..Limits::default()
        };
        Self {
            stage: Stage::with(shards, limits),
            sockets: BTreeMap::new(),
            crowd: vec![],
            readers: vec![],
            notes: vec![],
            answers: vec![],
            attempts: 0,
        }
    }

    fn play(&mut self, step: &Step, with_unseen: bool) {
        self.attempts += 1;
        match step {
            Step::Seen(who, deed) => {
                if let Some(socket) = self.act(SEEN[*who], deed, false) {
                    self.readers.push(socket);
                    self.notes.push(vec![]);
                }
            }
            Step::Unseen(who, deed) if with_unseen => _ = self.act(UNSEEN[*who], deed, true),
            Step::Crowd(name) if with_unseen => {
                for number in self.crowd.len()..CROWD {
                    let name = if number == 0 { "lobby" } else { name };
                    let visit = Visit::of(&format!("guest-{number}")).session(&format!("guest-{number}")).invisible();
                    self.crowd.push(self.stage.arrive(&visit.engine(1, self.attempts).wishing(1, &[name])));
                }
            }
            Step::Gone(end) if with_unseen => {
                for socket in std::mem::take(&mut self.crowd) {
                    if self.stage.desk(socket).closed.is_none() {
                        self.stage.close(socket, *end);
                    }
                }
            }
            Step::Unseen(..) | Step::Crowd(_) | Step::Gone(_) => return,
            Step::Wait(time) => self.wait(*time),
            Step::Excuse(lateness) => self.stage.excuse(*lateness),
            Step::Post(posting) => {
                let receipt = self.stage.post(posting.clone());
                self.answers.push(format!("{receipt:?}"));
            }
            Step::Hold => self.stage.post_is_held = true,
            Step::Deliver(from, to) => while self.stage.post_is_held && self.stage.deliver(*from, *to) {},
            Step::Release => {
                self.stage.post_is_held = false;
                while self.stage.deliver_any() {}
            }
        }
        self.note();
        if !matches!(step, Step::Unseen(..) | Step::Crowd(_) | Step::Gone(_)) {
            self.ask();
        }
    }

    /// Returns a socket that was opened.
    fn act(&mut self, (user, session, instance, form): Person, deed: &Deed, hides: bool) -> Option<ConnectionId> {
        let open = self.sockets.get(session).copied().filter(|socket| {
            let desk = self.stage.desk(*socket);
            desk.closed.is_none() && !desk.ended && desk.session.is_some()
        });
        match (deed, open) {
            (Deed::Arrive(elsewhere, wished), _) => {
                let mut visit = Visit::of(user).session(session).instance(elsewhere.unwrap_or(instance)).host(session);
                visit = match form {
                    Form::Binary => visit.engine(1, self.attempts),
                    Form::Json => visit.json(),
                    Form::Gateway => visit.gateway(),
                };
                if let (Form::Binary, Some((rooms, presence))) = (form, wished) {
                    visit.hello.wishes = Some(wishes(self.attempts, rooms, *presence));
                }
                visit.hello.privacy.invisible = hides.then_some(true);
                let socket = self.stage.arrive(&visit);
                self.sockets.insert(session, socket);
                return Some(socket);
            }
            (Deed::Say(command), Some(socket)) => self.stage.say(socket, command.clone()),
            (Deed::LifeSign, Some(socket)) => self.stage.life_sign(socket),
            (Deed::Close(end), Some(socket)) => self.stage.close(socket, *end),
            _ => {}
        }
        None
    }

    /// As the stage, but with a look around at each turn.
    fn wait(&mut self, time: Millis) {
        let end = self.stage.now + time;
        loop {
            let next = earlier(self.stage.next_deadline(), Some(end)).unwrap_or(end).min(end).max(self.stage.now);
            self.stage.wait(next.since(self.stage.now));
            self.note();
            if next == end {
                return;
            }
        }
    }

    fn note(&mut self) {
        let now = self.stage.now;
        for (socket, notes) in self.readers.iter().zip(&mut self.notes) {
            let closed = self.stage.desk(*socket).closed;
            notes.extend(self.stage.told(*socket).into_iter().map(|event| format!("{now:?} {closed:?} {event:?}")));
        }
    }

    fn ask(&mut self) {
        let lists = [true, false].map(|include_left| self.stage.hubs[0].presence(self.stage.now, include_left));
        let counts: Vec<_> = self.stage.hubs.iter().map(|hub| Counts { unseen: 0, ..hub.counts() }).collect();
        let rooms = ROOMS.map(|name| self.stage.members(name));
        self.answers.push(format!("{lists:?} {counts:?} {rooms:?}"));
    }
}

fn law(shards: usize, steps: &[Step]) -> Result<(), TestCaseError> {
    let [without, with] = [false, true].map(|with_unseen| {
        let mut run = Run::new(shards);
        for step in steps {
            run.play(step, with_unseen);
        }
        run.play(&Step::Release, with_unseen);
        run.play(&Step::Wait(Millis::minutes(6)), with_unseen);
        run
    });
    for ((one, other), socket) in without.notes.iter().zip(&with.notes).zip(&without.readers) {
        for (one, other) in one.iter().zip(other) {
            prop_assert_eq!(one, other, "told to {}", socket);
        }
        prop_assert_eq!(one.len(), other.len(), "told to {}: {:?} {:?}", socket, one.last(), other.last());
    }
    for (one, other) in without.answers.iter().zip(&with.answers) {
        prop_assert_eq!(one, other);
    }
    Ok(())
}

proptest! {
    #[test]
    fn nobody_can_tell_whether_somebody_looks_on_unseen(steps in proptest::collection::vec(step(), 1..80)) {
        law(1, &steps)?;
    }

    #[test]
    fn nor_with_rooms_on_other_shards(steps in proptest::collection::vec(step(), 1..80)) {
        law(3, &steps)?;
    }
}
