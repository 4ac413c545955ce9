//! What one socket may say how often: what has its turn, what is told to come again, and when that is
//! too much. Pure: the connection asks and is told.

use std::sync::Arc;

use presence_hub::rate::Offences;
use presence_hub::turns::{Turn, Turns};
use presence_model::beacon::Ticket;
use presence_model::command::Command;
use presence_model::limit::Limits;
use presence_model::refusal::{Code, Refusal};
use presence_model::time::{Millis, earlier};

use crate::dialect::Said;

#[derive(Debug)]
pub struct Pace {
    turns: Turns,
    /// Whether the page is hidden, said over the rate, and when that has its turn.
    hidden: Option<(bool, Millis)>,
    offences: Offences,
    is_abused: bool,
}

impl Pace {
    pub fn new(limits: &Arc<Limits>) -> Self {
        Self { turns: Turns::new(limits), hidden: None, offences: Offences::new(limits), is_abused: false }
    }

    /// Whether the socket is to be closed for what it said.
    pub const fn is_abused(&self) -> bool {
        self.is_abused
    }

    /// Turns what was said into what is to be done about it now: over a rate that is an error, or nothing
    /// yet. Before it `is_known` whom a socket speaks for, nothing is worth waiting.
    pub fn take(&mut self, now: Millis, said: Said, is_known: bool) -> Option<Said> {
        if self.is_abused {
            return None;
        }
        match said {
            // Who reports for an agent needs no session.
            Said::Command(command) if is_known || matches!(command, Command::AgentEvents { .. }) => {
                self.take_command(now, command)
            }
            Said::Command(command) => {
                let taken = self.take_other(now, command.name(), Said::Command(command));
                // Nobody can be answered with more than that they are not known.
                if matches!(taken, Some(Said::Command(_))) {
                    self.offend(now);
                }
                taken
            }
            Said::Hello { message, .. } => self.take_other(now, message, said),
            Said::Renewal { .. } => self.take_other(now, "auth", said),
            Said::Hidden(is_hidden) => self.take_hidden(now, is_hidden).map(Said::Hidden),
            Said::Nonsense { .. } | Said::Answered { is_refused: true, .. } => {
                self.offend(now);
                Some(said)
            }
            // They touch nobody else, and their answer waits in the sender's own queue.
            Said::Ack(_) | Said::Probe { .. } | Said::Ping | Said::Subscribed | Said::Answered { .. } => Some(said),
            // What it asks for comes here again, and after the other there is nothing.
            Said::Request(_) | Said::Dismissed { .. } => Some(said),
        }
    }

    /// Takes a command that waited and has its turn now.
    pub fn due(&mut self, now: Millis) -> Option<Command> {
        self.turns.due(now)
    }

    /// Takes what goes ahead of the command that was taken last.
    pub fn ahead(&mut self) -> Option<Command> {
        self.turns.ahead()
    }

    /// Takes whether the page is hidden, if that waited and has its turn now.
    pub fn due_hidden(&mut self, now: Millis) -> Option<bool> {
        let (is_hidden, _) = self.hidden.filter(|(_, at)| *at <= now)?;
        self.take_hidden(now, is_hidden)
    }

    /// When the next that waits has its turn.
    pub fn next(&self) -> Option<Millis> {
        earlier(self.turns.next(), self.hidden.map(|(_, at)| at))
    }

    /// Takes all that waits, when the socket says no more.
    pub fn rest(&mut self, now: Millis) -> Vec<Command> {
        self.turns.rest(now)
    }

    fn take_command(&mut self, now: Millis, command: Command) -> Option<Said> {
        let (about, ticket) = (command.name(), command.ticket());
        let wants_pong = matches!(command, Command::Report { wants_pong: true, .. });
        match self.turns.take(now, command) {
            Turn::Now(command) => Some(Said::Command(command)),
            // A pong says that the line lives, not what became of the report.
            Turn::Later if wants_pong => Some(Said::Ping),
            Turn::Later => None,
            Turn::Never(wait) => Some(self.refuse(now, about, ticket, wait)),
        }
    }

    /// Only the newest counts, and it asks for pictures: over the rate it waits.
    fn take_hidden(&mut self, now: Millis, is_hidden: bool) -> Option<bool> {
        let wait = self.turns.take_other(now).err();
        self.hidden = wait.map(|wait| (is_hidden, now + wait));
        wait.is_none().then_some(is_hidden)
    }

    fn take_other(&mut self, now: Millis, about: &'static str, said: Said) -> Option<Said> {
        match self.turns.take_other(now) {
            Ok(()) => Some(said),
            Err(wait) => Some(self.refuse(now, about, None, wait)),
        }
    }

    fn refuse(&mut self, now: Millis, about: &'static str, ticket: Option<Ticket>, wait: Millis) -> Said {
        self.offend(now);
        let text = format!("{about}: too many messages of this kind, say it again in {wait}");
        Said::Nonsense { about, ticket, refusal: Refusal::new(Code::RateLimited, text).after(wait) }
    }

    fn offend(&mut self, now: Millis) {
        self.is_abused |= self.offences.count(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use presence_model::command::{Activity, Picture, Wishes};
    use presence_model::id::RoomId;
    use presence_model::privacy::PrivacyChange;
    use presence_model::room::{Cursor, RoomKey, RoomKind};

    const START: Millis = Millis::seconds(1_000);

    fn pace() -> Pace {
        Pace::new(&Arc::default())
    }

    fn room() -> RoomId {
        RoomId::parse("r").unwrap()
    }

    #[test]
    fn a_refusal_names_the_message_and_says_when_to_say_it_again() {
        let mut pace = pace();
        let mut join = || {
            let join = Command::Join {
                key: RoomKey { room: room(), kind: RoomKind::Video },
                privacy: PrivacyChange::default(),
            };
            pace.take(START, Said::Command(join), true)
        };
        assert!((0..20).all(|_| matches!(join(), Some(Said::Command(_)))));
        let Some(Said::Nonsense { about, refusal, .. }) = join() else { panic!("it passes") };
        assert_eq!((about, refusal.code, refusal.retry_after), ("join", Code::RateLimited, Some(Millis(200))));
        assert_eq!(refusal.message, "join: too many messages of this kind, say it again in 200 ms");
    }

    /// As often as an SDK says anything, and then once more each, for ten minutes on a line that delivers late
    /// and in clumps.
    #[test]
    fn an_sdk_is_never_refused_and_its_cursors_never_wait() {
        let (mut pace, mut now) = (pace(), START);
        for tick in 0..12_000_u64 {
            let late = Millis(tick * 7_919 % 400);
            now = now.max((START + Millis(50 * tick) + late).part(1, 200).part(200, 1));
            let is_every = |ticks| tick % ticks == 0;
            let cursor = Command::Cursor { room: room(), cursor: Cursor::default() };
            assert!(matches!(pace.take(now, Said::Command(cursor), true), Some(Said::Command(_))), "{tick}");
            let mut said = vec![Said::Ack(tick), Said::Probe { sent: now }];
            if is_every(10) {
                said.push(Said::Command(Command::Typing { room: room(), context: None }));
            }
            if is_every(20) {
                said.push(Said::Command(Command::Wish(Wishes::default())));
                said.push(Said::Command(Command::Resync(Picture::Room(room()))));
            }
            if is_every(100) {
                said.push(Said::Command(Command::Report { activity: Activity::default(), wants_pong: false }));
            }
            for said in said {
                let taken = pace.take(now, said, true);
                assert!(!matches!(taken, Some(Said::Nonsense { .. })), "{tick}: {taken:?}");
            }
            while pace.due(now).is_some() {}
        }
        assert!(!pace.is_abused());
    }

    #[test]
    fn heartbeats_over_the_rate_are_answered_and_become_one() {
        let mut pace = pace();
        let mut answered = 0;
        for n in 0..120 {
            let now = START + Millis(500 * n);
            let activity = Activity { said: None, input_ago: Some(Millis::ZERO) };
            match pace.take(now, Said::Command(Command::Report { activity, wants_pong: true }), true) {
                Some(Said::Command(_) | Said::Ping) => answered += 1,
                other => panic!("{other:?}"),
            }
            while pace.due(now).is_some() {}
        }
        assert_eq!(answered, 120);
        assert!(!pace.is_abused());
    }

    #[test]
    fn the_last_word_on_whether_the_page_is_hidden_has_its_turn() {
        let mut pace = pace();
        let mut passed = 0;
        for n in 0..100 {
            match pace.take(START, Said::Hidden(n % 2 == 0), true) {
                Some(Said::Hidden(_)) => passed += 1,
                None => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((passed, pace.is_abused()), (20, false));
        assert_eq!(pace.due_hidden(START), None);
        let due = pace.next().unwrap();
        assert_eq!((pace.due_hidden(due), due), (Some(false), START + Millis(200)));
        assert_eq!((pace.next(), pace.due_hidden(due)), (None, None), "once");
        // What is said later, and has its turn, is newer.
        let mut pace = self::pace();
        for is_hidden in [true; 21] {
            pace.take(START, Said::Hidden(is_hidden), true);
        }
        let later = START + Millis::seconds(9);
        assert!(matches!(pace.take(later, Said::Hidden(false), true), Some(Said::Hidden(false))));
        assert_eq!(pace.due_hidden(later), None);
    }

    #[test]
    fn too_much_refused_is_abuse_and_nothing_is_heard_after_it() {
        let nonsense = || Said::nonsense("frame", Refusal::new(Code::BadJson, "frame: no"));
        let mut pace = pace();
        for n in 1..=50 {
            assert!(!pace.is_abused(), "{n}");
            assert!(pace.take(START, nonsense(), true).is_some());
        }
        assert!(pace.is_abused());
        assert!(pace.take(START, Said::Ping, true).is_none());
        // The same spread over a longer time is only nonsense.
        let mut pace = self::pace();
        for n in 0..500 {
            pace.take(START + Millis(250 * n), nonsense(), true);
        }
        assert!(!pace.is_abused());
    }

    #[test]
    fn before_hello_everything_counts_alike() {
        let mut pace = pace();
        let mut verdicts = (0..25).map(|_| {
            pace.take(START, Said::Command(Command::Cursor { room: room(), cursor: Cursor::default() }), false)
        });
        assert!(verdicts.by_ref().take(20).all(|verdict| matches!(verdict, Some(Said::Command(_)))));
        assert!(verdicts.all(|verdict| matches!(verdict, Some(Said::Nonsense { .. }))));
        assert_eq!(pace.next(), None);
    }
}
