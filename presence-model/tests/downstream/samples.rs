//! What the hub tells, with every field of its own value.

use std::sync::Arc;

use presence_model::event::{RoomPicture, Welcome};
use presence_model::id::{InstanceId, RoomId, SessionId, UserId};
use presence_model::instance::{ClientInfo, Instance, Reason};
use presence_model::limit::Timing;
use presence_model::playback::{Desync, Person, Playback, Timeline, Watch, Watching};
use presence_model::room::{Colour, Cursor, Member, MemberCard, RoomKind, Selection};
use presence_model::status::{Liveness, Status, Thresholds};
use presence_model::time::Millis;

pub(crate) fn room() -> RoomId {
    RoomId::parse("video_123").unwrap()
}

pub(crate) fn entry() -> Instance {
    Instance {
        instance_id: InstanceId::parse("I-1").unwrap(),
        user_id: UserId::parse("ann").unwrap(),
        name: "Ann".into(),
        info: ClientInfo {
            client_id: Some("web".into()),
            host: Some("Firefox".into()),
            version: Some("1.2".into()),
            platform: Some("linux".into()),
            device_family: Some("pc".into()),
            model_identifier: Some("m1".into()),
            mode: Some("webchat".into()),
            agent_id: Some("main".into()),
            roles: vec!["operator".into()],
            scopes: vec!["operator.read".into(), "operator.write".into()],
            ..ClientInfo::default()
        },
        ip: Some("10.0.0.7".into()),
        status: Status::Away,
        liveness: Liveness::Suspect,
        status_message: None,
        last_input_at: Some(Millis(1_700_000_000_000)),
        reason: Reason::Connect,
        ts: Millis(1_700_000_100_000),
        sessions: vec![SessionId::parse("s-1").unwrap(), SessionId::parse("s-2").unwrap()],
    }
}

pub(crate) fn bare_entry() -> Instance {
    Instance {
        info: ClientInfo::default(),
        ip: None,
        status_message: None,
        last_input_at: None,
        reason: Reason::from("a reason from the future"),
        sessions: vec![],
        ..entry()
    }
}

pub(crate) fn member(slot: u16) -> Member {
    Member {
        card: Arc::new(MemberCard {
            slot,
            session_id: SessionId::parse("s-1").unwrap(),
            user_id: UserId::parse("ann").unwrap(),
            name: "Ann".into(),
            image: Some("https://example.org/ann.png".into()),
            colour: Colour(0x12_34_56),
            joined_at: Millis(1_700_000_000_000),
        }),
        status: Status::Reviewing,
        liveness: Liveness::Connected,
        last_active_at: Millis(1_700_000_000_500),
        typing: Some("comment".into()),
        cursor: Some(Cursor { x: Some(0.25), y: None, timestamp: Some(12.5) }),
        status_message: None,
        selection: None,
        watching: None,
    }
}

pub(crate) fn busy_member() -> Member {
    Member {
        status: Status::Busy,
        status_message: Some("back at \"9\"".into()),
        selection: Some(Selection { start: 1.0, end: 2.5 }),
        watching: Some(Watching {
            playback: Playback { is_playing: true, current_time: 3.5, rate: 1.0 },
            at: Millis(1_700_000_000_600),
            desync: Some(Desync::Elsewhere),
        }),
        ..member(9)
    }
}

pub(crate) fn watch() -> Watch {
    let person = |id: &str, name: &str| Person { user_id: UserId::parse(id).unwrap(), name: name.into() };
    Watch {
        is_synced: true,
        controller: Some(person("ann", "Ann")),
        timeline: Some(Timeline {
            playback: Playback { is_playing: false, current_time: 45.5, rate: 1.25 },
            at: Millis(1_700_000_000_700),
            operation: 12,
        }),
        requests: vec![person("bob", "Bob"), person("cleo", "Cleo")],
    }
}

pub(crate) fn welcome() -> Welcome {
    Welcome {
        session_id: SessionId::parse("s-1").unwrap(),
        instance_id: InstanceId::parse("I-1").unwrap(),
        user_id: UserId::parse("ann").unwrap(),
        name: "Ann".into(),
        epoch: 7,
        server_now: Millis(1_700_000_000_000),
        resumed: true,
        listing: None,
        timing: Arc::new(Timing {
            abandon_after: Millis(45_001),
            restart_grace: Millis(10_001),
            ack_every: Millis(1_001),
            reconnect_window: Millis(251),
            typing_lease: Millis(5_001),
            thresholds: Thresholds {
                idle_after: Millis(30_001),
                away_after: Millis(120_001),
                offline_after: Millis(300_001),
            },
            ..Timing::default()
        }),
    }
}

pub(crate) fn picture() -> RoomPicture {
    RoomPicture {
        room: room(),
        kind: RoomKind::Comparison,
        channel: 300,
        version: 70_000,
        created_at: Millis(1_699_999_999_000),
        own_slot: 9,
        own_colour: Colour(0x12_34_56),
        watch: None,
        members: Arc::new(vec![member(9), Member { typing: None, cursor: None, ..member(10) }]),
    }
}
