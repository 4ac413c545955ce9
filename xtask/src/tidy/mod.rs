//! Rules of this repository that no compiler knows, each one held by code. From the ground up:
//! what a rule reads, what it says, the rules, and the one that runs them all.

pub(crate) mod code;
pub(crate) mod paths;
pub(crate) mod source;
pub(crate) mod violation;

pub(crate) mod contents;
pub(crate) mod direction;
pub(crate) mod length;
pub(crate) mod manifest;
pub(crate) mod parents;

pub(crate) mod check;
