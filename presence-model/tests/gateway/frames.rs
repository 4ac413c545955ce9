//! Requests after the handshake, and how a frame that is none is answered.

use presence_model::wire::gateway::frame::{BadFrame, Request, encode_bad_frame};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::closed::taken;

#[test]
fn params_may_be_anything_or_absent() {
    let frame = |params: Value| json!({ "type": "req", "id": "1", "method": "m", "params": params }).to_string();
    for params in [json!(null), json!({}), json!([1]), json!("x"), json!({ "a": { "b": [] } })] {
        assert_eq!(Request::read(&frame(params.clone())).unwrap().params, Some(params));
    }
    let request = Request::read(r#"{"type":"req","id":" 1 ","method":"m","traceparent":"00-a-b-01"}"#).unwrap();
    assert_eq!(request, Request { id: " 1 ".into(), method: "m".into(), params: None });
}

#[test]
fn what_is_not_json_has_no_answer() {
    for frame in ["", "ping", "{", r#"{"type":NaN}"#, r#"{"type":"req"} x"#] {
        let bad = Request::read(frame).unwrap_err();
        assert_eq!((&bad, encode_bad_frame(&bad)), (&BadFrame::NotJson, None), "{frame}");
    }
}

#[test]
fn a_bad_frame_is_answered_with_what_is_wrong() {
    let sound = || json!({ "type": "req", "id": "1", "method": "m" });
    let with = |name: &str, value: Value| {
        let mut frame = sound();
        frame[name] = value;
        frame.to_string()
    };
    let without = |name: &str| {
        let mut frame = sound();
        frame.as_object_mut().unwrap().remove(name);
        frame.to_string()
    };
    let long = format!("x{}", "y".repeat(10_000));
    for (frame, id, why) in [
        ("null".to_owned(), "invalid", "must be object"),
        ("[]".to_owned(), "invalid", "must be object"),
        ("\"ping\"".to_owned(), "invalid", "must be object"),
        (without("type"), "1", "must have required property 'type'"),
        (without("id"), "invalid", "must have required property 'id'"),
        (without("method"), "1", "must have required property 'method'"),
        (with("type", json!("event")), "1", "at /type: must be equal to constant"),
        (with("type", json!(null)), "1", "at /type: must be equal to constant"),
        (with("id", json!(7)), "invalid", "at /id: must be string"),
        (with("id", json!("")), "invalid", "at /id: must NOT have fewer than 1 characters"),
        (with("method", json!({})), "1", "at /method: must be string"),
        (with("method", json!("")), "1", "at /method: must NOT have fewer than 1 characters"),
        (with("traceparent", json!(1)), "1", "at /traceparent: must be string"),
        (with("seq", json!(1)), "1", "at root: unexpected property 'seq'"),
        (with(&long, json!(1)), "1", &format!("at root: unexpected property '{}'", &long[..64])),
        ("[".repeat(100_000), "invalid", "nested too deep, at most 32 levels are read"),
    ] {
        let bad = Request::read(&frame).unwrap_err();
        let answer = taken(&encode_bad_frame(&bad).unwrap());
        let error = json!({ "code": "INVALID_REQUEST", "message": format!("invalid request frame: {why}") });
        assert_eq!(answer, json!({ "type": "res", "id": id, "ok": false, "error": error }));
    }
}

proptest! {
    #[test]
    fn a_request_is_read_as_it_was_written(id in ".{1,20}", method in ".{1,20}") {
        let frame = json!({ "type": "req", "id": id, "method": method }).to_string();
        prop_assert_eq!(Request::read(&frame), Ok(Request { id, method, params: None }));
    }

    #[test]
    fn whatever_is_wrong_is_answered_soundly(id in any::<String>(), key in any::<String>()) {
        let frame = json!({ "type": "req", "id": id, "method": "m", format!("x{key}"): 1 }).to_string();
        taken(&encode_bad_frame(&Request::read(&frame).unwrap_err()).unwrap());
    }
}
