//! The tools that an agent is offered, as its model reads of them.

use presence_model::feed::Level;
use presence_model::limit::MAX_STATUS_MESSAGE;
use presence_model::room::RoomKind;
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

pub const REPORT_STATUS: &str = "report_status";
pub const WHO_IS_HERE: &str = "who_is_here";
pub const JOIN_ROOM: &str = "join_room";
pub const LEAVE_ROOM: &str = "leave_room";
pub const SAY_DOING: &str = "say_doing";
pub const SEND_NOTIFICATION: &str = "send_notification";

/// What an agent may say of itself, as people are told it.
pub const STATES: [&str; 3] = ["working", "idle", "stopped"];

pub const LEVELS: [&str; 4] = [Level::Info.name(), Level::Success.name(), Level::Warning.name(), Level::Error.name()];

/// Told to the model once, before it knows of any tool.
pub const INSTRUCTIONS: &str = "Shows people and other agents what you are doing, and you who else is here. Report \
    what you work on with report_status when you begin something and when you stop. Join a room with join_room when \
    you are asked to work where people look at something together; they see you beside them until you leave it.";

/// `may_notify`: a key that lets it speak to people is at hand.
pub fn all(may_notify: bool) -> Vec<Tool> {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let kinds: Vec<&str> = RoomKind::ALL.iter().map(|kind| kind.name()).collect();
    let doing = json!({
        "type": "string", "maxLength": MAX_STATUS_MESSAGE,
        "description": "What you are doing, in a few words: writing the tests. Leave it out to take it back in rooms; \
             dashboards show the last one until you say another",
    });
    let mut tools = vec![
        tool(
            REPORT_STATUS,
            "Report what you are doing to the dashboards of this team: whether you work, what on, with which tool, at \
             what cost. Say it when you begin something, and `stopped` at the end",
            &[
                ("status", json!({ "type": "string", "enum": STATES, "default": STATES[0] })),
                ("activity", text("What you are doing, in a word or a few: pushing")),
                ("tool", text("The tool that you just used; each report of one is counted")),
                ("feature", text("The id of the feature or task that you work on")),
                (
                    "tokens",
                    json!({
                        "type": "integer", "minimum": 0, "description": "Tokens that you spent since the last report",
                    }),
                ),
            ],
            &[],
        ),
        tool(WHO_IS_HERE, "Who is here now: people, agents and what they do, and who is in your rooms", &[], &[])
            // What it tells of notifications is told once.
            .annotate(ToolAnnotations::new().read_only(false).destructive(false)),
        tool(
            JOIN_ROOM,
            "Enter a room, beside the people who look at it together. They see you there with your name until you \
             leave it or your session ends",
            &[
                ("room", text("The room's id")),
                ("type", json!({ "type": "string", "enum": kinds, "default": RoomKind::Project.name() })),
            ],
            &["room"],
        ),
        tool(LEAVE_ROOM, "Leave a room that you are in", &[("room", text("The room's id"))], &["room"]),
        tool(
            SAY_DOING,
            "Show what you are doing beside your name, in the rooms that you are in and on dashboards",
            &[("doing", doing)],
            &[],
        ),
    ];
    if may_notify {
        tools.push(tool(
            SEND_NOTIFICATION,
            "Tell people something that they should know now. Who is away is told on return",
            &[
                ("message", text("One or two sentences")),
                ("level", json!({ "type": "string", "enum": LEVELS, "default": LEVELS[0] })),
                ("user", text("The id of the user that it is for; leave it out to tell all who are here")),
            ],
            &["message"],
        ));
    }
    tools
}

fn tool(name: &'static str, description: &'static str, fields: &[(&str, Value)], required: &[&str]) -> Tool {
    let properties: Map<String, Value> =
        fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let schema = [
        ("type", json!("object")),
        ("properties", properties.into()),
        ("required", json!(required)),
        ("additionalProperties", json!(false)),
    ];
    let schema: Map<String, Value> = schema.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Tool::new(name, description, schema)
}
