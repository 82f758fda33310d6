import type { Logger } from 'pino'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { RunObserver } from '../application/ports.ts'

/** Counts how responses end; logs what an operator has to look at, never what was asked or answered. */
export class RunMetrics implements RunObserver {
  readonly #log: Logger
  readonly #settled: Counter<'status'>
  readonly #lost: Counter

  constructor({ log, metrics, running }: { log: Logger; metrics: Registry; running: () => number }) {
    this.#log = log
    this.#settled = new Counter({
      name: 'parley_responses_settled_total',
      help: 'Responses that have ended, by how.',
      labelNames: ['status'],
      registers: [metrics],
    })
    this.#lost = new Counter({
      name: 'parley_attempts_lost_total',
      help: 'Attempts whose process died or was too slow to keep its lease.',
      registers: [metrics],
    })
    new Gauge({
      name: 'parley_responses_running',
      help: 'Responses that this process is running.',
      registers: [metrics],
      collect() {
        this.set(running())
      },
    })
  }

  settled: RunObserver['settled'] = ({ responseId }, { status, failure }) => {
    this.#settled.inc({ status })
    if (failure !== null) this.#log.info({ responseId, status, code: failure.code }, 'response ended with a failure')
  }

  attemptLost: RunObserver['attemptLost'] = ({ responseId, attempt }) => {
    this.#lost.inc()
    this.#log.warn({ responseId, attempt }, 'attempt was lost')
  }

  failed: RunObserver['failed'] = (err, doing, responseId) => {
    this.#log.error({ err, responseId }, doing)
  }
}
