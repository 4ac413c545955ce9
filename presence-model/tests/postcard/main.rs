//! Our own writer of frames makes the bytes that postcard makes of the same structs, and our reader
//! takes them back (`docs/decisions/0005-frames-by-hand.md`).
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails the test that called it")]

mod frozen;
mod records;

use std::sync::Arc;

use presence_model::command::{Activity, Command, Hello, Picture, Wishes};
use presence_model::event::{Event, InstanceChange, RoomChange, RoomPicture, StateNews, WatchNews, Welcome};
use presence_model::id::{InstanceId, RoomId, SessionId, SessionKey, UserId};
use presence_model::instance::{ClientInfo, Instance, Reason};
use presence_model::limit::Timing;
use presence_model::playback::{Desync, Person, Playback, Timeline, Watch, Watching};
use presence_model::privacy::PrivacyChange;
use presence_model::refusal::{Code, Refusal};
use presence_model::room::{Colour, Cursor, Member, MemberCard, RoomKey, RoomKind, Selection};
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;
use presence_model::wire::binary::encode::encode;
use presence_model::wire::binary::frame::frames;
use presence_model::wire::binary::upstream::Upstream;
use presence_model::wire::json::hello::read_info;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::records::InfoV1;

fn text() -> impl Strategy<Value = String> {
    "[ -~äβ語]{0,20}"
}

fn id() -> impl Strategy<Value = String> {
    "[a-zA-Zäβ0-9_-]{1,40}"
}

fn millis() -> impl Strategy<Value = Millis> {
    any::<u64>().prop_map(Millis)
}

fn info() -> impl Strategy<Value = ClientInfo> {
    (vec(of(text()), 8), vec(text(), 0..3), vec(text(), 0..3)).prop_map(|(mut texts, roles, scopes)| ClientInfo {
        client_id: texts[0].take(),
        host: texts[1].take(),
        version: texts[2].take(),
        platform: texts[3].take(),
        device_family: texts[4].take(),
        model_identifier: texts[5].take(),
        mode: texts[6].take(),
        agent_id: texts[7].take(),
        roles,
        scopes,
        ..ClientInfo::default()
    })
}

fn marks() -> impl Strategy<Value = (Status, Liveness)> {
    (select(Status::ALL), select(Liveness::ALL))
}

fn instance() -> impl Strategy<Value = Instance> {
    (id(), id(), text(), info(), of(text()), marks(), of(millis()), text(), millis(), vec(id(), 0..4)).prop_map(
        |(instance, user, name, info, ip, (status, liveness), last_input_at, reason, ts, sessions)| Instance {
            instance_id: InstanceId::parse(&instance).unwrap(),
            user_id: UserId::parse(&user).unwrap(),
            name,
            info,
            ip,
            status,
            liveness,
            status_message: None,
            last_input_at,
            reason: Reason::from(reason.as_str()),
            ts,
            sessions: sessions.iter().map(|id| SessionId::parse(id).unwrap()).collect(),
        },
    )
}

fn cursor() -> impl Strategy<Value = Cursor> {
    let fraction = || of(0.0..=1.0_f64);
    (fraction(), fraction(), of(0.0..90_000.0_f64)).prop_map(|(x, y, timestamp)| Cursor { x, y, timestamp })
}

fn playback() -> impl Strategy<Value = Playback> {
    (any::<bool>(), 0.0..1e6, 0.1..10.0).prop_map(|(is_playing, current_time, rate)| Playback {
        is_playing,
        current_time,
        rate,
    })
}

/// What a member says of its person, marks, and plays.
fn doing() -> impl Strategy<Value = (Option<Arc<str>>, Option<Selection>, Option<Watching>)> {
    let selection = (0.0..10.0, 10.0..20.0).prop_map(|(start, end)| Selection { start, end });
    let watching = (playback(), millis(), of(select(Desync::ALL)));
    let watching = watching.prop_map(|(playback, at, desync)| Watching { playback, at, desync });
    (of(text().prop_map(Arc::from)), of(selection), of(watching))
}

fn person() -> impl Strategy<Value = Person> {
    (id(), text()).prop_map(|(id, name)| Person { user_id: UserId::parse(&id).unwrap(), name })
}

fn watch() -> impl Strategy<Value = Watch> {
    let timeline = (playback(), millis(), any::<u32>());
    let timeline = timeline.prop_map(|(playback, at, operation)| Timeline { playback, at, operation });
    (any::<bool>(), of(person()), of(timeline), vec(person(), 0..3))
        .prop_map(|(is_synced, controller, timeline, requests)| Watch { is_synced, controller, timeline, requests })
}

fn member() -> impl Strategy<Value = Member> {
    let card = (any::<u16>(), id(), id(), text(), of(text()), any::<u32>(), millis());
    (card, marks(), millis(), of(text()), of(cursor()), doing()).prop_map(
        |(
            (slot, session, user, name, image, colour, joined_at),
            (status, liveness),
            last_active_at,
            typing,
            cursor,
            (status_message, selection, watching),
        )| {
            Member {
                card: Arc::new(MemberCard {
                    slot,
                    session_id: SessionId::parse(&session).unwrap(),
                    user_id: UserId::parse(&user).unwrap(),
                    name,
                    image,
                    colour: Colour(colour),
                    joined_at,
                }),
                status,
                liveness,
                last_active_at,
                typing,
                cursor,
                status_message,
                selection,
                watching,
            }
        },
    )
}

fn room() -> RoomId {
    RoomId::parse("video_123").unwrap()
}

fn instance_change() -> impl Strategy<Value = InstanceChange> {
    (instance(), 0..3).prop_map(|(entry, kind)| match kind {
        0 => InstanceChange::Joined(entry),
        1 => InstanceChange::Updated(entry),
        _ => InstanceChange::Left { user_id: entry.user_id, instance_id: entry.instance_id },
    })
}

fn room_change() -> impl Strategy<Value = RoomChange> {
    (member(), 0..5).prop_map(|(member, kind)| {
        let (card, liveness, status) = (member.card.clone(), member.liveness, member.status);
        match kind {
            0 => RoomChange::Joined { member: Box::new(member), first: true },
            1 => RoomChange::Left { card, last: true },
            2 => RoomChange::Liveness { card, liveness, user_liveness: liveness, status },
            3 => RoomChange::State { member: Box::new(member), news: StateNews::Status },
            _ => RoomChange::Typing { card, context: member.typing },
        }
    })
}

fn welcome() -> impl Strategy<Value = Welcome> {
    (id(), id(), id(), text(), any::<u64>(), millis(), any::<bool>()).prop_map(
        |(session, instance, user, name, epoch, server_now, resumed)| Welcome {
            session_id: SessionId::parse(&session).unwrap(),
            instance_id: InstanceId::parse(&instance).unwrap(),
            user_id: UserId::parse(&user).unwrap(),
            name,
            epoch,
            server_now,
            resumed,
            timing: Arc::new(Timing::default()),
            listing: None,
        },
    )
}

fn refused() -> impl Strategy<Value = Event> {
    (select(Code::ALL), text(), any::<bool>(), any::<bool>()).prop_map(|(code, sentence, placed, at)| {
        let refusal = Refusal::new(code, sentence);
        let refusal = if at { refusal.at("roomId") } else { refusal };
        Event::Refused { about: "join", room: placed.then(room), refusal }
    })
}

fn event() -> impl Strategy<Value = Event> {
    let now = Millis::ZERO;
    prop_oneof![
        welcome().prop_map(|welcome| Event::Welcome(Box::new(welcome))),
        refused(),
        (any::<u64>(), vec(instance(), 0..4), any::<bool>()).prop_map(move |(version, entries, truncated)| {
            Event::PresencePicture { version, entries: Arc::new(entries), truncated, asked: true, now }
        }),
        (any::<u64>(), instance_change()).prop_map(move |(version, change)| Event::PresenceChanged {
            version,
            change,
            now
        }),
        (any::<u32>(), any::<u64>(), millis(), any::<u16>(), any::<u32>(), vec(member(), 0..4)).prop_map(
            |(channel, version, created_at, own_slot, colour, members)| {
                Event::RoomPicture(Box::new(RoomPicture {
                    room: room(),
                    kind: RoomKind::Comparison,
                    channel,
                    version,
                    created_at,
                    own_slot,
                    own_colour: Colour(colour),
                    watch: None,
                    members: Arc::new(members),
                }))
            }
        ),
        (any::<u32>(), any::<u64>(), vec(room_change(), 0..6)).prop_map(move |(channel, version, changes)| {
            Event::RoomChanged { room: room(), channel, version, changes, now }
        }),
        watch().prop_map(move |watch| Event::Watch {
            room: room(),
            watch: Arc::new(watch),
            news: WatchNews::State,
            now
        }),
        (member(), text()).prop_map(move |(member, said)| {
            let payload = serde_json::json!({ "said": said }).to_string().into();
            Event::Broadcast { room: room(), by: member.card, payload, now }
        }),
        Just(Event::RoomLeft { room: room(), channel: 1 }),
        any::<u32>().prop_map(|revision| Event::WishesTaken { revision }),
        (id(), vec(id(), 0..4)).prop_map(|(key, instances)| Event::SessionTyping {
            key: SessionKey::parse(&key).unwrap(),
            instances: instances.iter().map(|id| InstanceId::parse(id).unwrap()).collect(),
        }),
    ]
}

fn wishes() -> impl Strategy<Value = Wishes> {
    let key =
        (id(), select(RoomKind::ALL)).prop_map(|(room, kind)| RoomKey { room: RoomId::parse(&room).unwrap(), kind });
    (any::<u32>(), vec(key, 0..4), any::<bool>()).prop_map(|(revision, rooms, presence)| Wishes {
        revision,
        rooms,
        presence,
    })
}

fn activity() -> impl Strategy<Value = Activity> {
    (of(select(Status::ALL)), of(millis())).prop_map(|(said, input_ago)| Activity { said, input_ago })
}

fn upstream() -> impl Strategy<Value = Upstream> {
    let hello = (of(id()), of(id()), any::<u64>(), any::<u32>(), activity(), of(wishes()));
    prop_oneof![
        (of(text()), hello, text()).prop_map(
            |(token, (session, instance, incarnation, attempt, activity, wishes), info)| {
                Upstream::Hello {
                    token,
                    info,
                    hello: Box::new(Hello {
                        session_id: session.map(|id| SessionId::parse(&id).unwrap()),
                        instance_id: instance.map(|id| InstanceId::parse(&id).unwrap()),
                        incarnation,
                        attempt,
                        activity,
                        wishes,
                        // What describes the client is read where the hello is taken, not with the frame.
                        ..Hello::default()
                    }),
                }
            }
        ),
        wishes().prop_map(|wishes| Upstream::Command(Command::Wish(wishes))),
        of(text()).prop_map(|context| Upstream::Command(Command::Typing { room: room(), context })),
        (id(), any::<bool>()).prop_map(|(key, is_typing)| {
            let key = SessionKey::parse(&key).unwrap();
            Upstream::Command(Command::SessionTyping { key, is_typing })
        }),
        activity().prop_map(|activity| Upstream::Command(Command::Report { activity, wants_pong: false })),
        Just(Upstream::Command(Command::Resync(Picture::Presence))),
        Just(Upstream::Command(Command::Resync(Picture::Room(room())))),
        any::<u64>().prop_map(|volatile_bytes| Upstream::Ack { volatile_bytes }),
        millis().prop_map(|sent| Upstream::Probe { sent }),
        text().prop_map(|text| Upstream::Message { text }),
        any::<bool>().prop_map(Upstream::Hidden),
    ]
}

proptest! {
    #[test]
    fn events_are_written_as_postcard_writes_them(event in event()) {
        let mut wanted = vec![];
        frozen::write_event(&mut wanted, &event);
        prop_assert_eq!(encode(&event), wanted);
    }

    #[test]
    fn what_the_browser_writes_is_what_postcard_writes_and_comes_back(frame in upstream()) {
        let mut wanted = vec![];
        frozen::write_upstream(&mut wanted, &frame);
        prop_assert_eq!(&frame.encode(), &wanted);
        let read = frames(&wanted).next().unwrap().unwrap();
        prop_assert_eq!(Upstream::read(read.kind, read.body).unwrap(), Some(frame));
    }

    #[test]
    fn what_a_client_says_of_itself_comes_back_trimmed(info in info()) {
        let said = serde_json::to_string(&InfoV1::from(&info)).unwrap();
        prop_assert_eq!(read_info(&said).unwrap(), (info.checked("hello").unwrap(), PrivacyChange::default()));
    }
}
