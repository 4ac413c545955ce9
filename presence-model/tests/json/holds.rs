//! What a field of a message may hold, and what it may not.

use presence_model::refusal::Code;
use serde_json::{Value, json};

/// What a field may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Holds {
    Text,
    Id,
    RequiredId,
    RoomType,
    Status,
    RequiredStatus,
    Action,
    /// A part of the surface.
    Fraction,
    /// Since something happened.
    Seconds,
    /// Into the medium.
    Place,
    RequiredPlace,
    Rate,
    /// By the server's clock, in milliseconds.
    Moment,
    /// What a person says.
    Sentence,
    Flag,
    RequiredFlag,
    Texts,
    Object,
    RequiredObject,
    RequiredAnything,
}

use Holds::{
    Action, Flag, Fraction, Id, Moment, Object, Place, Rate, RequiredAnything, RequiredFlag, RequiredId,
    RequiredObject, RequiredPlace, RequiredStatus, RoomType, Seconds, Sentence, Status, Text, Texts,
};

impl Holds {
    pub(crate) fn must_be_there(self) -> bool {
        matches!(
            self,
            RequiredId
                | RoomType
                | RequiredStatus
                | Action
                | RequiredPlace
                | RequiredFlag
                | RequiredObject
                | RequiredAnything
        )
    }

    /// Values that a field of this kind cannot hold.
    pub(crate) fn wrong(self) -> Vec<Value> {
        let long = "x".repeat(10_000);
        match self {
            Text => vec![json!(7), json!(true), json!(["a"]), json!({ "a": 1 }), json!(long)],
            Sentence => vec![json!(7), json!(true), json!(["a"]), json!({ "a": 1 })],
            Id => vec![json!(7), json!(false), json!([]), json!({}), json!(long), json!("a\u{0}b")],
            RequiredId => vec![json!(7), json!(false), json!([]), json!({}), json!(long), json!("a\nb"), json!(" ")],
            RoomType => vec![json!(7), json!([]), json!(true)],
            Status | RequiredStatus => vec![json!(7), json!({}), json!("asleep"), json!("Active"), json!("")],
            Action => vec![json!(7), json!({}), json!("stopp"), json!("Play"), json!("")],
            // `null` is what JavaScript makes of NaN.
            Fraction | Place | RequiredPlace | Rate | Moment => {
                vec![Value::Null, json!("0.5"), json!(true), json!([0.5]), json!({})]
            }
            Seconds => vec![Value::Null, json!("3"), json!(-1), json!([3])],
            Flag | RequiredFlag => vec![json!("true"), json!(1), json!(0), json!([]), json!({})],
            Texts => vec![json!("a"), json!([7]), json!([null]), json!({}), json!([long]), json!(vec!["a"; 33])],
            Object | RequiredObject => vec![json!("a"), json!(7), json!([]), json!(true)],
            RequiredAnything => vec![],
        }
    }

    /// Values of the right type that mean nothing, and how they are refused.
    pub(crate) fn senseless(self) -> Vec<(Value, Code)> {
        let beyond = |values: &[f64]| values.iter().map(|value| (json!(value), Code::OutOfRange)).collect();
        match self {
            RoomType => ["kitchen", "Video", ""].map(|kind| (json!(kind), Code::UnknownRoomType)).to_vec(),
            Sentence => vec![(json!("x".repeat(101)), Code::TooLong), (json!("ä".repeat(101)), Code::TooLong)],
            Fraction => beyond(&[-0.1, 1.1, 1e308]),
            Place | RequiredPlace => beyond(&[-0.1, -1e308]),
            Rate => beyond(&[-1.0, 0.0, 0.01, 17.0, 1e308]),
            Moment => beyond(&[-1.0, -1e308]),
            _ => vec![],
        }
    }
}
