//! Where the work on each feature stands. A feature is there by being reported.

use std::collections::BTreeMap;

use presence_model::agent::FeatureStatus;
use presence_model::id::FeatureId;
use presence_model::time::Millis;

use crate::expiry::Expiry;

#[derive(Debug)]
pub struct Features {
    most: usize,
    statuses: BTreeMap<FeatureId, FeatureStatus>,
    /// When each was reported last.
    reported: Expiry<FeatureId>,
}

impl Features {
    pub fn new(most: usize, saved: &[(FeatureId, FeatureStatus, Millis)]) -> Self {
        let mut features = Self { most: most.max(1), statuses: BTreeMap::new(), reported: Expiry::default() };
        for (feature, status, at) in saved {
            features.set(*at, feature.clone(), *status);
        }
        features
    }

    pub fn find(&self, feature: &FeatureId) -> Option<FeatureStatus> {
        self.statuses.get(feature).copied()
    }

    /// Returns where the work stood before.
    pub fn set(&mut self, now: Millis, feature: FeatureId, status: FeatureStatus) -> Option<FeatureStatus> {
        self.reported.set(feature.clone(), now);
        self.statuses.insert(feature, status)
    }

    /// Takes out one of those that are too many, the one first that was reported least lately.
    pub fn pop_surplus(&mut self) -> Option<FeatureId> {
        if self.statuses.len() <= self.most {
            return None;
        }
        let oldest = self.reported.pop_first()?;
        self.statuses.remove(&oldest);
        Some(oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_lately_reported_goes() {
        let id = |name: &str| FeatureId::parse(name).unwrap();
        let saved = [(id("a"), FeatureStatus::Todo, Millis(5)), (id("b"), FeatureStatus::Done, Millis(3))];
        let mut features = Features::new(2, &saved);
        assert_eq!(features.set(Millis(6), id("b"), FeatureStatus::Todo), Some(FeatureStatus::Done));
        assert_eq!(features.pop_surplus(), None);
        assert_eq!(features.set(Millis(6), id("c"), FeatureStatus::Blocked), None);
        assert_eq!([features.pop_surplus(), features.pop_surplus()], [Some(id("a")), None]);
        assert_eq!(features.set(Millis(7), id("a"), FeatureStatus::Done), None);
    }
}
