//! The same as the SDK reads it. What pages are told of it is spelled out, as it goes over the wire.

use presence_model::room::RoomKind;
use presence_model::status::Liveness;
use presence_model::time::Millis;
use presence_model::wire::binary::cursor::Place;
use presence_model::wire::binary::downstream::{RoomPictured, Welcomed};
use presence_model::wire::binary::entry::Entry;

use crate::samples;

pub(crate) const CARD: &str = concat!(
    r#""id":"ann/I-1","instanceId":"I-1","userId":"ann","name":"Ann","host":"Firefox","ip":"10.0.0.7","#,
    r#""clientId":"web","version":"1.2","platform":"linux","deviceFamily":"pc","modelIdentifier":"m1","#,
    r#""mode":"webchat","agentId":"main","roles":["operator"],"scopes":["operator.read","operator.write"],"#,
    r#""status":"away","lastInputAt":1700000000000,"reason":"connect","ts":1700000100000,"sessions":["s-1","s-2"]"#,
);
pub(crate) const BARE_CARD: &str = concat!(
    r#""id":"ann/I-1","instanceId":"I-1","userId":"ann","name":"Ann","roles":[],"scopes":[],"#,
    r#""status":"away","reason":"a reason from the future","ts":1700000100000,"sessions":[]"#,
);
pub(crate) const MEMBER_CARD: &str = concat!(
    r##""sessionId":"s-1","userId":"ann","name":"Ann","image":"https://example.org/ann.png","color":"#123456","##,
    r#""joinedAt":1700000000000"#,
);
pub(crate) const STATE: &str = r#""status":"reviewing","lastActiveAt":1700000000500"#;

pub(crate) const BUSY_STATE: &str = concat!(
    r#""status":"busy","statusMessage":"back at \"9\"","lastActiveAt":1700000000500,"#,
    r#""selection":{"startTime":1.0,"endTime":2.5},"watching":{"isPlaying":true,"currentTime":3.5,"#,
    r#""playbackRate":1.0,"at":1700000000600,"desync":"elsewhere"}"#,
);
pub(crate) const WATCH: &str = concat!(
    r#""kind":"watch","roomId":"video_123","syncEnabled":true,"controller":{"userId":"ann","name":"Ann"},"#,
    r#""timeline":{"isPlaying":false,"currentTime":45.5,"playbackRate":1.25,"at":1700000000700,"operation":12},"#,
    r#""requests":[{"userId":"bob","name":"Bob"},{"userId":"cleo","name":"Cleo"}]"#,
);
pub(crate) const BARE_WATCH: &str = r#""kind":"watch","roomId":"video_123","syncEnabled":false,"requests":[]"#;
pub(crate) const BROADCAST: &str = concat!(
    r#""kind":"broadcast","roomId":"video_123","userId":"ann","sessionId":"s-1","#,
    r#""data":{"emoji":"👍","n":[1.5,null]}"#,
);

/// An instance as it is read, under this description.
pub(crate) fn entry(card: &str) -> Entry {
    Entry {
        slot: 0,
        name: "ann/I-1".into(),
        liveness: Liveness::Suspect,
        card: card.into(),
        state: "".into(),
        typing: "".into(),
        cursor: Place::default(),
    }
}

/// [`member`] as it is read.
pub(crate) fn member(slot: u16) -> Entry {
    Entry {
        slot,
        name: "s-1".into(),
        liveness: Liveness::Connected,
        card: MEMBER_CARD.into(),
        state: STATE.into(),
        typing: r#""typing":"comment""#.into(),
        cursor: Place { x: Some(16_384), y: None, timestamp: Some(12_500) },
    }
}

pub(crate) fn welcome() -> Welcomed {
    Welcomed {
        session_id: samples::welcome().session_id,
        own: r#"{"userId":"ann","name":"Ann","sessionId":"s-1","instanceId":"I-1"}"#.into(),
        epoch: 7,
        server_now: Millis(1_700_000_000_000),
        resumed: true,
        timing: (&*samples::welcome().timing).into(),
    }
}

pub(crate) fn picture() -> RoomPictured {
    let quiet = Entry { typing: "".into(), cursor: Place::default(), ..member(10) };
    RoomPictured {
        room: samples::room(),
        kind: RoomKind::Comparison,
        channel: 300,
        version: 70_000,
        own_slot: 9,
        members: vec![member(9), quiet],
    }
}
