//! What an agent's session knows of the rooms that it is in, from what it is told there.

use std::collections::{BTreeMap, VecDeque};

use presence_model::room::RoomKey;
use serde_json::{Value, json};

/// As many as fit into a room, with room to spare for who hides.
const MEMBERS: usize = 200;

/// More rows than a model would read are counted only.
pub const ROWS: usize = 50;

/// Notifications that wait to be read; the oldest go first.
const HEARD: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    pub status: String,
    pub doing: Option<String>,
}

/// A room as it is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    pub id: String,
    pub kind: &'static str,
    /// The agent itself, which need not be told of itself.
    own: String,
    members: BTreeMap<String, Member>,
}

/// A notification that came for the agent, or for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub level: String,
    pub message: String,
}

#[derive(Debug, Default)]
pub struct Roster {
    rooms: BTreeMap<String, Room>,
    heard: VecDeque<Heard>,
}

impl Room {
    pub fn others(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|(user, _)| **user != self.own).map(|(_, member)| member)
    }

    pub fn json(&self) -> Value {
        let members: Vec<Value> = self
            .members
            .iter()
            .take(ROWS)
            .map(|(user, member)| {
                json!({ "userId": user, "name": member.name, "status": member.status, "doing": member.doing })
            })
            .collect();
        let more = self.members.len() - members.len();
        json!({ "room": self.id, "type": self.kind, "members": members, "more": more })
    }
}

impl Roster {
    /// `joined`: the room as it stood then.
    pub fn enter(&mut self, key: &RoomKey, own: &str, joined: &Value) -> Room {
        let users = joined["data"]["room"]["users"].as_array().map(Vec::as_slice).unwrap_or_default();
        let members = users.iter().filter_map(|user| Some((user["userId"].as_str()?.to_owned(), member(user)?)));
        let room = Room {
            id: key.room.as_str().to_owned(),
            kind: key.kind.name(),
            own: own.to_owned(),
            members: members.take(MEMBERS).collect(),
        };
        self.rooms.insert(room.id.clone(), room.clone());
        room
    }

    pub fn leave(&mut self, room: &str) {
        self.rooms.remove(room);
    }

    pub fn rooms(&self) -> Vec<Room> {
        self.rooms.values().cloned().collect()
    }

    /// What was heard and not read yet.
    pub fn take_heard(&mut self) -> Vec<Heard> {
        self.heard.drain(..).collect()
    }

    /// Anything that the server says.
    pub fn hear(&mut self, message: &Value) {
        let data = &message["data"];
        match message["type"].as_str() {
            Some("notification") => self.note(data),
            Some(kind @ ("user_joined" | "user_left" | "status_changed")) => {
                let (Some(room), Some(user)) = (message["roomId"].as_str(), message["userId"].as_str()) else { return };
                let Some(room) = self.rooms.get_mut(room) else { return };
                match kind {
                    "user_left" => drop(room.members.remove(user)),
                    "user_joined" if room.members.len() < MEMBERS => {
                        room.members.extend(member(data).map(|member| (user.to_owned(), member)));
                    }
                    "status_changed" => room.restate(user, data),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, data: &Value) {
        let text = |field: &str| data[field].as_str().map(str::to_owned);
        let (Some(level), Some(message)) = (text("level"), text("message")) else { return };
        if self.heard.len() == HEARD {
            self.heard.pop_front();
        }
        self.heard.push_back(Heard { level, message });
    }
}

impl Room {
    fn restate(&mut self, user: &str, data: &Value) {
        let Some(member) = self.members.get_mut(user) else { return };
        if let Some(status) = data["status"].as_str() {
            status.clone_into(&mut member.status);
        }
        // With liveness it says only how the line is; without, all of the person.
        if data.get("liveness").is_none() {
            member.doing = data["statusMessage"].as_str().map(str::to_owned);
        }
    }
}

fn member(user: &Value) -> Option<Member> {
    Some(Member {
        name: user["name"].as_str()?.to_owned(),
        status: user["status"].as_str().unwrap_or_default().to_owned(),
        doing: user["statusMessage"].as_str().map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use presence_model::id::RoomId;
    use presence_model::room::RoomKind;

    fn event(kind: &str, user: &str, data: Value) -> Value {
        json!({ "type": kind, "roomId": "r", "userId": user, "sessionId": "s", "data": data })
    }

    fn others(roster: &Roster) -> Vec<String> {
        let rooms = roster.rooms();
        let members = rooms.iter().flat_map(Room::others);
        members.map(|member| format!("{} {} {:?}", member.name, member.status, member.doing)).collect()
    }

    #[test]
    fn it_follows_what_it_is_told() {
        let mut roster = Roster::default();
        let key = RoomKey { room: RoomId::parse("r").unwrap(), kind: RoomKind::Video };
        let users = json!([
            { "userId": "me", "name": "claude-1", "status": "active" },
            { "userId": "ann", "name": "Ann", "status": "busy", "statusMessage": "cutting" },
        ]);
        roster.enter(&key, "me", &json!({ "data": { "room": { "users": users } } }));
        assert_eq!(others(&roster), ["Ann busy Some(\"cutting\")"]);
        roster.hear(&event("user_joined", "bob", json!({ "name": "Bob", "status": "idle" })));
        roster.hear(&event("status_changed", "ann", json!({ "status": "busy", "liveness": "suspect" })));
        assert_eq!(others(&roster), ["Ann busy Some(\"cutting\")", "Bob idle None"]);
        roster.hear(&event("status_changed", "ann", json!({ "status": "active" })));
        roster.hear(&event("user_left", "bob", json!({})));
        roster.hear(&event("status_changed", "nobody", json!({ "status": "active" })));
        assert_eq!(others(&roster), ["Ann active None"]);
        roster.leave("r");
        roster.hear(&event("user_joined", "bob", json!({ "name": "Bob" })));
        assert!(roster.rooms().is_empty());
    }

    #[test]
    fn a_notification_is_kept_until_it_is_read_and_the_oldest_go() {
        let mut roster = Roster::default();
        for number in 0..HEARD + 3 {
            let data = json!({ "level": "info", "message": number.to_string() });
            roster.hear(&json!({ "type": "notification", "data": data }));
        }
        roster.hear(&json!({ "type": "notification", "data": { "message": 7 } }));
        let heard = roster.take_heard();
        assert_eq!((heard.len(), heard[0].message.as_str()), (HEARD, "3"));
        assert!(roster.take_heard().is_empty());
    }
}
