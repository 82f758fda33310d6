/** The core of the subject, all of its processes together. */
export const SUBJECT_CORE = 0
/** The core of the upstream and of the load generator. */
export const LOAD_CORE = 1

export const HOST = '127.0.0.1'
export const API_KEY = 'bench-0123456789abcdef0123456789abcdef'
export const MODEL = 'bench-model'

/** Bytes of text in a JSON answer, and about as many in a whole stream. */
export const ANSWER_TEXT_BYTES = 1024
export const STREAM_CHUNKS = 50

export const PACED = {
  streams: 256,
  intervalMs: 20,
  /** A frame is late when it arrives this much later than 99 % of the frames that come straight from the upstream. */
  lateAfterMs: 50,
}

export const SESSION = {
  smallItems: 10,
  largeItems: 10_000,
  /** Small, so that ten items overflow it: both sessions then send a full window. */
  contextTokensMax: 8_192,
  userTextBytes: 4_000,
  /** A small session is replaced before its own turns make it a large one. */
  turnsPerSmallSession: 5,
}

export interface Durations {
  readonly rounds: number
  /** For each kind of load, every time a subject has started. */
  readonly warmUpMs: number
  readonly jsonOneMs: number
  readonly jsonManyMs: number
  readonly streamOneMs: number
  readonly streamManyMs: number
  readonly pacedStreamsPerSlot: number
  readonly idleMs: number
  readonly turns: number
  /** In each round, for each store. */
  readonly storedOneMs: number
  readonly storedManyMs: number
  /** No further round over the stores begins after this time. */
  readonly storesMs: number
  readonly dialectsMs: number
  /** With tracing and without, in each round, and of all rounds. */
  readonly tracingSliceMs: number
  readonly tracingMs: number
  readonly starts: number
  /** No further round begins when it would end after this. */
  readonly roundsEndMs: number
  /** The benchmark gives up after this. */
  readonly totalMs: number
}

export const DEFAULT_DURATIONS: Durations = {
  rounds: 3,
  warmUpMs: 2_000,
  jsonOneMs: 4_000,
  jsonManyMs: 5_000,
  streamOneMs: 2_000,
  streamManyMs: 4_000,
  pacedStreamsPerSlot: 4,
  idleMs: 1_000,
  turns: 200,
  storedOneMs: 1_500,
  storedManyMs: 4_000,
  storesMs: 60_000,
  dialectsMs: 10_000,
  tracingSliceMs: 1_500,
  tracingMs: 30_000,
  starts: 5,
  roundsEndMs: 400_000,
  totalMs: 600_000,
}

export const QUICK_DURATIONS: Durations = {
  rounds: 1,
  warmUpMs: 1_000,
  jsonOneMs: 1_500,
  jsonManyMs: 2_000,
  streamOneMs: 1_000,
  streamManyMs: 1_500,
  pacedStreamsPerSlot: 2,
  idleMs: 600,
  turns: 40,
  storedOneMs: 1_000,
  storedManyMs: 1_500,
  storesMs: 20_000,
  dialectsMs: 3_000,
  tracingSliceMs: 1_500,
  tracingMs: 30_000,
  starts: 2,
  roundsEndMs: 60_000,
  totalMs: 180_000,
}
