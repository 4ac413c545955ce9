//! Where a socket came in. The dialect belongs to the door (`CONTRACT.md` 1).

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// `/ws` without the SDK's subprotocol.
    Ws,
    /// `/presence`.
    Rooms,
    /// `/ws/broadcasts`, where dashboards look.
    Broadcasts,
    /// `/api/ws`, where Kleoz' web client looks.
    Kleoz,
}
