// Durations are configuration: what lasts minutes in life is looked at in seconds.

/** The server's settings with what decides on life and death at a tenth of the real values. */
export const TENTH = {
  timing: {
    ping_every: 1_500,
    suspect_after: 3_000,
    gone_after: 4_500,
    reload_grace: 300,
    reconnect_grace: 1_000,
    keepalive_every: 2_000,
    abandon_after: 4_500,
    // Twice that: two pages come back each at its own pace, on however busy a machine.
    restart_grace: 2_000,
  },
};

/** The real values that tests wait for, as in `presence-model/src/limit.rs`. */
export const REAL = {
  gone_after: 45_000,
  abandon_after: 45_000,
  restart_grace: 10_000,
};
