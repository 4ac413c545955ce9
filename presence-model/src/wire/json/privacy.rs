//! What a client wants to be seen of it, wherever a message may say it.

use crate::privacy::PrivacyChange;
use crate::refusal::Refusal;
use crate::wire::json::fields::{Fields, first};

/// An object `privacy`, or `invisible` by itself; the object goes before.
pub(crate) fn beside(places: &[&Fields<'_>]) -> Result<PrivacyChange, Refusal> {
    let alone = PrivacyChange { invisible: first(places, |fields| fields.flag("invisible"))?, ..Default::default() };
    let object = first(places, |fields| fields.object("privacy"))?;
    Ok(object.as_ref().map(change).transpose()?.map_or(alone, |change| alone.then(change)))
}

/// The fields of such an object.
pub(crate) fn change(fields: &Fields<'_>) -> Result<PrivacyChange, Refusal> {
    Ok(PrivacyChange {
        presence: fields.flag("presence")?,
        invisible: fields.flag("invisible")?,
        cursor: fields.flag("cursor")?,
    })
}
