//! What sessions let others see of them. Who becomes invisible leaves for everybody else, and who takes no part
//! leaves for itself too; who is not seen is in no list and counts for nothing.

use presence_model::id::SessionId;
use presence_model::instance::ClientInfo;
use presence_model::privacy::{Privacy, PrivacyChange};
use presence_model::room::RoomKey;
use presence_model::time::Millis;

use crate::io::PeerMessage;
use crate::lobby::Lobby;
use crate::outputs::Outputs;
use crate::sessions::Unlisted;

impl Lobby {
    pub(in crate::lobby) fn set_privacy(
        &mut self,
        now: Millis,
        id: &SessionId,
        change: PrivacyChange,
        out: &mut Outputs,
    ) {
        if let Some(session) = self.sessions.find_mut(id) {
            session.privacy = session.privacy.with(change);
        }
        self.follow_privacy(now, id, out);
    }

    /// As [`Self::set_privacy`], for a call. A session that it has only begun shows itself when it comes to something.
    pub(in crate::lobby) fn set_privacy_for_call(
        &mut self,
        now: Millis,
        id: &SessionId,
        change: PrivacyChange,
        out: &mut Outputs,
    ) {
        match self.sessions.find_mut(id).filter(|session| session.is_begun) {
            Some(session) => {
                session.privacy = session.privacy.with(change);
                session.shown_as = Privacy { is_present: false, ..session.meant_privacy() };
            }
            None => self.set_privacy(now, id, change, out),
        }
    }

    /// Lets others see what they may see of the session now, after it said something that bears on it.
    pub(in crate::lobby) fn follow_privacy(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        let Some(session) = self.sessions.find_mut(id) else { return };
        let meant = session.meant_privacy();
        let before = std::mem::replace(&mut session.shown_as, meant);
        // Most reports say nothing of it.
        if before == meant {
            return;
        }
        let rooms = session.rooms.iter().map(|(room, entry)| RoomKey { room: room.clone(), kind: entry.kind });
        let rooms: Vec<_> = rooms.collect();
        let appears = !before.is_seen() && meant.is_seen();
        // Its user's status has to be known before it is seen in rooms.
        if appears {
            self.show_session(now, id, out);
        }
        if before.is_present && !meant.is_present {
            for key in rooms {
                self.take_out(id, key.room, out);
            }
        } else if before.is_invisible != meant.is_invisible {
            for key in rooms {
                self.let_in(id, key, None, out);
            }
        } else if before.shares_cursor != meant.shares_cursor {
            let shares = meant.shares_cursor;
            self.tell_rooms(id, out, |session| PeerMessage::CursorSharing { session, shares });
        }
        if before.is_seen() && !meant.is_seen() {
            self.hide_session(now, id, out);
        }
    }

    /// Keeps what an unseen session says of its instance until it is seen.
    pub(in crate::lobby) fn withhold(&mut self, id: &SessionId, info: &ClientInfo, ip: Option<String>) {
        let Some(session) = self.sessions.find_mut(id) else { return };
        let withheld = session.withheld.get_or_insert_default();
        withheld.info.merge(info.clone());
        withheld.ip = ip.or_else(|| withheld.ip.take());
    }

    fn show_session(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        let Some(session) = self.sessions.find_mut(id) else { return };
        let Unlisted { info, ip } = session.withheld.take().map(|withheld| *withheld).unwrap_or_default();
        let user = session.principal.user_id.clone();
        self.people.add(now, &user, &self.sessions, &self.timing.thresholds);
        self.list(now, id, &info, ip, out);
        self.sessions.watch_status(now, id, &self.timing.thresholds);
        self.refresh_user(now, &user, out);
        self.note_here(id, out);
    }

    fn hide_session(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        let Some(session) = self.sessions.find_mut(id) else { return };
        session.is_noted = false;
        let (key, user, at) = (session.instance.clone(), session.principal.user_id.clone(), session.here_at(now));
        self.note_gone(id, (&user, &key), at, out);
        if let Some(entry) = self.instances.find(&key) {
            let (info, ip) = (entry.info.clone(), entry.ip.clone());
            self.withhold(id, &info, ip);
        }
        self.stop_typing(id, out);
        self.refresh_instance(now, &key, out);
        self.refresh_user(now, &user, out);
    }
}
