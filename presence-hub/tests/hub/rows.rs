//! What a stage shows of the list, and how its people report and ask of it.

use presence_hub::hub::PresenceList;
use presence_hub::io::End;
use presence_model::beacon::{Beacon, Ticket};
use presence_model::command::Command;
use presence_model::event::Event;
use presence_model::id::ConnectionId;
use presence_model::instance::Instance;
use presence_model::limit::Timing;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::transcript;
use crate::visit::{Visit, row};

impl Stage {
    pub(crate) fn report(&mut self, connection: ConnectionId, beacon: Beacon) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.say(connection, Command::Beacon { ticket, beacon: Box::new(beacon) });
    }

    pub(crate) fn ask_for_list(&mut self, connection: ConnectionId) {
        self.tickets += 1;
        self.say(connection, Command::List(Ticket(self.tickets)));
    }

    /// Lets so much time pass that nobody in the list left lately, or was only reported.
    pub(crate) fn outlast_traces(&mut self) {
        self.wait(Timing::default().instance_ttl + Millis(1));
    }

    /// Who is here, as `GET /api/presence` shows it.
    pub(crate) fn presence(&self) -> PresenceList {
        self.hubs[0].presence(self.now, false)
    }

    /// The row of that name, of those who are here or left lately.
    pub(crate) fn row(&self, name: &str) -> Option<Instance> {
        let list = self.hubs[0].presence(self.now, true);
        list.entries.iter().find(|entry| entry.key() == row(name)).cloned()
    }

    /// Who is in the list, and who left lately, as a transcript has them.
    pub(crate) fn rows(&self) -> Vec<String> {
        self.hubs[0].presence(self.now, true).entries.iter().map(transcript::instance).collect()
    }

    /// What gateway clients count, as a command-line tool learns it, which is in no list.
    pub(crate) fn version(&mut self) -> u64 {
        let tool = self.arrive(&Visit::of("tool").gateway().mode("cli"));
        let events = self.told(tool);
        self.close(tool, End::Clean);
        let listing = events.iter().find_map(|event| match &**event {
            Event::Welcome(welcome) => welcome.listing.clone(),
            _ => None,
        });
        listing.unwrap().version
    }
}
