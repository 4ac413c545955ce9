//! How reports of one instance merge, whatever they say and in whatever order.

use presence_model::id::{InstanceId, SessionId, UserId};
use presence_model::instance::{ClientInfo, Instance, Reason};
use presence_model::limit::MAX_LIST;
use presence_model::status::Status;
use presence_model::time::Millis;
use proptest::prelude::*;

fn texts_of(info: &mut ClientInfo) -> [&mut Option<String>; 10] {
    let ClientInfo { client_id, host, version, platform, device_family, .. } = info;
    let ClientInfo { model_identifier, mode, agent_id, device_id, text, .. } = info;
    [client_id, host, version, platform, device_family, model_identifier, mode, agent_id, device_id, text]
}

fn any_info() -> impl Strategy<Value = ClientInfo> {
    let texts = proptest::collection::vec(proptest::option::of("[a-c]"), 10);
    let list = || proptest::collection::vec("[a-e]", 0..4);
    (texts, list(), list(), list()).prop_map(|(texts, tags, roles, scopes)| {
        let mut info = ClientInfo { tags, roles, scopes, ..ClientInfo::default() };
        for (field, text) in texts_of(&mut info).into_iter().zip(texts) {
            *field = text;
        }
        info
    })
}

/// The same report, one field at a time.
fn piecemeal(mut whole: ClientInfo) -> Vec<ClientInfo> {
    let lists = |tags, roles, scopes| ClientInfo { tags, roles, scopes, ..ClientInfo::default() };
    let mut parts = vec![
        lists(whole.tags.clone(), vec![], vec![]),
        lists(vec![], whole.roles.clone(), vec![]),
        lists(vec![], vec![], whole.scopes.clone()),
    ];
    for (place, text) in texts_of(&mut whole).into_iter().enumerate() {
        let mut part = ClientInfo::default();
        *texts_of(&mut part)[place] = text.take();
        parts.push(part);
    }
    parts
}

fn merged<'a>(reports: impl IntoIterator<Item = &'a ClientInfo>) -> ClientInfo {
    let mut all = ClientInfo::default();
    reports.into_iter().for_each(|report| all.merge(report.clone()));
    all
}

proptest! {
    #[test]
    fn merging_the_same_report_twice_changes_nothing(kept in any_info(), later in any_info()) {
        prop_assert_eq!(merged([&kept, &later, &later]), merged([&kept, &later]));
    }

    #[test]
    fn an_absent_field_keeps_and_a_present_one_replaces(mut kept in any_info(), mut later in any_info()) {
        let mut both = kept.clone();
        both.merge(later.clone());
        let texts = texts_of(&mut both).into_iter().zip(texts_of(&mut kept)).zip(texts_of(&mut later));
        for ((both, kept), later) in texts {
            prop_assert_eq!(both, if later.is_some() { later } else { kept });
        }
        prop_assert_eq!(both.tags, if later.tags.is_empty() { kept.tags } else { later.tags });
    }

    #[test]
    fn in_which_order_fields_come_makes_no_difference(
        kept in any_info(),
        (later, parts) in any_info().prop_flat_map(|later| {
            let parts = Just(piecemeal(later.clone())).prop_shuffle();
            (Just(later), parts)
        }),
    ) {
        let bit_by_bit = merged(std::iter::once(&kept).chain(&parts));
        prop_assert_eq!(bit_by_bit, merged([&kept, &later]));
    }

    #[test]
    fn roles_and_scopes_unite_in_order_of_first_sight(a in any_info(), b in any_info(), c in any_info()) {
        let all = merged([&a, &b, &c]);
        let lists = [(&all.roles, [&a.roles, &b.roles, &c.roles]), (&all.scopes, [&a.scopes, &b.scopes, &c.scopes])];
        for (united, given) in lists {
            let mut wanted: Vec<String> = vec![];
            for item in given.into_iter().flatten() {
                if !wanted.contains(item) {
                    wanted.push(item.clone());
                }
            }
            prop_assert_eq!(united, &wanted);
        }
        // What was united first makes no difference either.
        prop_assert_eq!(&merged([&a, &merged([&b, &c])]), &all);
    }
}

#[test]
fn a_union_is_bounded() {
    let roles = |from: usize| (from..from + MAX_LIST).map(|n| format!("{n}")).collect();
    let of = |roles| ClientInfo { roles, ..ClientInfo::default() };
    assert_eq!(merged([&of(roles(0)), &of(roles(9))]).roles, roles(0));
}

#[test]
fn a_later_report_moves_stamp_and_reason_as_far_as_it_has_them() {
    let (user, id) = (UserId::parse("ann").unwrap(), InstanceId::parse("mac").unwrap());
    let mut entry = Instance::new(Millis(10), user, "Ann".to_owned(), id);
    let mut merge = |now, ip: Option<&str>, reason: Option<Reason>| {
        entry.merge(Millis(now), ClientInfo::default(), ip.map(str::to_owned), reason);
        (entry.ts.0, entry.ip.clone().unwrap_or_default(), entry.reason.to_string())
    };
    let shown = |ts, ip: &str, reason: &str| (ts, ip.to_owned(), reason.to_owned());
    assert_eq!(merge(20, Some("127.0.0.1"), None), shown(20, "127.0.0.1", "connect"));
    assert_eq!(merge(15, Some("10.0.0.1"), Some(Reason::Periodic)), shown(20, "10.0.0.1", "periodic"));
    assert_eq!(merge(30, Some("::1"), Some(Reason::from("launch"))), shown(30, "10.0.0.1", "launch"));
    assert_eq!(merge(40, None, None), shown(40, "10.0.0.1", "launch"));
}

#[test]
fn what_an_entry_is_can_be_told_from_the_record() {
    let id = || InstanceId::parse("mac").unwrap();
    let kinds = |entry: &Instance| [entry.is_own(), entry.is_living(), entry.is_reported(), entry.has_left()];
    let mut entry = Instance::new(Millis(10), UserId::parse("ann").unwrap(), "Ann".to_owned(), id());
    assert_eq!(kinds(&entry), [false, false, true, false]);
    entry.sessions.push(SessionId::parse("s").unwrap());
    assert_eq!(kinds(&entry), [false, true, false, false]);
    entry.leave(Millis(20));
    assert_eq!(kinds(&entry), [false, false, false, true]);
    assert_eq!((entry.status, entry.reason.as_str(), entry.ts), (Status::Offline, "disconnect", Millis(20)));
    let own = Instance::own(Millis(10), id(), ClientInfo::default(), None);
    assert_eq!(kinds(&own), [true, false, false, false]);
    assert_ne!(own.key(), entry.key());
}

#[test]
fn addresses_are_left_out_wherever_they_stand() {
    let info = ClientInfo {
        host: Some("desk".to_owned()),
        text: Some("Node: desk (10.0.0.1)".to_owned()),
        version: Some("1".to_owned()),
        ..ClientInfo::default()
    };
    let id = InstanceId::parse("mac").unwrap();
    let shown = Instance::own(Millis(1), id, info, Some("10.0.0.1".to_owned())).without_addresses();
    let left = ClientInfo { version: Some("1".to_owned()), ..ClientInfo::default() };
    assert_eq!((shown.info, shown.ip), (left, None));
}
