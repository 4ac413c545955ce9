//! Who types in which conversation. A conversation is a name that Kleoz' clients agree on: nobody joins it,
//! and it is there while somebody types in it.

use std::collections::{BTreeMap, BTreeSet};

use presence_model::id::{InstanceId, SessionId, SessionKey};
use presence_model::time::Millis;

use crate::expiry::Expiry;

/// A session at work, by the name under which others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typist {
    pub session: SessionId,
    pub instance: InstanceId,
}

#[derive(Debug, Default)]
pub struct Conversations {
    /// In the order of beginning; never an empty list.
    typists: BTreeMap<SessionKey, Vec<Typist>>,
    /// Where each session types, least recently said first; never an empty list.
    places: BTreeMap<SessionId, Vec<SessionKey>>,
    leases: Expiry<(SessionId, SessionKey)>,
}

impl Conversations {
    /// Somebody types, until the lease is over. Nobody types in more than `most` conversations: a further one
    /// ends the one of which was said nothing for longest. Returns those in which others are seen to type now.
    pub fn begin(&mut self, typist: Typist, key: SessionKey, (lease, most): (Millis, usize)) -> Vec<SessionKey> {
        if most == 0 {
            return vec![];
        }
        let session = typist.session.clone();
        self.leases.set((session.clone(), key.clone()), lease);
        let places = self.places.entry(session.clone()).or_default();
        places.retain(|place| *place != key);
        let surplus = (places.len() + 1).saturating_sub(most);
        let ended: Vec<_> = places.drain(..surplus).collect();
        places.push(key.clone());
        let mut changed: Vec<_> = ended.into_iter().filter(|ended| self.take_out(&session, ended)).collect();

        let before = self.typing_in(&key);
        let there = self.typists.entry(key.clone()).or_default();
        match there.iter_mut().find(|known| known.session == session) {
            Some(known) => *known = typist,
            None => there.push(typist),
        }
        if self.typing_in(&key) != before {
            changed.push(key);
        }
        changed
    }

    /// Returns whether others are seen to type there now.
    pub fn stop(&mut self, session: &SessionId, key: &SessionKey) -> bool {
        if let Some(places) = self.places.get_mut(session) {
            places.retain(|place| place != key);
            if places.is_empty() {
                self.places.remove(session);
            }
        }
        self.take_out(session, key)
    }

    /// The session types nowhere any more. Returns where others are seen to type now.
    pub fn end(&mut self, session: &SessionId) -> Vec<SessionKey> {
        let places = self.places.remove(session).unwrap_or_default();
        places.into_iter().filter(|key| self.take_out(session, key)).collect()
    }

    /// Takes a conversation in which others are seen to type since a lease is over.
    pub fn pop(&mut self, now: Millis) -> Option<SessionKey> {
        loop {
            let (session, key) = self.leases.pop(now)?;
            if self.stop(&session, &key) {
                return Some(key);
            }
        }
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        self.leases.next()
    }

    /// The instances that type there, each once, in the order of beginning.
    pub fn typing_in(&self, key: &SessionKey) -> Vec<InstanceId> {
        let mut seen = BTreeSet::new();
        let all = self.typists.get(key).into_iter().flatten().map(|typist| &typist.instance);
        all.filter(|instance| seen.insert(*instance)).cloned().collect()
    }

    /// The conversations in which somebody types.
    pub fn keys(&self) -> impl Iterator<Item = &SessionKey> {
        self.typists.keys()
    }

    fn take_out(&mut self, session: &SessionId, key: &SessionKey) -> bool {
        self.leases.clear(&(session.clone(), key.clone()));
        let before = self.typing_in(key);
        if let Some(there) = self.typists.get_mut(key) {
            there.retain(|typist| typist.session != *session);
            if there.is_empty() {
                self.typists.remove(key);
            }
        }
        self.typing_in(key) != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LEASE: Millis = Millis::seconds(5);
    const MOST: usize = 3;

    #[derive(Clone, Debug)]
    enum Step {
        Begin(u8, u8),
        Stop(u8, u8),
        End(u8),
        Wait(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (0..4_u8, 0..6_u8).prop_map(|(who, key)| Step::Begin(who, key)),
            2 => (0..4_u8, 0..6_u8).prop_map(|(who, key)| Step::Stop(who, key)),
            1 => (0..4_u8).prop_map(Step::End),
            2 => (0..4_000_u64).prop_map(Step::Wait),
        ];
        proptest::collection::vec(step, 0..60)
    }

    fn session(who: u8) -> SessionId {
        SessionId::parse(&format!("s{who}")).unwrap()
    }

    fn key(key: u8) -> SessionKey {
        SessionKey::parse(&format!("k{key}")).unwrap()
    }

    /// Two sessions to an instance.
    fn instance(who: u8) -> InstanceId {
        InstanceId::parse(&format!("i{}", who / 2)).unwrap()
    }

    /// The same, slow and plain: rows of who, where, since when, last said when.
    #[derive(Default)]
    struct Plain {
        now: Millis,
        rows: Vec<(u8, u8, Millis, usize)>,
        said: usize,
    }

    impl Plain {
        fn step(&mut self, step: &Step) {
            match *step {
                Step::Begin(who, key) => {
                    self.said += 1;
                    let (until, said) = (self.now + LEASE, self.said);
                    match self.rows.iter_mut().find(|row| (row.0, row.1) == (who, key)) {
                        Some(row) => (row.2, row.3) = (until, said),
                        None => self.rows.push((who, key, until, said)),
                    }
                    if self.rows.iter().filter(|row| row.0 == who).count() > MOST {
                        let oldest = self.rows.iter().filter(|row| row.0 == who).map(|row| row.3).min();
                        self.rows.retain(|row| Some(row.3) != oldest);
                    }
                }
                Step::Stop(who, key) => self.rows.retain(|row| (row.0, row.1) != (who, key)),
                Step::End(who) => self.rows.retain(|row| row.0 != who),
                Step::Wait(time) => {
                    self.now += Millis(time);
                    self.rows.retain(|row| row.2 > self.now);
                }
            }
        }

        fn typing_in(&self, key: u8) -> Vec<InstanceId> {
            let mut all = vec![];
            for row in self.rows.iter().filter(|row| row.1 == key) {
                if !all.contains(&instance(row.0)) {
                    all.push(instance(row.0));
                }
            }
            all
        }
    }

    proptest! {
        #[test]
        fn it_is_as_the_plain_rules_say_and_every_change_is_named(steps in steps()) {
            let (mut plain, mut real) = (Plain::default(), Conversations::default());
            for step in &steps {
                let before: Vec<_> = (0..6).map(|key| plain.typing_in(key)).collect();
                plain.step(step);
                let told = match *step {
                    Step::Begin(who, at) => {
                        let typist = Typist { session: session(who), instance: instance(who) };
                        real.begin(typist, key(at), (plain.now + LEASE, MOST))
                    }
                    Step::Stop(who, at) => real.stop(&session(who), &key(at)).then(|| key(at)).into_iter().collect(),
                    Step::End(who) => real.end(&session(who)),
                    Step::Wait(_) => std::iter::from_fn(|| real.pop(plain.now)).collect(),
                };
                for at in 0..6 {
                    prop_assert_eq!(real.typing_in(&key(at)), plain.typing_in(at));
                    let (is_told, is_other) = (told.contains(&key(at)), before[usize::from(at)] != plain.typing_in(at));
                    // In a long wait it may have changed twice, and back.
                    let is_right = is_told == is_other || is_told && matches!(step, Step::Wait(_));
                    prop_assert!(is_right, "{:?} told {:?}", step, told);
                }
                prop_assert_eq!(real.leases.len(), plain.rows.len());
                prop_assert_eq!(real.places.values().map(Vec::len).sum::<usize>(), plain.rows.len());
                prop_assert_eq!(real.typists.values().map(Vec::len).sum::<usize>(), plain.rows.len());
            }
            plain.step(&Step::Wait(LEASE.0));
            while real.pop(plain.now).is_some() {}
            prop_assert!(real.typists.is_empty() && real.places.is_empty() && real.next_deadline().is_none());
        }
    }
}
