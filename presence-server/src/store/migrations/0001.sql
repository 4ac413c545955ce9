-- Agents and what they work on, messages that wait for people, and when somebody was here last.
-- Times are milliseconds since 1970.

CREATE TABLE agents (
    agent         TEXT    PRIMARY KEY,
    status        TEXT    NOT NULL,
    feature       TEXT,
    last_tool     TEXT,
    last_activity INTEGER NOT NULL,
    tools         INTEGER NOT NULL,
    tokens        INTEGER NOT NULL,
    session       TEXT,
    activity      TEXT,
    session_ended INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- In the order in which they are added and forgotten, so that neither looks for a place.
CREATE TABLE report_keys (
    at    INTEGER NOT NULL,
    agent TEXT    NOT NULL,
    key   TEXT    NOT NULL,
    PRIMARY KEY (at, agent, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE features (
    feature TEXT    PRIMARY KEY,
    status  TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `place` tells which came first of those of one time.
CREATE TABLE notifications (
    place   INTEGER PRIMARY KEY,
    user    TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    level   TEXT    NOT NULL,
    message TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    UNIQUE (user, id)
) STRICT;

-- `members` is a JSON array of users.
CREATE TABLE conversations (
    conversation TEXT    PRIMARY KEY,
    members      TEXT    NOT NULL,
    at           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `kind` says what `name` names: a user, an instance of `user`, or a session.
CREATE TABLE last_seen (
    kind TEXT    NOT NULL,
    user TEXT    NOT NULL,
    name TEXT    NOT NULL,
    at   INTEGER NOT NULL,
    PRIMARY KEY (kind, user, name)
) STRICT, WITHOUT ROWID;
