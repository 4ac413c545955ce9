//! Writes the TypeScript types of everything the engine hands out.

use presence_model::refusal::Code;
use presence_model::room::RoomKind;
use presence_model::session::output::{LinkState, RoomState};
use presence_model::status::{Liveness, Status};
use ts_rs::{Config, TS};

use crate::shape;

fn union(name: &str, doc: &str, words: impl Iterator<Item = &'static str>) -> String {
    let words: Vec<_> = words.map(|word| format!("\"{word}\"")).collect();
    format!("/** {doc} */\nexport type {name} = {};\n", words.join(" | "))
}

fn declaration<T: TS>(config: &Config) -> String {
    let docs = T::docs().unwrap_or_default();
    format!("{docs}export {}\n", T::decl(config))
}

fn all_types() -> String {
    let config = Config::default();
    let mut text = vec![
        "// Generated from presence-wasm/src/shape.rs by `cargo xtask codegen`. Not edited by hand.\n".to_owned(),
        "/** Milliseconds: since the Unix epoch, or a length of time. */\nexport type Millis = number;\n".to_owned(),
        union("Status", "What a person does.", Status::ALL.iter().map(|status| status.name())),
        union("Liveness", "What the transport knows of a session.", Liveness::ALL.iter().map(|live| live.name())),
        union("RoomKind", "What a room is about.", RoomKind::ALL.iter().map(|kind| kind.name())),
        union("ConnectionState", "Where the line stands.", LinkState::ALL.iter().map(|state| state.name())),
        union("RoomState", "Where our membership of a room stands.", RoomState::ALL.iter().map(|state| state.name())),
        union("RefusalCode", "Why the server turned a request down.", Code::ALL.iter().map(|code| code.name())),
    ];
    macro_rules! declare {
        ($( $name:ident ),*) => { $( text.push(declaration::<shape::$name>(&config)); )* };
    }
    declare!(
        ConnectionView,
        SelfView,
        InstanceView,
        MemberView,
        RefusalView,
        ConnectionUpdate,
        SelfUpdate,
        InstancesUpdate,
        RoomUpdate,
        CursorsUpdate,
        RefusedUpdate
    );
    text.push(
        "/** What changed, by `kind`. */\nexport type EngineUpdate =\n  | ConnectionUpdate\n  | SelfUpdate\n  | \
         InstancesUpdate\n  | RoomUpdate\n  | CursorsUpdate\n  | RefusedUpdate;\n"
            .to_owned(),
    );
    text.join("\n")
}

/// With `PRESENCE_TYPES_OUT` the types are written there; without it they are only made.
#[test]
fn export_types() {
    let types = all_types();
    assert!(types.contains("export type InstanceView"));
    if let Ok(path) = std::env::var("PRESENCE_TYPES_OUT") {
        std::fs::write(path, types).expect("the path can be written");
    }
}
