//! What holds whatever happens: any people, any order, any moment, one shard or several.

use std::collections::{BTreeMap, BTreeSet};

use presence_hub::io::{End, Form};
use presence_model::agent::{AgentEvent, Deed};
use presence_model::beacon::{Beacon, Ticket};
use presence_model::command::{Activity, Command, Picture};
use presence_model::feed::Feed;
use presence_model::grant::Right;
use presence_model::id::{AgentId, ConnectionId};
use presence_model::instance::Instance;
use presence_model::limit::{Limits, Timing};
use presence_model::playback::Watch;
use presence_model::privacy::PrivacyChange;
use presence_model::room::{Cursor, RoomKey};
use presence_model::status::{Status, Thresholds};
use presence_model::time::Millis;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::mirror::{Mirror, seen};
use crate::room_laws::{Leases, check_room, deed};
use crate::stage::Stage;
use crate::visit::{Visit, beacon, key, wishes};

const ROOMS: [&str; 4] = ["attic", "lobby", "lobby/video", "yard"];
const USERS_PER_ROOM: usize = 2;
/// What tokens claim; most people may do everything.
const CLAIMS: [&str; 6] = ["*:rwc", "*:rwc", "*:rw", "lobby:rwc yard:r", "*:r", ""];

#[derive(Clone, Debug)]
enum Step {
    Arrive(Visit),
    Hello(Index, Visit),
    Renew(Index, &'static str),
    Say(Index, Command),
    LifeSign(Index),
    Close(Index, End),
    Wait(Millis),
    Excuse(Millis),
    Deliver(Index),
}

fn visit() -> impl Strategy<Value = Visit> {
    let session = proptest::option::weighted(0.8, select(&["s-1", "s-2", "s-3", "s-4", "s-5"][..]));
    let wished = proptest::option::of((0_u32..5, proptest::sample::subsequence(&ROOMS[..], 0..4), any::<bool>()));
    let engine = (0_u64..3, 0_u32..3);
    let mode = proptest::option::weighted(0.1, Just("cli"));
    let user = (select(&["ann", "bob", "carl"][..]), select(&CLAIMS[..]));
    let form = (select(&[Form::Binary, Form::Json, Form::Gateway][..]), any::<bool>());
    let invisible = proptest::option::weighted(0.3, any::<bool>());
    (user, form, session, select(&["x", "y"][..]), engine, wished, (mode, invisible)).prop_map(
        |(
            (user, claim),
            (form, wants_listing),
            session,
            instance,
            (incarnation, attempt),
            wished,
            (mode, invisible),
        )| {
            let mut visit = Visit::of(user).granted(claim).instance(instance).engine(incarnation, attempt);
            visit.form = form;
            visit.hello.wants_listing = wants_listing;
            visit.hello.session_id = session.map(crate::visit::session);
            visit.hello.wishes = wished.map(|(revision, rooms, presence)| wishes(revision, &rooms, presence));
            visit.hello.info.mode = mode.map(str::to_owned);
            visit.hello.privacy.invisible = invisible;
            visit
        },
    )
}

fn privacy() -> impl Strategy<Value = PrivacyChange> {
    let said = || proptest::option::of(any::<bool>());
    (said(), said(), said()).prop_map(|(presence, invisible, cursor)| PrivacyChange { presence, invisible, cursor })
}

fn command() -> impl Strategy<Value = Command> {
    let name = || select(&ROOMS[..]);
    let status = select(Status::ALL);
    let wished = (0_u32..8, proptest::sample::subsequence(&ROOMS[..], 0..4), any::<bool>());
    prop_oneof![
        8 => deed(&ROOMS),
        3 => (name(), proptest::option::weighted(0.2, privacy())).prop_map(|(name, privacy)| Command::Join {
            key: key(name),
            privacy: privacy.unwrap_or_default(),
        }),
        2 => privacy().prop_map(Command::Privacy),
        2 => name().prop_map(|name| Command::Leave(key(name).room)),
        3 => wished.prop_map(|(revision, rooms, presence)| Command::Wish(wishes(revision, &rooms, presence))),
        3 => (name(), 0.0..1.0).prop_map(|(name, x)| Command::Cursor { room: key(name).room, cursor: Cursor::at(x, x) }),
        3 => (name(), proptest::option::of("[xy]"))
            .prop_map(|(name, context)| Command::Typing { room: key(name).room, context }),
        2 => (proptest::option::of(status), proptest::option::of(0_u64..200_000)).prop_map(|(said, ago)| {
            Command::Report { activity: Activity { said, input_ago: ago.map(Millis) }, wants_pong: false }
        }),
        2 => (proptest::option::of(select(&["x", "Y", "z"][..])), proptest::option::of(0_u64..200_000)).prop_map(
            |(about, ago)| {
                let beacon = Box::new(Beacon { input_ago: ago.map(Millis), ..beacon(about) });
                Command::Beacon { ticket: Ticket(0), beacon }
            }
        ),
        1 => Just(Command::List(Ticket(1))),
        1 => Just(Command::Subscribe),
        1 => Just(Command::Unsubscribe),
        1 => select(&[Feed::Agents, Feed::Messages][..]).prop_map(Command::Follow),
        1 => select(&[Feed::Agents, Feed::Messages][..]).prop_map(Command::Unfollow),
        1 => Just(Command::AgentEvents {
            agent: AgentId::parse("claude").unwrap(),
            events: vec![AgentEvent::of(Deed::Offline)],
        }),
        1 => Just(Command::Resync(Picture::Presence)),
        1 => name().prop_map(|name| Command::Resync(Picture::Room(key(name).room))),
        1 => Just(Command::CatchUp),
        1 => Just(Command::Goodbye),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let end = select(&[End::Clean, End::GoingAway, End::Lost][..]);
    let while_ = prop_oneof![5 => 0_u64..50, 2 => 0_u64..5_000, 1 => 0_u64..60_000];
    prop_oneof![
        4 => visit().prop_map(Step::Arrive),
        1 => (any::<Index>(), visit()).prop_map(|(who, visit)| Step::Hello(who, visit)),
        1 => (any::<Index>(), select(&CLAIMS[..])).prop_map(|(who, claim)| Step::Renew(who, claim)),
        12 => (any::<Index>(), command()).prop_map(|(who, command)| Step::Say(who, command)),
        3 => any::<Index>().prop_map(Step::LifeSign),
        2 => (any::<Index>(), end).prop_map(|(who, end)| Step::Close(who, end)),
        6 => while_.prop_map(|time| Step::Wait(Millis(time))),
        1 => (0_u64..60_000).prop_map(|lateness| Step::Excuse(Millis(lateness))),
        8 => any::<Index>().prop_map(Step::Deliver),
    ]
}

/// A stage on which anything happens, and what each of its people believes.
struct Play {
    stage: Stage,
    mirrors: BTreeMap<ConnectionId, (Form, Mirror)>,
    /// Who said hello last, with the newest token.
    visits: BTreeMap<ConnectionId, Visit>,
    leases: Leases,
}

impl Play {
    fn new(shards: usize) -> Self {
        let limits = Limits {
            users_per_room: USERS_PER_ROOM,
            rooms_per_user: 2,
            sessions_per_user: 2,
            instances: 3,
            ..Limits::default()
        };
        Self {
            stage: Stage::with(shards, limits),
            mirrors: BTreeMap::new(),
            visits: BTreeMap::new(),
            leases: Leases::default(),
        }
    }

    /// Who has a socket whose end the hub was not told of; the driver reports each end.
    fn open(&self) -> Vec<ConnectionId> {
        self.stage.connections().into_iter().filter(|connection| !self.stage.desk(*connection).ended).collect()
    }

    fn one(&self, who: &Index) -> Option<ConnectionId> {
        let open = self.open();
        (!open.is_empty()).then(|| *who.get(&open))
    }

    fn play(&mut self, step: Step) {
        match step {
            Step::Arrive(visit) => {
                let connection = self.stage.arrive(&visit);
                self.mirrors.insert(connection, (visit.form, Mirror::default()));
                self.visits.insert(connection, visit);
            }
            Step::Hello(who, mut visit) => {
                // A socket that was closed says no more; its form is that of its door.
                let open = self.one(&who).filter(|connection| self.stage.desk(*connection).closed.is_none());
                if let Some(connection) = open {
                    visit.form = self.mirrors[&connection].0;
                    // What the former session was told may be under way still; readers take it for the new one's.
                    if self.stage.post_is_held {
                        visit.hello.session_id = None;
                        visit.user.clone_from(&self.visits[&connection].user);
                    }
                    self.stage.hello(connection, &visit);
                    self.visits.insert(connection, visit);
                }
            }
            Step::Renew(who, claim) => {
                if let Some(connection) = self.one(&who) {
                    let visit = self.visits.get_mut(&connection).unwrap();
                    *visit = visit.clone().granted(claim);
                    self.stage.renew(connection, visit);
                }
            }
            Step::Say(who, command) => {
                if let Some(connection) = self.one(&who).filter(|who| self.stage.desk(*who).session.is_some()) {
                    self.leases.note(&self.stage, self.stage.desk(connection).session.as_ref(), &command);
                    self.stage.say(connection, command);
                }
            }
            Step::LifeSign(who) => {
                if let Some(connection) = self.one(&who) {
                    self.stage.life_sign(connection);
                }
            }
            Step::Close(who, end) => {
                if let Some(connection) = self.one(&who) {
                    self.stage.close(connection, end);
                }
            }
            Step::Wait(time) => self.stage.wait(time),
            Step::Excuse(lateness) => self.stage.excuse(lateness),
            Step::Deliver(which) => {
                let post = self.stage.under_way();
                if !post.is_empty() {
                    let (from, to) = *which.get(&post);
                    self.stage.deliver(from, to);
                }
            }
        }
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        for name in ROOMS {
            check_room(&self.stage, name)?;
            self.leases.check(&self.stage, name)?;
            let members = self.stage.members(name);
            let users: BTreeSet<_> = members.iter().map(|member| &member.card.user_id).collect();
            prop_assert!(users.len() <= USERS_PER_ROOM);
        }
        for connection in self.stage.connections() {
            let told = self.stage.told(connection);
            let (_, mirror) = self.mirrors.get_mut(&connection).unwrap();
            for event in told {
                mirror.take(&event).map_err(|broken| TestCaseError::fail(format!("{connection}: {broken}")))?;
            }
        }
        Ok(())
    }

    /// Once all is delivered and told, those who listen believe what is so.
    fn check_beliefs(&self, witness: ConnectionId) -> Result<(), TestCaseError> {
        let list = self.stage.presence();
        // Who unsubscribed stays behind; the newest version there is was told to all who read.
        let newest = self.mirrors.get(&witness).and_then(|(_, mirror)| Some(mirror.list.as_ref()?.0));
        for (connection, (form, mirror)) in &self.mirrors {
            let desk = self.stage.desk(*connection);
            if desk.ended || desk.closed.is_some() {
                continue;
            }
            for (id, believed) in &mirror.rooms {
                let own = desk.session.as_ref();
                let rooms = ROOMS.iter().filter(|name| key(name).room == *id);
                let members = rooms.map(|name| self.stage.members(name));
                let is_own = |member: &presence_model::room::Member| Some(&member.card.session_id) == own;
                let Some(members) = (match believed.is_member {
                    true => members.into_iter().find(|members| members.iter().any(is_own)),
                    false => ROOMS
                        .iter()
                        .find(|name| key(name) == RoomKey { room: id.clone(), kind: believed.kind })
                        .map(|name| self.stage.members(name)),
                }) else {
                    continue;
                };
                let are: BTreeMap<_, _> = members.iter().map(|member| (member.card.slot, seen(member))).collect();
                prop_assert_eq!(&believed.members, &are, "{} believes wrongly of {}", connection, id);
                let names = ROOMS.iter().filter(|name| key(name) == RoomKey { room: id.clone(), kind: believed.kind });
                for name in names.filter(|_| *form == Form::Binary) {
                    // Who drives knows by itself what it did.
                    let known = |watch: &Watch| Watch { timeline: None, ..watch.clone() };
                    prop_assert_eq!(known(&believed.watch), known(&self.stage.watch(name)), "{} of {}", connection, id);
                }
            }
            if let (Form::Binary, Some((version, entries))) = (form, &mirror.list)
                && Some(*version) == newest
            {
                let told = |entry: &Instance| (entry.status, entry.liveness, entry.sessions.clone());
                let believed: Vec<_> = entries.values().map(told).collect();
                prop_assert_eq!(believed, list.entries.iter().map(told).collect::<Vec<_>>());
            }
        }
        Ok(())
    }

    /// Nobody with a socket is where their newest token does not let them, or does there what it does not.
    fn check_grants(&self) -> Result<(), TestCaseError> {
        for (connection, visit) in &self.visits {
            let desk = self.stage.desk(*connection);
            if desk.ended || desk.closed.is_some() {
                continue;
            }
            for name in ROOMS {
                let members = self.stage.members(name);
                let own = members.iter().find(|member| Some(&member.card.session_id) == desk.session.as_ref());
                let Some(own) = own else { continue };
                let (room, grants) = (key(name).room, &visit.grants);
                prop_assert!(grants.allow(&room, Right::Read), "{} is in {}", connection, name);
                let is_quiet = own.cursor.is_none() && own.typing.is_none() && own.selection.is_none();
                prop_assert!(is_quiet || grants.allow(&room, Right::Write), "{} writes in {}", connection, name);
            }
        }
        Ok(())
    }

    /// All go, and nothing stays.
    fn end(&mut self) -> Result<(), TestCaseError> {
        for connection in self.open() {
            self.stage.close(connection, End::Lost);
        }
        self.stage.wait(Millis::minutes(3));
        prop_assert!(self.stage.is_empty());
        prop_assert!(self.stage.presence().entries.iter().all(Instance::is_reported));
        self.stage.outlast_traces();
        prop_assert_eq!(self.stage.next_deadline(), None);
        prop_assert!(self.stage.hubs[0].presence(self.stage.now, true).entries.is_empty());
        Ok(())
    }
}

fn law(shards: usize, holds_post: bool, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut play = Play::new(shards);
    play.stage.post_is_held = holds_post;
    for step in steps {
        play.play(step);
        play.check()?;
    }
    play.stage.post_is_held = false;
    while play.stage.deliver_any() {}
    let witness = Visit::of("witness").watching(1);
    play.play(Step::Arrive(witness));
    let witness = *play.open().last().unwrap();
    play.stage.wait(Millis(20));
    play.check()?;
    play.check_beliefs(witness)?;
    play.check_grants()?;
    play.end()
}

proptest! {
    #[test]
    fn laws_hold_in_one_shard(steps in proptest::collection::vec(step(), 1..80)) {
        law(1, false, steps)?;
    }

    #[test]
    fn laws_hold_in_three_shards_that_hear_of_each_other_at_once(steps in proptest::collection::vec(step(), 1..80)) {
        law(3, false, steps)?;
    }

    #[test]
    fn laws_hold_in_three_shards_whose_post_is_slow(steps in proptest::collection::vec(step(), 1..80)) {
        law(3, true, steps)?;
    }
}

#[test]
fn no_configured_duration_keeps_the_hub_busy_for_ever() {
    let zeroes: [fn(&mut Timing); 9] = [
        |timing| timing.refresh_every = Millis::ZERO,
        |timing| timing.flush_every = Millis::ZERO,
        |timing| timing.instance_ttl = Millis::ZERO,
        |timing| timing.json_list_every = Millis::ZERO,
        |timing| timing.typing_lease = Millis::ZERO,
        |timing| timing.control_timeout = Millis::ZERO,
        |timing| timing.suspect_after = Millis::ZERO,
        |timing| timing.gone_after = Millis::ZERO,
        |timing| {
            timing.thresholds = Thresholds { idle_after: Millis::ZERO, away_after: Millis::ZERO, ..timing.thresholds }
        },
    ];
    for zero in zeroes {
        let mut timing = Timing::default();
        zero(&mut timing);
        let mut stage = Stage::by(1, Limits::default(), timing);
        let bob = stage.arrive(&Visit::of("bob").wishing(1, &["lobby"]).watching_too());
        let ann = stage.arrive(&Visit::of("ann").json().input_ago(Millis::ZERO));
        stage.say(ann, Command::Subscribe);
        stage.join(ann, "lobby");
        stage.types(ann, "lobby", Some("x"));
        stage.sync(bob, "lobby", 1.0);
        stage.ask(ann, "lobby");
        // The stage itself checks that each turn gets the hub on.
        stage.wait(Millis::seconds(2));
    }
}
