const drainSeconds = 25
/** Until everybody who routes has learned that a process gets no more traffic. */
const preStopSeconds = 5
/** For what follows the drain: callers let go of their connections, stores are closed. */
const closingSeconds = 10

/** How a process is ended: a stream may go on, or be handed over, for as long as the drain takes. */
export const shutdown = {
  drainTimeoutMs: drainSeconds * 1_000,
  preStopSeconds,
  graceSeconds: preStopSeconds + drainSeconds + closingSeconds,
} as const
