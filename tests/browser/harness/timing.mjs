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
    restart_grace: 1_000,
  },
};

/** The real values where a test waits for them. See `presence-model/src/limit.rs`. */
export const REAL = {
  goneAfter: 45_000,
  abandonAfter: 45_000,
  typingLease: 5_000,
};
