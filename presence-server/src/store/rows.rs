//! Records as rows of tables, and back. What is read was written by this program, but perhaps changed by hand.

use std::sync::Arc;

use presence_hub::saved::{Change, ReportKey, Saved, Who};
use presence_model::agent::{AgentRecord, AgentStatus, FeatureStatus};
use presence_model::feed::{Level, Notification};
use presence_model::id::{AgentId, BadId, ConversationId, FeatureId, InstanceKey, SessionId, UserId};
use presence_model::time::Millis;
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Result, Row, ToSql, params};

/// Writes one change.
pub(in crate::store) fn write(to: &Connection, change: &Change) -> Result<()> {
    match change {
        Change::Agent { record, keys, at } => {
            write_agent(to, record)?;
            write_keys(to, keys, *at)
        }
        Change::Keys { keys, at } => write_keys(to, keys, *at),
        Change::AgentForgotten(agent) => run(to, "DELETE FROM agents WHERE agent = ?1", params![agent.as_str()]),
        Change::KeysForgotten { up_to } => run(to, "DELETE FROM report_keys WHERE at <= ?1", params![number(up_to.0)]),
        Change::Feature { feature, status, at } => run(
            to,
            "INSERT OR REPLACE INTO features VALUES (?1, ?2, ?3)",
            params![feature.as_str(), status.name(), number(at.0)],
        ),
        Change::FeatureForgotten(feature) => {
            run(to, "DELETE FROM features WHERE feature = ?1", params![feature.as_str()])
        }
        Change::Kept { user, notification } => write_notification(to, user, notification),
        Change::NotKept { user, id } => {
            run(to, "DELETE FROM notifications WHERE user = ?1 AND id = ?2", params![user.as_str(), id])
        }
        Change::Members { conversation, members, .. } if members.is_empty() => {
            run(to, "DELETE FROM conversations WHERE conversation = ?1", params![conversation.as_str()])
        }
        Change::Members { conversation, members, at } => {
            let members: Vec<_> = members.iter().map(UserId::as_str).collect();
            let members = serde_json::json!(members).to_string();
            run(
                to,
                "INSERT OR REPLACE INTO conversations VALUES (?1, ?2, ?3)",
                params![conversation.as_str(), members, number(at.0)],
            )
        }
        Change::LastSeen { who, at } => {
            let (kind, user, name) = columns(who);
            run(to, "INSERT OR REPLACE INTO last_seen VALUES (?1, ?2, ?3, ?4)", params![kind, user, name, number(at.0)])
        }
        Change::LastSeenForgotten(who) => {
            let (kind, user, name) = columns(who);
            run(to, "DELETE FROM last_seen WHERE kind = ?1 AND user = ?2 AND name = ?3", params![kind, user, name])
        }
    }
}

fn write_agent(to: &Connection, record: &AgentRecord) -> Result<()> {
    let AgentRecord {
        agent,
        status,
        feature,
        last_tool,
        last_activity,
        tools,
        tokens,
        session,
        activity,
        session_ended,
    } = record;
    run(
        to,
        "INSERT OR REPLACE INTO agents VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            agent.as_str(),
            status.name(),
            feature.as_ref().map(FeatureId::as_str),
            last_tool,
            number(last_activity.0),
            number(*tools),
            number(*tokens),
            session,
            activity,
            session_ended,
        ],
    )
}

fn write_notification(to: &Connection, user: &UserId, notification: &Notification) -> Result<()> {
    let Notification { id, level, message, at } = notification;
    run(
        to,
        "INSERT OR REPLACE INTO notifications (user, id, level, message, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![user.as_str(), id, level.name(), message, number(at.0)],
    )
}

fn write_keys(to: &Connection, keys: &[ReportKey], at: Millis) -> Result<()> {
    for ReportKey { agent, key } in keys {
        let values = params![number(at.0), agent.as_str(), key];
        run(to, "INSERT OR IGNORE INTO report_keys VALUES (?1, ?2, ?3)", values)?;
    }
    Ok(())
}

/// Reads all.
pub(in crate::store) fn read(from: &Connection) -> Result<Saved> {
    let agents = all(from, "SELECT * FROM agents ORDER BY agent", |row| {
        Ok(AgentRecord {
            agent: id(row, 0, AgentId::parse)?,
            status: named(row, 1, |name| AgentStatus::ALL.iter().copied().find(|status| status.name() == name))?,
            feature: row.get::<_, Option<String>>(2)?.map(|_| id(row, 2, FeatureId::parse)).transpose()?,
            last_tool: row.get(3)?,
            last_activity: time(row, 4)?,
            tools: count(row, 5)?,
            tokens: count(row, 6)?,
            session: row.get(7)?,
            activity: row.get(8)?,
            session_ended: row.get(9)?,
        })
    })?;
    let keys = "SELECT agent, key, max(at) FROM report_keys GROUP BY agent, key ORDER BY 3, 1, 2";
    let keys =
        all(from, keys, |row| Ok((ReportKey { agent: id(row, 0, AgentId::parse)?, key: row.get(1)? }, time(row, 2)?)))?;
    let features = all(from, "SELECT * FROM features ORDER BY feature", |row| {
        Ok((id(row, 0, FeatureId::parse)?, named(row, 1, FeatureStatus::parse)?, time(row, 2)?))
    })?;
    let notifications = "SELECT user, id, level, message, at FROM notifications ORDER BY at, place";
    let notifications = all(from, notifications, |row| {
        let user = id(row, 0, UserId::parse)?;
        let level = named(row, 2, Level::parse)?;
        Ok((user, Notification { id: row.get(1)?, level, message: row.get(3)?, at: time(row, 4)? }))
    })?;
    let members = all(from, "SELECT * FROM conversations ORDER BY conversation", |row| {
        let members: Arc<str> = row.get(1)?;
        let members: Vec<UserId> =
            serde_json::from_str(&members).map_err(|_| bad(row, 1, "stands no list of users"))?;
        Ok((id(row, 0, ConversationId::parse)?, members, time(row, 2)?))
    })?;
    let mut last_seen = all(from, "SELECT * FROM last_seen", |row| Ok((who(row)?, time(row, 3)?)))?;
    last_seen.sort();
    Ok(Saved { agents, keys, features, notifications, members, last_seen })
}

fn run(to: &Connection, statement: &str, values: &[&dyn ToSql]) -> Result<()> {
    to.prepare_cached(statement)?.execute(values).map(|_| ())
}

fn all<T>(from: &Connection, query: &str, read: impl FnMut(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
    from.prepare(query)?.query_map([], read)?.collect()
}

/// No time and no counter comes near the end of SQLite's numbers.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn count(row: &Row<'_>, column: usize) -> Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| bad(row, column, "a number is negative"))
}

fn time(row: &Row<'_>, column: usize) -> Result<Millis> {
    count(row, column).map(Millis)
}

fn id<T>(row: &Row<'_>, column: usize, parse: impl Fn(&str) -> std::result::Result<T, BadId>) -> Result<T> {
    let text: Arc<str> = row.get(column)?;
    parse(&text).map_err(|error| bad(row, column, &format!("an id must {error}")))
}

fn named<T>(row: &Row<'_>, column: usize, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
    let name: String = row.get(column)?;
    parse(&name).ok_or_else(|| bad(row, column, "stands what is no value of it"))
}

/// The three columns that name somebody.
fn columns(who: &Who) -> (&'static str, &str, &str) {
    match who {
        Who::User(user) => ("user", "", user.as_str()),
        Who::Instance(key) => ("instance", key.user().as_str(), key.folded()),
        Who::Session(session) => ("session", "", session.as_str()),
        Who::Server => ("server", "", ""),
    }
}

fn who(row: &Row<'_>) -> Result<Who> {
    let kind: String = row.get(0)?;
    match kind.as_str() {
        "user" => id(row, 2, UserId::parse).map(Who::User),
        "session" => id(row, 2, SessionId::parse).map(Who::Session),
        "server" => Ok(Who::Server),
        "instance" => {
            let user = id(row, 1, UserId::parse)?;
            Ok(Who::Instance(InstanceKey::of_folded(user, &row.get::<_, String>(2)?)))
        }
        _ => Err(bad(row, 0, "stands what is no value of it")),
    }
}

fn bad(row: &Row<'_>, column: usize, why: &str) -> Error {
    let name = row.as_ref().column_name(column).unwrap_or_default();
    let why = format!("in a column `{name}` {why}");
    Error::FromSqlConversionFailure(column, Type::Text, why.into())
}
