//! A room full of moving cursors: many members in one process, in the SDK's form, for tests that need
//! the load and not what is said.
//!
//! Prints `joined N` once all are in. Reads lines: `still` lets all cursors rest where they are, the end
//! of the input ends the crowd; then it prints `heard N`, the fewest bytes of cursors that any member
//! was sent. A member that is refused or loses its line ends it with an error.

use std::f64::consts::TAU;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use presence_model::command::{Command, Hello, Wishes};
use presence_model::id::{InstanceId, RoomId};
use presence_model::limit::Timing;
use presence_model::room::{Cursor, RoomKey, RoomKind};
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::frame::{SUBPROTOCOL, frames};
use presence_model::wire::binary::upstream::Upstream;
use presence_tests::client::introduction;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

#[derive(Clone, Parser)]
struct Args {
    /// The server's `/ws`.
    #[arg(long)]
    url: String,
    #[arg(long)]
    room: String,
    #[arg(long, default_value = "project")]
    kind: String,
    #[arg(long, default_value_t = 100)]
    members: u32,
    /// How often each of them points.
    #[arg(long, default_value_t = 20)]
    hz: u32,
}

/// What the crowd does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Move,
    Still,
    End,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(args.members > 0 && args.hz > 0, "a crowd has members, and they move");
    let (orders, order) = watch::channel(Order::Move);
    thread::spawn(move || read_orders(&orders));

    let (joined, mut joins) = mpsc::unbounded_channel();
    let mut members = JoinSet::new();
    for number in 0..args.members {
        members.spawn(live(args.clone(), number, order.clone(), joined.clone()));
    }
    let mut fewest = u64::MAX;
    let mut missing = args.members;
    loop {
        tokio::select! {
            Some(()) = joins.recv() => {
                missing -= 1;
                if missing == 0 {
                    say(&format!("joined {}", args.members))?;
                }
            }
            ended = members.join_next() => match ended {
                Some(heard) => fewest = fewest.min(heard??),
                None => return say(&format!("heard {fewest}")),
            }
        }
    }
}

fn read_orders(orders: &watch::Sender<Order>) {
    for line in io::stdin().lines().map_while(Result::ok) {
        if line == "still" {
            orders.send_replace(Order::Still);
        }
    }
    orders.send_replace(Order::End);
}

fn say(line: &str) -> Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// One member, from its first word to the end of the crowd: how many bytes of cursors it was sent.
async fn live(
    args: Args,
    number: u32,
    mut order: watch::Receiver<Order>,
    joined: mpsc::UnboundedSender<()>,
) -> Result<u64> {
    let room = RoomId::parse(&args.room).ok().context("--room is no id")?;
    let kind = RoomKind::parse(&args.kind).context("--kind is no room type")?;
    let mut line = connect(&args.url, &format!("crowd-{number}"), RoomKey { room: room.clone(), kind }).await?;

    let every = Duration::from_secs(1) / args.hz;
    // Spread, as people are: not all in the same instant.
    let mut beat = interval_at(Instant::now() + every * number / args.members, every);
    beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut ack = interval(Duration::from_millis(Timing::default().ack_every.0));
    let (mut is_in, mut heard, mut acknowledged, mut steps) = (false, 0, 0, 0_u32);
    loop {
        tokio::select! {
            message = line.next() => {
                let message = message.context("the server hung up")??;
                if let Message::Close(frame) = message {
                    bail!("the server closed: {frame:?}");
                }
                let Message::Binary(message) = message else { continue };
                for frame in frames(&message) {
                    let frame = frame?;
                    if Downstream::is_volatile(frame.kind) {
                        heard += frame.size as u64;
                    } else if !is_in {
                        is_in = is_joined(Downstream::read(frame.kind, frame.body)?)?;
                        if is_in {
                            joined.send(()).context("nobody counts any more")?;
                        }
                    }
                }
            }
            _ = beat.tick(), if is_in && *order.borrow() == Order::Move => {
                steps += 1;
                let cursor = place(number, steps, &args);
                tell(&mut line, Command::Cursor { room: room.clone(), cursor }).await?;
            }
            _ = ack.tick(), if heard > acknowledged => {
                acknowledged = heard;
                line.send(Message::binary(Upstream::Ack { volatile_bytes: heard }.encode())).await?;
            }
            changed = order.changed() => {
                if changed.is_err() || *order.borrow() == Order::End {
                    tell(&mut line, Command::Goodbye).await?;
                    return Ok(heard);
                }
            }
        }
    }
}

type Line = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn connect(url: &str, user: &str, room: RoomKey) -> Result<Line> {
    let mut request = url.into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse()?);
    let (mut line, _) = connect_async_with_config(request, None, true).await?;
    let hello = Hello {
        instance_id: InstanceId::parse(user).ok(),
        incarnation: 1,
        attempt: 1,
        wishes: Some(Wishes { revision: 1, rooms: vec![room], presence: false }),
        ..Hello::default()
    };
    line.send(Message::binary(introduction(Some(user), hello).encode())).await?;
    Ok(line)
}

async fn tell(line: &mut Line, command: Command) -> Result<()> {
    Ok(line.send(Message::binary(Upstream::Command(command).encode())).await?)
}

/// Whether a frame shows the room to one who entered it.
fn is_joined(frame: Option<Downstream>) -> Result<bool> {
    match frame {
        Some(Downstream::RoomPicture(_)) => Ok(true),
        Some(Downstream::Refused { about, refusal, .. }) => bail!("{about} was refused: {refusal}"),
        _ => Ok(false),
    }
}

/// Each on a circle of its own, once round in four seconds.
fn place(number: u32, step: u32, args: &Args) -> Cursor {
    let turn = TAU * (f64::from(step) / f64::from(args.hz) / 4.0 + f64::from(number) / f64::from(args.members));
    let radius = 0.1 + 0.35 * f64::from(number) / f64::from(args.members);
    Cursor::at(0.5 + radius * turn.cos(), 0.5 + radius * turn.sin())
}
