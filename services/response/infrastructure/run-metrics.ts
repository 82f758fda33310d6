import { BoundCounter, type Tally } from '@parley/chassis/telemetry/metrics/bound-counter.ts'
import { BoundHistogram, type Observer } from '@parley/chassis/telemetry/metrics/bound-histogram.ts'
import { reading, shared } from '@parley/chassis/telemetry/metrics/reading.ts'
import { traceIdOf } from '@parley/chassis/telemetry/tracing/trace-context.ts'
import type { Logger } from 'pino'
import { Gauge, type Registry } from 'prom-client'
import type { AttemptEnding, ResponseRecord, RunObserver } from '../application/ports.ts'
import type { TerminalStatus } from '../domain/response-lifecycle.ts'
import type { QueueDepth } from './kysely-queue-depth.ts'

export interface RunMetricsOptions {
  readonly log: Logger
  readonly metrics: Registry
  readonly running: () => number
  readonly runsMax: () => number
  /** Read whenever the metrics are. */
  readonly queue: () => Promise<QueueDepth>
  /** Epoch milliseconds. */
  readonly now: () => number
}

const statuses = ['completed', 'incomplete', 'failed', 'cancelled'] as const
const endings = ['settled', 'lost', 'let-go', 'overtaken', 'broken'] as const
const fencedWrites = ['frames', 'settlement', 'lease'] as const
type FencedWrite = (typeof fencedWrites)[number]

const durationBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800]

/** Counts how responses and their attempts go; logs what an operator has to look at, never what was asked or answered. */
export class RunMetrics implements RunObserver {
  readonly #log: Logger
  readonly #now: () => number
  readonly #settled: Readonly<Record<TerminalStatus, Tally>>
  readonly #durations: Readonly<Record<TerminalStatus, Observer>>
  readonly #started: Tally
  readonly #ended: Readonly<Record<AttemptEnding, Tally>>
  readonly #lost: Tally
  readonly #fenced: Readonly<Record<FencedWrite, Tally>>

  constructor(options: RunMetricsOptions) {
    const { log, metrics, now } = options
    this.#log = log
    this.#now = now
    const registers = [metrics]
    this.#settled = new BoundCounter({
      name: 'parley_responses_settled_total',
      help: 'Responses that have ended, by how.',
      labelNames: ['status'],
      registers,
    }).bindEach(statuses, (status) => ({ status }))
    const durations = new BoundHistogram({
      name: 'parley_response_duration_seconds',
      help: 'From the acceptance of a request to the end of its response.',
      labelNames: ['status'],
      buckets: durationBuckets,
      registers,
    })
    this.#durations = {
      completed: durations.bind({ status: 'completed' }),
      incomplete: durations.bind({ status: 'incomplete' }),
      failed: durations.bind({ status: 'failed' }),
      cancelled: durations.bind({ status: 'cancelled' }),
    }
    this.#started = new BoundCounter({
      name: 'parley_attempts_started_total',
      help: 'Attempts that this process has begun.',
      registers,
    }).bind({})
    this.#ended = new BoundCounter({
      name: 'parley_attempts_ended_total',
      help: 'Attempts that have ended in their own process, by how.',
      labelNames: ['ending'],
      registers,
    }).bindEach(endings, (ending) => ({ ending }))
    this.#lost = new BoundCounter({
      name: 'parley_attempts_lost_total',
      help: 'Attempts whose process died or was too slow to keep its lease, or of which gpt never answered.',
      registers,
    }).bind({})
    this.#fenced = new BoundCounter({
      name: 'parley_fences_total',
      help: 'Writes that were refused because they came from an attempt that had been overtaken.',
      labelNames: ['write'],
      registers,
    }).bindEach(fencedWrites, (write) => ({ write }))
    watchRuns(options)
  }

  settled: RunObserver['settled'] = (response, { status, failure }) => {
    this.#settled[status].add(1)
    this.#durations[status].observe(Math.max(0, this.#now() - response.createdAt) / 1_000)
    if (failure !== null) {
      this.#log.info({ ...fieldsOf(response), status, 'error.code': failure.code }, 'response ended with a failure')
    } else if (this.#log.isLevelEnabled('debug')) {
      this.#log.debug({ ...fieldsOf(response), status }, 'response settled')
    }
  }

  attemptStarted: RunObserver['attemptStarted'] = () => this.#started.add(1)

  attemptEnded: RunObserver['attemptEnded'] = (ending) => this.#ended[ending].add(1)

  attemptLost: RunObserver['attemptLost'] = (response) => {
    this.#lost.add(1)
    this.#log.warn({ ...fieldsOf(response), attempt: response.attempt }, 'attempt was lost')
  }

  fenced: RunObserver['fenced'] = (write) => this.#fenced[write].add(1)

  failed: RunObserver['failed'] = (err, doing, responseId) => {
    this.#log.error({ err, responseId }, doing)
  }
}

function fieldsOf({ responseId, correlationId, tenant, traceparent }: ResponseRecord): Record<string, string> {
  return {
    responseId,
    'labels.correlation_id': correlationId,
    'labels.tenant': tenant,
    ...(traceparent !== null && { 'trace.id': traceIdOf(traceparent) }),
  }
}

function watchRuns({ metrics, running, runsMax, queue }: RunMetricsOptions): void {
  const registers = [metrics]
  const read = shared(() => reading(queue()))
  new Gauge({
    name: 'parley_response_running',
    help: 'Responses that this process is running.',
    registers,
    collect() {
      this.set(running())
    },
  })
  new Gauge({
    name: 'parley_response_running_max',
    help: 'Responses that this process runs at most; further ones wait.',
    registers,
    collect() {
      this.set(runsMax())
    },
  })
  new Gauge({
    name: 'parley_response_queued',
    help: 'Responses that wait for a process with room, as every process on the same database sees them.',
    registers,
    async collect() {
      const depth = await read()
      if (depth === null) this.remove()
      else this.set(depth.queued)
    },
  })
  new Gauge({
    name: 'parley_response_queue_age_seconds',
    help: 'How long the longest waiting of them has waited.',
    registers,
    async collect() {
      const depth = await read()
      if (depth === null) this.remove()
      else this.set(depth.ageMs / 1_000)
    },
  })
}
