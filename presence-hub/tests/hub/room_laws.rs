//! What holds in a room whatever its people do, and what they may do there.

use std::collections::{BTreeMap, BTreeSet};

use presence_hub::io::End;
use presence_model::command::Command;
use presence_model::id::{ConnectionId, RoomId, SessionId, UserId};
use presence_model::limit::Timing;
use presence_model::playback::{self, Action, Desync, PlaybackSaid, Watch, Watching};
use presence_model::room::{Colour, Member, Selection};
use presence_model::status::Status;
use presence_model::time::Millis;
use proptest::prelude::*;
use proptest::sample::select;

use crate::mirror::{Mirror, seen};
use crate::stage::Stage;
use crate::visit::{Visit, key, user};

fn player() -> impl Strategy<Value = PlaybackSaid> {
    let option = proptest::option::of::<BoxedStrategy<bool>>;
    let state = (option(any::<bool>().boxed()), proptest::option::of(0.0..30.0), proptest::option::of(0.5..2.0));
    // About the time at which every stage begins.
    let at = proptest::option::of(999_990_000_u64..1_000_200_000);
    let action = prop_oneof![3 => Just(Action::Sync), 4 => select(Action::ALL)];
    (action, state, at, any::<bool>()).prop_map(|(action, (is_playing, current_time, rate), at, is_stalled)| {
        PlaybackSaid { action, is_playing, current_time, rate, at: at.map(Millis), is_stalled }
    })
}

/// Something that shows in a room of these names, or in all.
pub(crate) fn deed(names: &'static [&'static str]) -> impl Strategy<Value = Command> {
    let room = move || select(names).prop_map(|name| key(name).room);
    let part = proptest::option::of((0.0..9.0, 0.0..9.0));
    let chosen = (select(Status::ALL), proptest::option::of("[a-c ]{0,2}"));
    prop_oneof![
        2 => (room(), part).prop_map(|(room, part)| {
            let selection = part.map(|(start, length)| Selection { start, end: start + length });
            Command::Selection { room, selection }
        }),
        4 => (room(), player()).prop_map(|(room, said)| Command::Playback { room, said: Box::new(said) }),
        3 => room().prop_map(Command::ControlRequest),
        2 => (room(), select(&["ann", "bob", "carl"][..]))
            .prop_map(|(room, to)| Command::ControlGrant { room, to: user(to) }),
        1 => room().prop_map(Command::ControlRelease),
        2 => room().prop_map(|room| Command::Broadcast { room, payload: "1".into() }),
        2 => chosen.prop_map(|(status, message)| Command::SetStatus { status, message }),
    ]
}

/// Members are told apart, and only those who are there have control or ask for it.
pub(crate) fn check_room(stage: &Stage, name: &str) -> Result<(), TestCaseError> {
    let members = stage.members(name);
    let distinct =
        |each: &dyn Fn(&Member) -> String| members.iter().map(each).collect::<BTreeSet<_>>().len() == members.len();
    prop_assert!(distinct(&|member| member.card.slot.to_string()));
    prop_assert!(distinct(&|member| member.card.colour.to_string()));
    prop_assert!(distinct(&|member| member.card.session_id.to_string()));
    prop_assert!(members.iter().all(|member| member.card.colour != Colour::NONE));
    let watch = stage.watch(name);
    let users: BTreeSet<&UserId> = members.iter().map(|member| &member.card.user_id).collect();
    let is_here = |person: &playback::Person| users.contains(&person.user_id);
    prop_assert!(watch.controller.iter().all(is_here), "{:?} drives {}", watch.controller, name);
    prop_assert!(watch.requests.iter().all(is_here), "{:?} in {}", watch.requests, name);
    let asking: BTreeSet<_> = watch.requests.iter().map(|person| &person.user_id).collect();
    prop_assert_eq!(asking.len(), watch.requests.len(), "once a user");
    prop_assert!(watch.controller.iter().all(|person| !asking.contains(&person.user_id)), "and not who drives");
    prop_assert_eq!(watch.is_synced, watch.timeline.is_some());
    let is_apart = |member: &Member| member.watching.is_some_and(|watching| watching.desync.is_some());
    prop_assert!(watch.is_synced || !members.iter().any(is_apart), "{:?} in {}", members, name);
    for member in members.iter().filter(|member| is_apart(member)) {
        prop_assert_eq!(member.watching.and_then(|own| own.desync), judged(stage, &watch, member), "{:?}", member);
    }
    Ok(())
}

/// How a member's player differs from the room's by what is known of both.
fn judged(stage: &Stage, watch: &Watch, member: &Member) -> Option<Desync> {
    let (room, own) = (watch.timeline?, member.watching?);
    room.desync(stage.now, own.at(stage.now), own.desync == Some(Desync::Stalled))
}

/// Whoever was judged since the last time was judged by the room as it is, also if they follow.
fn check_judged(
    stage: &Stage,
    name: &str,
    before: &BTreeMap<u16, Watching>,
) -> Result<BTreeMap<u16, Watching>, TestCaseError> {
    let (members, watch) = (stage.members(name), stage.watch(name));
    for member in members.iter().filter(|member| before.get(&member.card.slot) != member.watching.as_ref()) {
        prop_assert_eq!(member.watching.and_then(|own| own.desync), judged(stage, &watch, member), "{:?}", member);
    }
    Ok(members.iter().filter_map(|member| Some((member.card.slot, member.watching?))).collect())
}

/// When each session said last that it types, by room.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    typed: BTreeMap<(SessionId, RoomId), Millis>,
    /// Rooms may have heard of it later.
    is_late: bool,
}

impl Leases {
    pub(crate) fn note(&mut self, stage: &Stage, session: Option<&SessionId>, command: &Command) {
        if let (Some(session), Command::Typing { room, context: Some(_) }) = (session, command) {
            self.typed.insert((session.clone(), room.clone()), stage.now);
        }
        self.is_late |= stage.post_is_held;
    }

    /// Nobody types for longer than was said, once all that is due was done.
    pub(crate) fn check(&self, stage: &Stage, name: &str) -> Result<(), TestCaseError> {
        if self.is_late || stage.next_deadline().is_some_and(|due| due <= stage.now) {
            return Ok(());
        }
        let lease = Timing::default().typing_lease;
        for member in stage.members(name).iter().filter(|member| member.typing.is_some()) {
            let typed = self.typed.get(&(member.card.session_id.clone(), key(name).room));
            let lasts = typed.is_some_and(|at| *at + lease > stage.now);
            prop_assert!(lasts, "{} types in {} since {:?}", member.card.session_id, name, typed);
        }
        Ok(())
    }
}

/// What somebody does in the one room of a play.
#[derive(Clone, Debug)]
enum Step {
    Join,
    Leave,
    /// The line breaks, and the client comes back with another one.
    Return,
    Say(Command),
    Claim(&'static str),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let claim = select(&["*:rwc", "*:rwc", "*:rw", "*:r"][..]);
    let time = prop_oneof![3 => 0_u64..50, 1 => 0_u64..40_000];
    prop_oneof![
        3 => Just(Step::Join),
        2 => Just(Step::Leave),
        1 => Just(Step::Return),
        14 => deed(&["lobby"]).prop_map(Step::Say),
        1 => claim.prop_map(Step::Claim),
        4 => time.prop_map(Step::Wait),
    ]
}

/// Two tabs of Ann's, and others.
const SESSIONS: [(&str, &str); 4] = [("ann", "s-1"), ("ann", "s-2"), ("bob", "s-3"), ("carl", "s-4")];

struct Person {
    visit: Visit,
    socket: ConnectionId,
    mirror: Mirror,
}

/// Lets one of them do something.
fn play(stage: &mut Stage, person: &mut Person, step: Step) {
    match step {
        Step::Join => stage.join(person.socket, "lobby"),
        Step::Leave => stage.leave(person.socket, "lobby"),
        Step::Say(command) => stage.say(person.socket, command),
        Step::Wait(time) => stage.wait(Millis(time)),
        Step::Claim(claim) => {
            person.visit = person.visit.clone().granted(claim);
            stage.renew(person.socket, &person.visit);
        }
        Step::Return => {
            let rooms = person.mirror.rooms.keys().map(RoomId::as_str).collect::<Vec<_>>();
            let attempt = person.visit.hello.attempt + 1;
            person.visit = person.visit.clone().engine(1, attempt).wishing(attempt, &rooms);
            stage.close(person.socket, End::Lost);
            person.socket = stage.arrive(&person.visit);
        }
    }
}

proptest! {
    #[test]
    fn a_room_keeps_its_laws_and_all_know_what_is_watched(
        steps in proptest::collection::vec((0..SESSIONS.len(), step()), 1..80),
    ) {
        let mut stage = Stage::new();
        let mut people: Vec<_> = SESSIONS
            .iter()
            .map(|(name, id)| {
                let visit = Visit::of(name).session(id).wishing(1, &["lobby"]);
                Person { socket: stage.arrive(&visit), visit, mirror: Mirror::default() }
            })
            .collect();
        let mut judged_before = BTreeMap::new();
        for (who, step) in steps {
            // Nobody is silent for too long: sessions are not what this is about.
            people.iter().for_each(|person| stage.life_sign(person.socket));
            play(&mut stage, &mut people[who], step);
            check_room(&stage, "lobby")?;
            judged_before = check_judged(&stage, "lobby", &judged_before)?;
            for person in &mut people {
                for event in stage.told(person.socket) {
                    person.mirror.take(&event).map_err(TestCaseError::fail)?;
                }
            }
        }
        stage.wait(Millis(20));
        let are: BTreeMap<_, _> = stage.members("lobby").iter().map(|member| (member.card.slot, seen(member))).collect();
        for person in &mut people {
            for event in stage.told(person.socket) {
                person.mirror.take(&event).map_err(TestCaseError::fail)?;
            }
            for believed in person.mirror.rooms.values() {
                prop_assert_eq!(&believed.members, &are);
                let known = |watch: &Watch| Watch { timeline: None, ..watch.clone() };
                prop_assert_eq!(known(&believed.watch), known(&stage.watch("lobby")));
            }
        }
    }
}
