//! Messages to people over HTTP, and when they were here last.

use presence_model::id::{AgentId, ConversationId, UserId};
use presence_model::posting::{Posting, Receipt};
use presence_model::wire::json::http::{last_seen_body, told_body};
use presence_model::wire::json::read_feeds::{self, AGENT_STATUS, CHAT, Chat, MEMBERS, NOTIFICATION};

use crate::admission::{admit, asker};
use crate::app::{App, fresh_id};
use crate::auth::publishing::{may_publish, may_report};
use crate::posting::posted::{Asked, Outcome, ask, body, foreign, id};

/// `POST /api/broadcast/agent-status`
pub async fn agent_status(Asked { app, request, .. }: Asked) -> Outcome {
    let sender = asker(&app, &request)?;
    // Of whom it is stands in the body: any agent may send one, of itself.
    let own = sender.as_ref().and_then(|sender| AgentId::parse(sender.user_id.as_str()).ok());
    let may = |gate: &_, sender: Option<&_>| match &own {
        Some(own) => may_report(gate, sender, AGENT_STATUS, own),
        None => may_publish(gate, sender, AGENT_STATUS),
    };
    let notice = read_feeds::agent_status(&body(&app, request, AGENT_STATUS, may).await?)?;
    may_report(&app.gate, sender.as_ref(), AGENT_STATUS, &notice.agent)?;
    told(&app, Posting::Notice(notice), None).await
}

/// `POST /api/broadcast/chat`
pub async fn chat(Asked { app, request, .. }: Asked) -> Outcome {
    let body = body(&app, request, CHAT, |gate, sender| may_publish(gate, sender, CHAT)).await?;
    let Chat { message, members } = read_feeds::chat(&body, app.clock.now(), &fresh_id(), &app.limits)?;
    let id = message.id.clone();
    told(&app, Posting::Chat { message, members }, Some(&id)).await
}

/// `POST /api/broadcast/notification`
pub async fn notification(Asked { app, request, .. }: Asked) -> Outcome {
    let body = body(&app, request, NOTIFICATION, |gate, sender| may_publish(gate, sender, NOTIFICATION)).await?;
    let (to, notification) = read_feeds::notification(&body, app.clock.now(), &fresh_id(), &app.limits)?;
    let id = notification.id.clone();
    told(&app, Posting::Notify { to, notification }, Some(&id)).await
}

/// `POST /api/conversations/{id}/members`
pub async fn members(Asked { app, path, request }: Asked) -> Outcome {
    let conversation = id(path, MEMBERS, "id", ConversationId::parse)?;
    let body = body(&app, request, MEMBERS, |gate, sender| may_publish(gate, sender, MEMBERS)).await?;
    let members = read_feeds::members(&body, &app.limits)?;
    told(&app, Posting::Members { conversation, members }, None).await
}

async fn told(app: &App, posting: Posting, id: Option<&str>) -> Outcome {
    match ask(app, posting).await? {
        Receipt::Told { told, kept } => Ok(told_body(told, kept, id)),
        _ => Err(foreign()),
    }
}

/// `GET /api/users/{user_id}/last-seen`: for those who may know who is here.
pub async fn last_seen(Asked { app, path, request }: Asked) -> Outcome {
    admit(&app, &request)?;
    let user = id(path, "last-seen", "user_id", UserId::parse)?;
    match ask(&app, Posting::LastSeen(user.clone())).await? {
        Receipt::LastSeen { at, is_online } => Ok(last_seen_body(&user, at, is_online)),
        _ => Err(foreign()),
    }
}
