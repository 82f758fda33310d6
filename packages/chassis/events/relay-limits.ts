/** Bounds of one relay. */
export interface RelayLimits {
  /** Events of one delivery. */
  readonly batchMax: number
  /** Deliveries under way at a time, per subscriber. */
  readonly deliveriesMax: number
  /** Events held in memory; further ones stay in the outbox until there is room. */
  readonly eventsMax: number
  /** Keys that are looked after at a time. */
  readonly keysMax: number
  /** Rows of one read of the outbox. */
  readonly pageRows: number
  /** How often a handler may fail on an event before it is parked. */
  readonly attemptsMax: number
  /** Before the second attempt; doubled for each further one, less up to half of it by chance. */
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
  /** The longest wait of an event that was answered `retry`: how long after an outage it may take to notice its end. */
  readonly retryMaxMs: number
  /** Between two looks through the outbox, for what did not come by memory. */
  readonly scanIntervalMs: number
  /** A published event waits for others to leave the outbox with it, once or twice as long. */
  readonly removalLingerMs: number
}

export const defaultRelayLimits: RelayLimits = {
  batchMax: 100,
  deliveriesMax: 4,
  eventsMax: 10_000,
  keysMax: 100_000,
  pageRows: 200,
  attemptsMax: 10,
  backoffMinMs: 100,
  backoffMaxMs: 30_000,
  retryMaxMs: 5_000,
  scanIntervalMs: 1_000,
  removalLingerMs: 500,
}
