//! What the package and the page tell an engine. One way in for all of it: a function each costs the
//! module and its script more (`docs/decisions/0006-descriptions-as-json.md`).

/// The variants, and a list of them all with their names: JavaScript says their numbers.
macro_rules! signals {
    ($( $(#[doc = $doc:literal])* $name:ident, )*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Signal { $( $(#[doc = $doc])* $name, )* }

        impl Signal {
            pub const ALL: &'static [Self] = &[$( Self::$name, )*];

            /// Names and meanings, for the generator of TypeScript.
            #[cfg(test)]
            pub(crate) const NAMES: &'static [(&'static str, &'static str)] =
                &[$( (stringify!($name), concat!($( $doc, )*)), )*];
        }
    };
}

signals! {
    /// Open the line.
    Start,
    /// Say goodbye.
    Stop,
    /// Whether to hear who is here: 1 or 0.
    Presence,
    /// The person did something that the page's events do not show.
    Input,
    /// Do not wait for the next attempt.
    Retry,
    /// The socket opened.
    Opened,
    /// The socket ended, with this code.
    Closed,
    /// The timer's time has come.
    Due,
    /// A pointer, a key, a wheel or a finger moved.
    Touched,
    /// The page was hidden (1), shown or thawed (0).
    Looked,
    /// The network is back.
    Online,
    /// The page goes away, and the browser keeps it (1) or not (0).
    PutAway,
    /// The page was brought back from where the browser kept it (1), or is new (0).
    BroughtBack,
    /// The lock that was asked for is ours (1), or another tab has it (0).
    Locked,
}
