//! What a socket says, acted upon: in its order, when it has its turn, and once it is known who speaks.

use std::collections::VecDeque;

use presence_hub::io::{Input, Shard};
use presence_model::close::Close;
use presence_model::command::Command;
use presence_model::refusal::{Code, Refusal};
use tracing::debug;

use crate::connection::signing_in::Greeting;
use crate::connection::{Connection, Context};
use crate::dialect::{Dialect, Said};

impl Connection {
    /// Acts on what was said and on what has its turn, as far as it is known who speaks.
    pub(in crate::connection) fn act(&mut self, context: &mut Context<'_>) {
        while self.may_act()
            && let Some(said) = self.unheard.pop_front()
        {
            if self.is_offered && !matches!(said, Said::Hello { .. }) {
                self.unheard.push_front(said);
                self.stop_waiting(context);
                continue;
            }
            if self.must_wait(&said) {
                self.unheard.push_front(said);
                break;
            }
            self.act_on(context, said);
        }
        if self.unheard.is_empty() {
            // Most sockets have nothing here, ever again.
            self.unheard = VecDeque::new();
        }
        while self.may_act()
            && let Some(command) = self.pace.due(context.now)
        {
            self.command(context, command);
        }
        if let Some(is_hidden) = self.pace.due_hidden(context.now) {
            self.hide(context, is_hidden);
        }
        if self.pace.is_abused() {
            self.close(Close::Abuse.into());
        }
    }

    /// Whether it is known who speaks.
    pub(in crate::connection) fn may_act(&self) -> bool {
        self.greeting != Greeting::Passed
    }

    pub(in crate::connection) fn act_on(&mut self, context: &mut Context<'_>, said: Said) {
        let Some(said) = self.pace.take(context.now, said, self.session.is_some()) else { return };
        if let Some(command) = self.pace.ahead() {
            self.command(context, command);
        }
        match said {
            Said::Hello { token, .. } if self.is_dashboard() => self.identify(context, token),
            Said::Hello { token, hello, message } => self.introduce(context, token, hello, message),
            Said::Command(command) => self.command(context, command),
            Said::Ack(received) => {
                self.outbox.acknowledge(received);
                self.catch_up(context);
            }
            Said::Hidden(is_hidden) => self.hide(context, is_hidden),
            Said::Probe { sent } => self.say(&Dialect::probe_reply(sent, context.now)),
            Said::Renewal { token } => self.renew(context, &token),
            Said::Ping => self.say(&Dialect::pong(context.now)),
            Said::Subscribed => self.say(&Dialect::subscribed(self.id)),
            Said::Request(text) => self.read_request(context, &text),
            Said::Answered { answer, .. } => self.say_as_gateway(|_| answer),
            Said::Dismissed { answer, farewell } => self.dismiss(answer, farewell),
            Said::Nonsense { about, ticket, refusal } => {
                let is_foreign = refusal.code == Code::UnsupportedProtocol;
                self.refuse(context, about, ticket, refusal);
                if is_foreign {
                    self.close(Close::HelloRefused.into());
                }
            }
        }
    }

    pub(in crate::connection) fn command(&mut self, context: &mut Context<'_>, command: Command) {
        let name = command.name();
        debug!(said = name, "command");
        if let Command::AgentEvents { agent, events } = command {
            self.report(context, name, agent, events);
        } else if self.session.is_some() {
            self.say_when_open(context, command);
        } else {
            let text = format!("{name}: this socket has not said who it is");
            self.refuse(context, name, command.ticket(), Refusal::new(Code::Unauthenticated, text));
        }
    }

    pub(in crate::connection) fn say_command(&mut self, context: &mut Context<'_>, command: Command) {
        let shard = Shard::for_command(&command, context.app.router.shards());
        self.send(context, shard, command);
    }

    pub(in crate::connection) fn send(&mut self, context: &mut Context<'_>, shard: Shard, command: Command) {
        let Some(session) = self.session.clone() else { return };
        self.order = self.order.then(&command);
        let (connection, order) = (self.id, self.order);
        context.said.push_back((shard, Input::Command { connection, session, order, command }));
    }
}
