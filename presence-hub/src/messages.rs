//! Messages to people: what waits for who is away, and who hears of which conversation.

mod shelf;

mod circles;
mod mail;

use presence_model::limit::{Limits, Timing};

use crate::messages::circles::Circles;
use crate::messages::mail::Mail;
use crate::saved::Saved;

#[derive(Debug)]
pub struct Messages {
    pub mail: Mail,
    pub circles: Circles,
}

impl Messages {
    pub fn new(timing: &Timing, limits: &Limits, saved: &Saved) -> Self {
        Self { mail: Mail::new(timing, limits, saved), circles: Circles::new(limits, saved) }
    }
}
