//! Where the work on features stands, as agents report it.

use presence_model::agent::FeatureStatus;
use presence_model::id::FeatureId;
use presence_model::limit::Limits;
use presence_model::posting::{Posting, Receipt};
use presence_model::refusal::Refusal;
use presence_model::time::Millis;

use crate::agents::{WINDOW, agent, followed};
use crate::stage::Stage;

fn feature(name: &str) -> FeatureId {
    FeatureId::parse(name).unwrap()
}

pub(crate) fn set_feature(stage: &mut Stage, name: &str, status: FeatureStatus) -> Result<Receipt, Refusal> {
    stage.post(Posting::Feature {
        feature: feature(name),
        status,
        agent: agent("claude"),
        session: "s1".into(),
        key: None,
    })
}

#[test]
fn features_are_there_by_being_reported() {
    let (mut stage, [dashboard, _]) = followed();
    let receipt = set_feature(&mut stage, "feat-1", FeatureStatus::Todo).unwrap();
    assert_eq!(receipt, Receipt::Feature { old: None, new: FeatureStatus::Todo, told: 1 });
    assert_eq!(
        stage.told_lines(dashboard),
        ["feature feat-1 new>todo by claude", "agent claude(s1):active:0+0:feat-1"]
    );
    let receipt = set_feature(&mut stage, "feat-1", FeatureStatus::Done).unwrap();
    assert_eq!(receipt, Receipt::Feature { old: Some(FeatureStatus::Todo), new: FeatureStatus::Done, told: 1 });
    assert_eq!(stage.told_lines(dashboard), ["feature feat-1 todo>done by claude"]);
    assert_eq!(stage.disk().features, [(feature("feat-1"), FeatureStatus::Done, stage.now)]);
    stage.restart();
    let receipt = set_feature(&mut stage, "feat-1", FeatureStatus::Done).unwrap();
    assert_eq!(receipt, Receipt::Feature { old: Some(FeatureStatus::Done), new: FeatureStatus::Done, told: 0 });
}

#[test]
fn a_retry_is_answered_as_the_feature_stands_and_told_to_nobody() {
    let (mut stage, [dashboard, _]) = followed();
    let mut report = |status, key: &str| {
        let key = Some(key.into());
        let posting =
            Posting::Feature { feature: feature("f"), status, agent: agent("claude"), session: "s1".into(), key };
        let receipt = stage.post(posting).unwrap();
        stage.wait(WINDOW);
        (receipt, stage.take(dashboard).len())
    };
    let (todo, done) = (FeatureStatus::Todo, FeatureStatus::Done);
    assert_eq!(report(todo, "k1"), (Receipt::Feature { old: None, new: todo, told: 1 }, 2));
    assert_eq!(report(done, "k2"), (Receipt::Feature { old: Some(todo), new: done, told: 1 }, 2));
    assert_eq!(report(todo, "k1"), (Receipt::Feature { old: Some(done), new: done, told: 0 }, 0));
    assert_eq!(report(todo, "k3"), (Receipt::Feature { old: Some(done), new: todo, told: 1 }, 2));
}

#[test]
fn too_many_features_are_forgotten_on_the_disk_too() {
    let mut stage = Stage::with(1, Limits { features: 2, ..Limits::default() });
    for name in ["a", "b", "c"] {
        set_feature(&mut stage, name, FeatureStatus::Todo).unwrap();
        stage.wait(Millis(1));
    }
    let kept: Vec<_> = stage.disk().features.into_iter().map(|(feature, ..)| feature.to_string()).collect();
    assert_eq!(kept, ["b", "c"]);
}
