//! Whose turn it is: what one socket says over its rate and only has to be newest waits here.

use std::collections::VecDeque;
use std::sync::Arc;

use presence_model::command::{Activity, Command};
use presence_model::limit::Limits;
use presence_model::status::Status;
use presence_model::time::Millis;

use crate::rate::{Buckets, Class};

/// One socket's commands.
#[derive(Debug)]
pub struct Turns {
    buckets: Buckets,
    /// Commands over their rate, in the order in which their subjects began to wait.
    waiting: VecDeque<Waiting>,
    /// What must not come behind the command that had its turn last.
    ahead: Option<Box<Command>>,
    /// So many of a class may wait.
    places: usize,
}

#[derive(Debug)]
struct Waiting {
    class: Class,
    since: Millis,
    command: Command,
}

/// When a command has its turn.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    Now(Command),
    /// It waits, or the newest about the same does. A pong that it wants is not given with it any more.
    Later,
    /// It may be said again after this time.
    Never(Millis),
}

impl Turns {
    pub fn new(limits: &Arc<Limits>) -> Self {
        Self {
            buckets: Buckets::new(limits),
            waiting: VecDeque::new(),
            ahead: None,
            // Nobody is in more rooms than these; and there are the list of who is here and the wishes.
            places: limits.rooms_per_user + 2,
        }
    }

    pub fn take(&mut self, now: Millis, command: Command) -> Turn {
        let Some(class) = Class::of(&command) else {
            self.forget_left(&command);
            return Turn::Now(command);
        };
        // What waits goes first, or the newest would be overtaken by what is older.
        let is_behind = self.waiting_of(class) > 0 || command.room().is_some() && self.hiding().is_some();
        if !is_behind && self.buckets.take(now, class) {
            self.forget_left(&command);
            self.let_ahead(now, &command);
            return Turn::Now(command);
        }
        self.hold(now, class, command)
    }

    /// Takes what goes ahead of the command that has its turn now. To be asked after each.
    pub fn ahead(&mut self) -> Option<Command> {
        self.ahead.take().map(|command| *command)
    }

    /// A turn for what is no command.
    pub fn take_other(&mut self, now: Millis) -> Result<(), Millis> {
        let takes = self.waiting_of(Class::Other) == 0 && self.buckets.take(now, Class::Other);
        if takes { Ok(()) } else { Err(self.wait(now, Class::Other)) }
    }

    /// Takes a command whose turn has come.
    pub fn due(&mut self, now: Millis) -> Option<Command> {
        let (ready, buckets) = (self.ready(), &mut self.buckets);
        let place = self.waiting.iter().take(ready).position(|waiting| buckets.take(now, waiting.class))?;
        let waiting = self.waiting.remove(place)?;
        self.forget_left(&waiting.command);
        Some(waiting.aged(now))
    }

    /// When the next waiting command is due.
    pub fn next(&self) -> Option<Millis> {
        self.waiting.iter().take(self.ready()).map(|waiting| self.buckets.of(waiting.class).ready_at()).min()
    }

    /// Where a word on what others may see waits. Nothing that was said in a room behind it may overtake it.
    fn hiding(&self) -> Option<usize> {
        let hides = |command: &Command| matches!(command, Command::Privacy(_) | Command::SetStatus { .. });
        self.waiting.iter().position(|waiting| hides(&waiting.command))
    }

    /// So many of those that wait need not wait for each other.
    fn ready(&self) -> usize {
        self.hiding().map_or(self.waiting.len(), |place| place + 1)
    }

    /// Takes all that waits, for a socket that says no more.
    pub fn rest(&mut self, now: Millis) -> Vec<Command> {
        std::mem::take(&mut self.waiting).into_iter().map(|waiting| waiting.aged(now)).collect()
    }

    /// Lets a command wait in the place of an older one about the same, if it is one that can wait.
    fn hold(&mut self, now: Millis, class: Class, mut command: Command) -> Turn {
        match &mut command {
            Command::Report { wants_pong, .. } => *wants_pong = false,
            // It is so now, and not when it has its turn.
            Command::Playback { said, .. } => said.at = Some(said.moment(now)),
            _ => {}
        }
        let older = self.waiting.iter().position(|waiting| is_about_the_same(&waiting.command, &command));
        if let Some(place) = older {
            let hides_later = command.room().is_some() && self.hiding().is_some_and(|hiding| hiding > place);
            self.waiting[place].replace(now, command);
            if hides_later && let Some(newer) = self.waiting.remove(place) {
                self.waiting.push_back(newer);
            }
            return Turn::Later;
        }
        if !is_about_the_same(&command, &command) || self.waiting_of(class) >= self.places {
            return Turn::Never(self.wait(now, class));
        }
        self.waiting.push_back(Waiting { class, since: now, command });
        Turn::Later
    }

    fn wait(&self, now: Millis, class: Class) -> Millis {
        self.buckets.of(class).ready_behind(self.waiting_of(class)).since(now).max(Millis(1))
    }

    fn waiting_of(&self, class: Class) -> usize {
        self.waiting.iter().filter(|waiting| waiting.class == class).count()
    }

    /// What was said of a player counts by who had control then: it goes ahead of what changes that, though its turn
    /// has not come, and those behind it wait longer.
    fn let_ahead(&mut self, now: Millis, command: &Command) {
        let (Command::ControlRequest(room) | Command::ControlGrant { room, .. } | Command::ControlRelease(room)) =
            command
        else {
            return;
        };
        let is_meant = |command: &Command| matches!(command, Command::Playback { room: played, .. } if played == room);
        let Some(place) = self.waiting.iter().position(|waiting| is_meant(&waiting.command)) else { return };
        self.buckets.owe(now, Class::Playback);
        self.ahead = self.waiting.remove(place).map(|waiting| Box::new(waiting.aged(now)));
    }

    /// What waits for a room that is left now would come too late.
    fn forget_left(&mut self, command: &Command) {
        match command {
            Command::Leave(left) => self.waiting.retain(|waiting| waiting.command.room() != Some(left)),
            Command::Wish(wishes) => self.waiting.retain(|waiting| {
                waiting.command.room().is_none_or(|room| wishes.rooms.iter().any(|key| key.room == *room))
            }),
            Command::Goodbye => self.waiting.clear(),
            _ => {}
        }
    }
}

impl Waiting {
    fn replace(&mut self, now: Millis, newer: Command) {
        self.command = match (&self.command, newer) {
            (Command::Report { activity: older, .. }, Command::Report { activity: newer, .. }) => {
                Command::Report { activity: merge(older, now.since(self.since), newer), wants_pong: false }
            }
            // What leads nowhere without what was said before goes with it.
            (Command::Playback { said: older, .. }, Command::Playback { room, said: newer }) => {
                Command::Playback { room, said: Box::new((**older).clone().then(*newer)) }
            }
            (Command::Privacy(older), Command::Privacy(newer)) => Command::Privacy(older.then(newer)),
            (_, newer) => newer,
        };
        self.since = now;
    }

    /// The command as it would be said now.
    fn aged(mut self, now: Millis) -> Command {
        if let Command::Report { activity: Activity { input_ago: Some(ago), .. }, .. } = &mut self.command {
            *ago += now.since(self.since);
        }
        self.command
    }
}

/// Whether the newer one of two commands says all that counts. One that cannot be replaced is not about the
/// same as anything, not even as itself.
fn is_about_the_same(one: &Command, other: &Command) -> bool {
    match (one, other) {
        (Command::Cursor { room: one, .. }, Command::Cursor { room: other, .. })
        | (Command::Typing { room: one, .. }, Command::Typing { room: other, .. })
        | (Command::Selection { room: one, .. }, Command::Selection { room: other, .. })
        | (Command::Playback { room: one, .. }, Command::Playback { room: other, .. }) => one == other,
        (Command::SessionTyping { key: one, .. }, Command::SessionTyping { key: other, .. }) => one == other,
        (Command::Resync(one), Command::Resync(other)) => one == other,
        (Command::Report { .. }, Command::Report { .. })
        | (Command::SetStatus { .. }, Command::SetStatus { .. })
        | (Command::Privacy(_), Command::Privacy(_))
        | (Command::Wish(_), Command::Wish(_)) => true,
        _ => false,
    }
}

/// Two reports as one: the newest input, and what was said last. It is as if both had come, by the rules of
/// `Session::report` in the hub.
fn merge(older: &Activity, waited: Millis, newer: Activity) -> Activity {
    let said_ago = (older.said == Some(Status::Active)).then_some(waited);
    let input_ago = [older.input_ago.map(|ago| ago + waited), said_ago, newer.input_ago].into_iter().flatten().min();
    let is_derived = |said| matches!(said, Some(Status::Idle | Status::Away));
    let holds = matches!(older.said, Some(Status::Busy | Status::Reviewing | Status::Offline));
    let said = match newer.said {
        None if is_derived(older.said) && newer.input_ago.is_some_and(|ago| ago < waited) => None,
        None => older.said,
        said if holds && is_derived(said) => older.said,
        said => said,
    };
    Activity { said, input_ago }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use presence_model::command::{Picture, Wishes};
    use presence_model::id::RoomId;
    use presence_model::limit::{Rate, Rates};
    use presence_model::privacy::PrivacyChange;
    use presence_model::room::{Cursor, RoomKey, RoomKind};
    use proptest::prelude::*;

    const START: Millis = Millis::seconds(1_000);

    fn turns() -> Turns {
        Turns::new(&Arc::default())
    }

    fn room(name: &str) -> RoomId {
        RoomId::parse(name).unwrap()
    }

    fn join(name: &str) -> Command {
        Command::Join { key: RoomKey { room: room(name), kind: RoomKind::Video }, privacy: PrivacyChange::default() }
    }

    fn cursor(name: &str, x: f64) -> Command {
        Command::Cursor { room: room(name), cursor: Cursor::at(x, 0.0) }
    }

    fn typing(name: &str, context: Option<&str>) -> Command {
        Command::Typing { room: room(name), context: context.map(str::to_owned) }
    }

    fn report(said: Option<Status>, input_ago: Option<u64>) -> Command {
        let activity = Activity { said, input_ago: input_ago.map(Millis) };
        Command::Report { activity, wants_pong: true }
    }

    fn wish(revision: u32) -> Command {
        Command::Wish(Wishes { revision, ..Wishes::default() })
    }

    /// What comes out until nothing waits any more, with the time after `now`.
    fn drain(turns: &mut Turns, now: Millis) -> Vec<(u64, Command)> {
        let mut out = vec![];
        while let Some(next) = turns.next() {
            let at = next.max(now);
            while let Some(command) = turns.due(at) {
                out.push((at.since(now).0, command));
            }
        }
        out
    }

    #[test]
    fn the_newest_of_each_subject_waits_and_comes_out_by_itself() {
        let mut turns = turns();
        let passed = (0..200).filter(|n| matches!(turns.take(START, cursor("a", f64::from(*n) / 200.0)), Turn::Now(_)));
        assert_eq!(passed.count(), 20);
        turns.take(START, cursor("b", 0.5));
        turns.take(START, Command::Cursor { room: room("b"), cursor: Cursor::default() });
        for context in [Some("x"), None, Some("y"), None] {
            turns.take(START, typing("a", context));
        }
        let hidden = Command::Cursor { room: room("b"), cursor: Cursor::default() };
        assert_eq!(
            drain(&mut turns, START),
            [(50, cursor("a", 199.0 / 200.0)), (100, hidden), (500, typing("a", None))]
        );
    }

    #[test]
    fn what_asks_for_something_is_refused_over_the_rate_and_may_be_said_again() {
        let mut turns = turns();
        let mut refused = vec![];
        for n in 0..25 {
            if let Turn::Never(wait) = turns.take(START, join(&n.to_string())) {
                refused.push(wait);
            }
        }
        assert_eq!(refused, [Millis(200); 5]);
        assert!(matches!(turns.take(START + Millis(200), join("x")), Turn::Now(_)));
        // Wishes and pictures wait, and nothing overtakes them.
        for revision in 1..9 {
            assert!(matches!(turns.take(START + Millis(201), wish(revision)), Turn::Later));
            let resync = Command::Resync(Picture::Presence);
            assert!(matches!(turns.take(START + Millis(201), resync), Turn::Later));
        }
        // Two go first.
        assert_eq!(turns.take(START + Millis(400), join("x")), Turn::Never(Millis(400)));
        let resync = Command::Resync(Picture::Presence);
        assert_eq!(drain(&mut turns, START + Millis(400)), [(0, wish(8)), (200, resync)]);
    }

    #[test]
    fn two_reports_become_what_both_say() {
        use Status::{Active, Away, Busy, Idle, Offline};
        for (older, newer, both) in [
            ((None, Some(5)), (None, None), (None, Some(105))),
            ((None, Some(5)), (None, Some(0)), (None, Some(0))),
            ((Some(Busy), None), (None, Some(0)), (Some(Busy), Some(0))),
            ((Some(Busy), None), (Some(Idle), None), (Some(Busy), None)),
            ((Some(Busy), None), (Some(Active), None), (Some(Active), None)),
            ((Some(Offline), None), (Some(Away), None), (Some(Offline), None)),
            ((Some(Offline), None), (Some(Active), None), (Some(Active), None)),
            ((Some(Idle), None), (None, Some(7)), (None, Some(7))),
            ((Some(Idle), None), (None, Some(700)), (Some(Idle), Some(700))),
            ((Some(Active), None), (Some(Away), None), (Some(Away), Some(100))),
        ] {
            let activity = |(said, ago): (_, Option<u64>)| Activity { said, input_ago: ago.map(Millis) };
            assert_eq!(merge(&activity(older), Millis(100), activity(newer)), activity(both), "{older:?} {newer:?}");
        }
        let mut turns = turns();
        for ago in 0..11 {
            turns.take(START, report(None, Some(ago)));
        }
        let aged =
            Command::Report { activity: Activity { said: None, input_ago: Some(Millis(2_010)) }, wants_pong: false };
        assert_eq!(drain(&mut turns, START), [(2_000, aged)]);
    }

    proptest! {
        /// Whatever is said of which room when: not too much passes, and the last word on each subject does.
        #[test]
        fn the_newest_always_arrives(
            words in proptest::collection::vec((0_u64..120, 0_usize..4, 0_usize..3), 1..150),
            burst in 1_u32..5,
        ) {
            let rate = Rate { every: Millis(50), burst };
            let rates = Rates { cursor: rate, typing: rate, ..Rates::default() };
            let mut turns = Turns::new(&Arc::new(Limits { rates, ..Limits::default() }));
            let (mut now, mut last, mut passed) = (START, BTreeMap::new(), vec![]);
            for (number, (step, name, kind)) in words.into_iter().enumerate() {
                let until = now + Millis(step);
                while let Some(next) = turns.next().filter(|next| *next <= until) {
                    now = now.max(next);
                    while let Some(command) = turns.due(now) {
                        passed.push((now, command));
                    }
                }
                now = until;
                let name = ["a", "b", "c", "d"][name];
                let command = match kind {
                    0 => typing(name, Some(&number.to_string())),
                    1 => typing(name, None),
                    _ => cursor(name, number as f64 / 1_000.0),
                };
                last.insert((name, kind < 2), command.clone());
                match turns.take(now, command) {
                    Turn::Now(command) => passed.push((now, command)),
                    Turn::Later => {}
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            passed.extend(drain(&mut turns, now).into_iter().map(|(after, command)| (now + Millis(after), command)));
            for newest in last.values() {
                let shown = passed.iter().rev().find(|(_, command)| is_about_the_same(command, newest));
                prop_assert_eq!(shown.map(|(_, command)| command), Some(newest));
            }
            for class in [Class::Cursor, Class::Typing] {
                let times: Vec<_> = passed.iter().filter(|(_, command)| Class::of(command) == Some(class)).collect();
                for (first, (from, _)) in times.iter().enumerate() {
                    for (last, (to, _)) in times.iter().enumerate().skip(first) {
                        prop_assert!((last - first + 1) as u64 <= u64::from(burst) + to.since(*from).0 / 50);
                    }
                }
            }
        }
    }
}
