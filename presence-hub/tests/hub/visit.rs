//! Who comes in, and how: a hello in words.

use presence_hub::io::Form;
use presence_model::beacon::Beacon;
use presence_model::command::{Hello, Principal, Wishes};
use presence_model::grant::{Granted, Grants, Opening, Pattern, Right};
use presence_model::id::{InstanceId, InstanceKey, RoomId, SessionId, UserId};
use presence_model::instance::ClientInfo;
use presence_model::room::{RoomKey, RoomKind};
use presence_model::time::Millis;

#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) user: String,
    pub(crate) form: Form,
    pub(crate) hello: Hello,
    pub(crate) ip: Option<String>,
    pub(crate) grants: Grants,
    /// What the app's backend said of rooms.
    pub(crate) opened: Granted,
    /// When the token of a call ends.
    pub(crate) until: Option<Millis>,
    pub(crate) scopes: Vec<String>,
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub(crate) fn room(name: &str) -> RoomId {
    RoomId::parse(name).unwrap()
}

pub(crate) fn session(name: &str) -> SessionId {
    SessionId::parse(name).unwrap()
}

/// `lobby` is a project, `lobby/video` a video.
pub(crate) fn key(name: &str) -> RoomKey {
    let (name, kind) = name.split_once('/').unwrap_or((name, "project"));
    RoomKey { room: room(name), kind: RoomKind::parse(kind).unwrap() }
}

pub(crate) fn wishes(revision: u32, rooms: &[&str], presence: bool) -> Wishes {
    Wishes { revision, rooms: rooms.iter().map(|name| key(name)).collect(), presence }
}

pub(crate) fn instance(id: &str) -> InstanceId {
    InstanceId::parse(id).unwrap()
}

/// `ann/laptop`.
pub(crate) fn row(name: &str) -> InstanceKey {
    let (of, id) = name.split_once('/').unwrap();
    InstanceKey::new(&user(of), &instance(id))
}

/// A beacon that says nothing; about the sender's own instance, or this one.
pub(crate) fn beacon(about: Option<&str>) -> Beacon {
    let (about, otherwise) = (about.map(instance), instance("otherwise"));
    Beacon { about, otherwise, info: ClientInfo::default(), ip: None, reason: None, input_ago: None }
}

fn right(letter: char) -> Right {
    match letter {
        'r' => Right::Read,
        'w' => Right::Write,
        _ => Right::Control,
    }
}

/// A claim in short: `team-*:rw attic:r`.
pub(crate) fn grants(claim: &str) -> Grants {
    let one = |part: &str| {
        let (pattern, rights) = part.split_once(':').unwrap();
        (Pattern::new(pattern), rights.chars().map(right).collect())
    };
    Grants::Rooms(claim.split_whitespace().map(one).collect())
}

/// What a backend answers in short: `lobby:rw attic: cellar:?`.
pub(crate) fn answered(answers: &str) -> Granted {
    let one = |part: &str| {
        let (name, said) = part.split_once(':').unwrap();
        let opening = match said {
            "?" => Opening::Unknown(Millis::seconds(5)),
            rights => Opening::Rights(rights.chars().map(right).collect()),
        };
        (room(name), opening)
    };
    answers.split_whitespace().map(one).collect()
}

impl Visit {
    /// A tab of this user's, with the binary form.
    pub(crate) fn of(user: &str) -> Self {
        let hello = Hello { incarnation: 1, attempt: 1, ..Hello::default() };
        Self {
            user: user.to_owned(),
            form: Form::Binary,
            hello,
            ip: None,
            grants: Grants::All,
            opened: vec![],
            until: None,
            scopes: Principal::trusted(self::user(user)).scopes,
        }
    }

    pub(crate) fn principal(&self) -> Principal {
        let (rooms, scopes) = (self.grants.clone(), self.scopes.clone());
        Principal { rooms, scopes, ..Principal::trusted(user(&self.user)) }
    }

    /// With a token that claims these rooms.
    pub(crate) fn granted(mut self, claim: &str) -> Self {
        self.grants = grants(claim);
        self
    }

    /// Whose backend answered for these rooms: `lobby:rw attic: cellar:?`.
    pub(crate) fn opened(mut self, answers: &str) -> Self {
        self.opened = answered(answers);
        self
    }

    /// With a token that ends then.
    pub(crate) fn until(mut self, until: Millis) -> Self {
        self.until = Some(until);
        self
    }

    /// With a token that holds these scopes and no other.
    pub(crate) fn scoped(mut self, scopes: &[&str]) -> Self {
        self.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self
    }

    pub(crate) fn json(mut self) -> Self {
        self.form = Form::Json;
        self.hello.incarnation = 0;
        self.hello.attempt = 0;
        self
    }

    /// A gateway client: it has no engine, and reads the list from the first moment.
    pub(crate) fn gateway(self) -> Self {
        let mut visit = self.json();
        visit.form = Form::Gateway;
        visit.hello.wants_listing = true;
        visit
    }

    pub(crate) fn session(mut self, id: &str) -> Self {
        self.hello.session_id = Some(session(id));
        self
    }

    pub(crate) fn instance(mut self, id: &str) -> Self {
        self.hello.instance_id = Some(instance(id));
        self
    }

    /// What it calls its instance besides.
    pub(crate) fn alias(mut self, id: &str) -> Self {
        self.hello.alias = Some(instance(id));
        self
    }

    /// Which engine this is, and which of its sockets.
    pub(crate) fn engine(mut self, incarnation: u64, attempt: u32) -> Self {
        self.hello.incarnation = incarnation;
        self.hello.attempt = attempt;
        self
    }

    pub(crate) fn wishing(mut self, revision: u32, rooms: &[&str]) -> Self {
        self.hello.wishes = Some(wishes(revision, rooms, false));
        self
    }

    pub(crate) fn watching(mut self, revision: u32) -> Self {
        self.hello.wishes = Some(wishes(revision, &[], true));
        self
    }

    pub(crate) fn watching_too(mut self) -> Self {
        self.hello.wishes.get_or_insert_default().presence = true;
        self
    }

    pub(crate) fn mode(mut self, mode: &str) -> Self {
        self.hello.info.mode = Some(mode.to_owned());
        self
    }

    pub(crate) fn host(mut self, host: &str) -> Self {
        self.hello.info.host = Some(host.to_owned());
        self
    }

    pub(crate) fn ip(mut self, ip: &str) -> Self {
        self.ip = Some(ip.to_owned());
        self
    }

    pub(crate) fn invisible(mut self) -> Self {
        self.hello.privacy.invisible = Some(true);
        self
    }

    pub(crate) fn input_ago(mut self, ago: Millis) -> Self {
        self.hello.activity.input_ago = Some(ago);
        self
    }
}
