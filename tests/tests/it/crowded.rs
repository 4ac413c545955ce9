//! A full room in which everybody moves: nobody is dropped, and all end where they stopped, for everyone.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use presence_model::command::{Command, Hello, Wishes};
use presence_model::id::RoomId;
use presence_model::limit::{CURSOR_EVERY, Timing};
use presence_model::room::{Cursor, RoomKey, RoomKind};
use presence_model::wire::binary::cursor::Place;
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::entry::{Entry, EntryChange};
use presence_model::wire::binary::frame::frames;
use presence_model::wire::binary::upstream::Upstream;
use presence_tests::client::Client;
use presence_tests::http::get;
use presence_tests::server::Server;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::Message;

const MEMBERS: usize = 100;

/// Three seconds of moving.
const STEPS: u32 = 60;

/// About three quarters down, in the binary form's parts.
const LOWER: f64 = 49_152.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Binary,
    Json,
}

fn user(number: usize) -> String {
    format!("u{number}")
}

fn room() -> RoomId {
    RoomId::parse("full").unwrap()
}

/// Where a member is on its way, in the upper half.
fn passing(number: usize, step: u32) -> Cursor {
    Cursor::at(f64::from(step) / f64::from(STEPS), number as f64 / 400.0)
}

/// Where it stops, each at a place of its own in the lower half, which the binary form has exactly.
fn last(number: usize) -> Cursor {
    let places = f64::from(u16::MAX);
    Cursor::at(number as f64 * 512.0 / places, LOWER / places)
}

/// A member of the room, and where it sees the others.
struct Member {
    number: usize,
    form: Form,
    client: Client,
    /// Who sits where, as binary records name them.
    slots: HashMap<u16, usize>,
    /// Who is seen where he stopped.
    is_there: Vec<bool>,
    cursor_frames: usize,
    volatile_bytes: u64,
    acknowledged: u64,
    /// Answers to this one's questions.
    answers: usize,
}

impl Member {
    async fn enter(server: &Server, number: usize, form: Form) -> Self {
        let client = match form {
            Form::Binary => {
                let rooms = vec![RoomKey { room: room(), kind: RoomKind::Video }];
                let wishes = Some(Wishes { revision: 1, rooms, presence: false });
                Client::hello(server, &user(number), Hello { incarnation: 1, wishes, ..Hello::default() }).await
            }
            Form::Json => {
                let mut client = Client::open(server, "/presence").await;
                client.json(json!({ "type": "auth", "token": user(number) })).await;
                client.json(json!({ "type": "join", "roomId": room().as_str(), "roomType": "video" })).await;
                client
            }
        };
        let mut is_there = vec![false; MEMBERS];
        is_there[number] = true;
        let slots = HashMap::new();
        let mut member = Self {
            number,
            form,
            client,
            slots,
            is_there,
            cursor_frames: 0,
            volatile_bytes: 0,
            acknowledged: 0,
            answers: 0,
        };
        let mut is_in = false;
        while !is_in {
            is_in = match member.client.next().await {
                Message::Text(text) => text.contains(r#""type":"joined""#),
                message => {
                    member.take(&message);
                    !member.slots.is_empty()
                }
            };
        }
        member
    }

    async fn point(&mut self, cursor: Cursor) {
        match self.form {
            Form::Binary => self.client.say(&Upstream::Command(Command::Cursor { room: room(), cursor })).await,
            Form::Json => {
                let data = json!({ "x": cursor.x, "y": cursor.y });
                self.client.json(json!({ "type": "cursor", "roomId": room().as_str(), "data": data })).await;
            }
        }
    }

    fn take(&mut self, message: &Message) {
        match message {
            Message::Binary(bytes) => {
                for frame in frames(bytes) {
                    let frame = frame.unwrap();
                    if Downstream::is_volatile(frame.kind) {
                        self.volatile_bytes += frame.size as u64;
                        self.cursor_frames += 1;
                    }
                    if let Some(read) = Downstream::read(frame.kind, frame.body).unwrap() {
                        self.take_frame(read);
                    }
                }
            }
            Message::Text(text) => self.take_text(text),
            other => panic!("member {} is dropped: {other:?}", self.number),
        }
    }

    fn take_frame(&mut self, frame: Downstream) {
        match frame {
            Downstream::RoomPicture(picture) => picture.members.iter().for_each(|entry| self.seat(entry)),
            Downstream::RoomChanged { changes, .. } => {
                for change in changes {
                    match change {
                        EntryChange::Put(entry) => self.seat(&entry),
                        EntryChange::Left(name) => panic!("{name} left"),
                        _ => {}
                    }
                }
            }
            Downstream::Cursors { records, .. } => {
                for record in records {
                    let number = self.slots[&record.slot];
                    // A frame is made for all: a member may be told of itself, or not.
                    self.is_there[number] = number == self.number || record.place == Place::from(&last(number));
                }
            }
            Downstream::Refused { refusal, .. } => panic!("member {} is refused: {refusal}", self.number),
            Downstream::ProbeReply { .. } => self.answers += 1,
            _ => {}
        }
    }

    fn seat(&mut self, entry: &Entry) {
        let card: Value = serde_json::from_str(&format!("{{{}}}", entry.card)).unwrap();
        self.slots.insert(entry.slot, number_of(card["userId"].as_str().unwrap()));
    }

    /// Most of what comes is cursors on their way, so a text is read whole only if it may be a last place.
    fn take_text(&mut self, text: &str) {
        if !text.contains(r#""type":"cursor_moved""#) {
            assert!(!["error", "user_left"].iter().any(|kind| text.contains(&format!(r#""type":"{kind}""#))), "{text}");
            self.answers += usize::from(text.contains(r#""type":"pong""#));
            return;
        }
        let (_, named) = text.split_once(r#""userId":""#).unwrap();
        let number = number_of(named.split_once('"').unwrap().0);
        self.is_there[number] = text.contains("0.75") && {
            let message: Value = serde_json::from_str(text).unwrap();
            let Cursor { x, y, .. } = last(number);
            message["data"]["x"] == json!(x) && message["data"]["y"] == json!(y)
        };
    }

    async fn acknowledge(&mut self) {
        if self.volatile_bytes > self.acknowledged {
            self.acknowledged = self.volatile_bytes;
            self.client.say(&Upstream::Ack { volatile_bytes: self.volatile_bytes }).await;
        }
    }

    /// Moves, and hears of the others until all are seen where they stopped.
    async fn live(&mut self) {
        let mut beat = interval(Duration::from_millis(CURSOR_EVERY.0));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ack = interval(Duration::from_millis(Timing::default().ack_every.0));
        let mut step = 0;
        while step < STEPS || self.is_there.contains(&false) {
            tokio::select! {
                message = self.client.next() => self.take(&message),
                _ = beat.tick(), if step < STEPS => {
                    step += 1;
                    let place = if step < STEPS { passing(self.number, step) } else { last(self.number) };
                    self.point(place).await;
                }
                _ = ack.tick() => self.acknowledge().await,
            }
        }
    }

    /// Hears what is still under way.
    async fn hear_the_rest(&mut self) {
        match self.form {
            Form::Binary => self.client.say(&Upstream::Probe { sent: presence_model::time::Millis(1) }).await,
            Form::Json => self.client.json(json!({ "type": "ping" })).await,
        }
        while self.answers == 0 {
            let message = self.client.next().await;
            self.take(&message);
        }
    }
}

fn number_of(user: &str) -> usize {
    user.strip_prefix('u').and_then(|number| number.parse().ok()).unwrap()
}

/// Waits until all have come so far; fails when one cannot.
async fn meet(meeting: &Barrier, lives: &mut JoinSet<Member>) {
    tokio::select! {
        // First, because who has met for the last time may have ended by now.
        biased;
        _ = meeting.wait() => {}
        ended = lives.join_next() => panic!("a member ended: {:?}", ended.map(|ended| ended.err())),
    }
}

/// Fills a room with members of these forms in turn, and lets them move.
async fn crowd(forms: &[Form]) {
    let server = Arc::new(Server::start().await);
    let meeting = Arc::new(Barrier::new(MEMBERS + 1));
    let mut lives = JoinSet::new();
    for number in 0..MEMBERS {
        let (server, meeting, form) = (server.clone(), meeting.clone(), forms[number % forms.len()]);
        lives.spawn(async move {
            let mut member = Member::enter(&server, number, form).await;
            meeting.wait().await;
            if timeout(Duration::from_secs(30), member.live()).await.is_err() {
                let missing: Vec<_> = (0..MEMBERS).filter(|other| !member.is_there[*other]).collect();
                panic!("member {number}, {form:?}, does not see where these stopped: {missing:?}");
            }
            // Nobody goes before all have seen all.
            meeting.wait().await;
            member.hear_the_rest().await;
            assert!(!member.is_there.contains(&false), "member {number} saw somebody move on after the end");
            meeting.wait().await;
            member
        });
    }
    meet(&meeting, &mut lives).await;
    let began = Instant::now();
    meet(&meeting, &mut lives).await;
    let lasted = began.elapsed();
    let stats = get(&server, "/api/stats").await.json();
    assert_eq!((&stats["sessions"], &stats["users"]), (&json!(MEMBERS), &json!(MEMBERS)), "{stats}");
    meet(&meeting, &mut lives).await;

    // A full room is told of at the tick of a busy shard, or slower. What comes before the room is known to be full,
    // and after its end, is told at once.
    let windows = lasted.as_millis() / u128::from(Timing::default().flush_every_busy.0);
    let at_once = 100;
    while let Some(member) = lives.join_next().await {
        let Member { number, form, cursor_frames, .. } = member.unwrap();
        if form == Form::Binary {
            let most = usize::try_from(windows).unwrap() + at_once;
            assert!(cursor_frames <= most, "member {number}: {cursor_frames} frames in {windows} windows");
        }
    }
}

#[tokio::test]
async fn a_hundred_members_of_both_forms_move_and_end_where_they_stopped() {
    crowd(&[Form::Binary, Form::Json]).await;
}

#[tokio::test]
async fn a_hundred_plain_json_members_move_and_end_where_they_stopped() {
    crowd(&[Form::Json]).await;
}
