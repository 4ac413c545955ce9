//! `cargo xtask bench`: Presence measured beside its peers and beside the kernel's own limit, on this machine.
//! Reading order: arithmetic, what is measured, how, and how it is shown.

pub(crate) mod statistics;

pub(crate) mod machine;

pub(crate) mod row;

pub(crate) mod rows;

pub(crate) mod growth;

pub(crate) mod programs;

pub(crate) mod measure;

pub(crate) mod results;

pub(crate) mod figures;

pub(crate) mod table;

pub(crate) mod tables;

pub(crate) mod svg;

pub(crate) mod bars;

pub(crate) mod curves;

pub(crate) mod plots;

pub(crate) mod docs;

pub(crate) mod task;
