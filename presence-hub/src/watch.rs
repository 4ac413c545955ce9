//! What the people of one room watch together, and who drives it. It names users; who of them is there and may have
//! control, the room says.

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_model::id::UserId;
use presence_model::playback::{Person, Playback, Timeline, Watch};
use presence_model::time::Millis;

#[derive(Debug, Default)]
pub struct WatchState {
    watch: Arc<Watch>,
    /// What all followed before the newest operation.
    before: Option<Timeline>,
    /// Counts on while there is no timeline.
    operations: u32,
    /// When each request lapses.
    lapses: BTreeMap<UserId, Millis>,
}

impl WatchState {
    pub const fn watch(&self) -> &Arc<Watch> {
        &self.watch
    }

    /// What those are shown who come, if there is anything.
    pub fn shown(&self) -> Option<Arc<Watch>> {
        let Watch { is_synced, controller, requests, timeline: _ } = &*self.watch;
        (*is_synced || controller.is_some() || !requests.is_empty()).then(|| self.watch.clone())
    }

    pub fn is_synced(&self) -> bool {
        self.watch.is_synced
    }

    /// What all follow.
    pub fn timeline(&self) -> Option<&Timeline> {
        self.watch.timeline.as_ref()
    }

    /// What all followed in a moment, as far as that is still known.
    pub fn followed_at(&self, at: Millis) -> Option<Timeline> {
        [self.watch.timeline, self.before].into_iter().flatten().find(|timeline| timeline.at <= at)
    }

    pub fn controller(&self) -> Option<&UserId> {
        self.watch.controller.as_ref().map(|person| &person.user_id)
    }

    pub fn is_controlled_by(&self, user: &UserId) -> bool {
        self.controller() == Some(user)
    }

    /// Who asked first.
    pub fn first_request(&self) -> Option<&UserId> {
        self.watch.requests.first().map(|person| &person.user_id)
    }

    /// When the first request lapses.
    pub fn next_lapse(&self) -> Option<Millis> {
        self.lapses.get(self.first_request()?).copied()
    }

    /// From a moment on all follow this.
    pub fn play(&mut self, at: Millis, playback: Playback) {
        self.operations = self.operations.wrapping_add(1);
        let operation = self.operations;
        let watch = Arc::make_mut(&mut self.watch);
        watch.is_synced = true;
        self.before = watch.timeline.replace(Timeline { playback, at, operation });
    }

    /// Nobody follows anything any more.
    pub fn stop(&mut self) {
        let watch = Arc::make_mut(&mut self.watch);
        watch.is_synced = false;
        watch.timeline = None;
        self.before = None;
    }

    /// Gives control to somebody, whose request that answers, or to nobody.
    pub fn give(&mut self, to: Option<Person>) {
        if let Some(person) = &to {
            self.withdraw(&person.user_id);
        }
        Arc::make_mut(&mut self.watch).controller = to;
    }

    /// Notes that somebody asks for control; false when that is known.
    pub fn request(&mut self, by: Person, lapses_at: Millis) -> bool {
        let is_new = self.watch.requests.iter().all(|person| person.user_id != by.user_id);
        if is_new {
            self.lapses.insert(by.user_id.clone(), lapses_at);
            Arc::make_mut(&mut self.watch).requests.push(by);
        }
        is_new
    }

    /// Takes a request back; false when there is none.
    pub fn withdraw(&mut self, user: &UserId) -> bool {
        self.keep_requests(|requester| requester != user)
    }

    /// Drops the requests of all whom `stays` does not name; true when there were any.
    pub fn keep_requests(&mut self, stays: impl Fn(&UserId) -> bool) -> bool {
        if self.watch.requests.iter().all(|person| stays(&person.user_id)) {
            return false;
        }
        Arc::make_mut(&mut self.watch).requests.retain(|person| stays(&person.user_id));
        self.lapses.retain(|user, _| stays(user));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn person(name: &str) -> Person {
        Person { user_id: UserId::parse(name).unwrap(), name: name.to_owned() }
    }

    fn requests(state: &WatchState) -> Vec<(&str, u64)> {
        assert_eq!(state.lapses.len(), state.watch.requests.len());
        let requests = state.watch.requests.iter();
        requests.map(|person| (person.user_id.as_str(), state.lapses[&person.user_id].0)).collect()
    }

    const PLAYBACK: Playback = Playback { is_playing: true, current_time: 4.0, rate: 1.0 };

    #[test]
    fn nothing_is_shown_until_something_is_watched_driven_or_asked_for() {
        let mut state = WatchState::default();
        assert_eq!(state.shown(), None);
        state.request(person("ann"), Millis(9));
        assert!(state.shown().is_some());
        state.give(Some(person("ann")));
        assert_eq!((requests(&state), state.next_lapse()), (vec![], None));
        assert!(state.shown().is_some());
        state.give(None);
        assert_eq!(state.shown(), None);
        state.play(Millis(1), PLAYBACK);
        assert!(state.shown().unwrap().is_synced);
        state.stop();
        assert_eq!(state.shown(), None);
    }

    #[test]
    fn operations_count_on_over_a_stop() {
        let mut state = WatchState::default();
        let mut operations = vec![];
        for _ in 0..3 {
            state.play(Millis(1), PLAYBACK);
            operations.push(state.timeline().unwrap().operation);
            state.stop();
        }
        assert_eq!(operations, [1, 2, 3]);
    }

    #[test]
    fn what_was_followed_before_the_newest_operation_is_still_known() {
        let mut state = WatchState::default();
        let operation = |state: &WatchState, at| state.followed_at(Millis(at)).map(|timeline| timeline.operation);
        for at in [10, 20, 30] {
            state.play(Millis(at), PLAYBACK);
        }
        assert_eq!([19, 20, 29, 30, 99].map(|at| operation(&state, at)), [None, Some(2), Some(2), Some(3), Some(3)]);
        state.stop();
        state.play(Millis(40), PLAYBACK);
        assert_eq!([39, 40].map(|at| operation(&state, at)), [None, Some(4)]);
    }

    #[test]
    fn who_asks_twice_waits_no_longer() {
        let mut state = WatchState::default();
        assert!(state.request(person("ann"), Millis(5)));
        assert!(state.request(person("bob"), Millis(6)));
        assert!(!state.request(person("ann"), Millis(9)));
        assert_eq!(requests(&state), [("ann", 5), ("bob", 6)]);
        assert!(state.withdraw(&person("ann").user_id) && !state.withdraw(&person("ann").user_id));
        assert_eq!((requests(&state), state.next_lapse()), (vec![("bob", 6)], Some(Millis(6))));
    }

    proptest! {
        /// Each request keeps its own time, whoever else's goes.
        #[test]
        fn requests_and_their_times_stay_together(steps in proptest::collection::vec((0_u8..5, any::<bool>()), 1..40)) {
            let mut state = WatchState::default();
            let mut plain: Vec<(u8, u64)> = vec![];
            for (number, (who, asks)) in steps.into_iter().enumerate() {
                let number = number as u64;
                if asks {
                    let is_new = plain.iter().all(|(other, _)| *other != who);
                    plain.extend(is_new.then_some((who, number)));
                    prop_assert_eq!(state.request(person(&who.to_string()), Millis(number)), is_new);
                } else {
                    let had = plain.len();
                    plain.retain(|(other, _)| *other != who);
                    prop_assert_eq!(state.withdraw(&person(&who.to_string()).user_id), plain.len() != had);
                }
                let names: Vec<_> = plain.iter().map(|(who, at)| (who.to_string(), *at)).collect();
                let told: Vec<_> = requests(&state).into_iter().map(|(name, at)| (name.to_owned(), at)).collect();
                prop_assert_eq!(told, names);
            }
        }
    }
}
