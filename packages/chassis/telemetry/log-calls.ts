import type { Logger } from 'pino'
import type { CallContext } from '../values/context.ts'
import { toAppError } from '../values/errors.ts'
import { callFields } from './call-fields.ts'

/** One line for each call of a service that was answered: what a journey is found by in every service's log. */
export interface CallLog {
  /** `startedMs` is of `performance.now()`; `failure` is null when all went well. Never throws. */
  answered(call: string, context: CallContext, startedMs: number, failure: unknown): void
}

/** Calls from other processes are told at `info`; those within a process are many and quick, and are told at `debug`. */
export function createCallLog(log: Logger, level: 'info' | 'debug'): CallLog {
  return {
    answered(call, context, startedMs, failure) {
      if (!log.isLevelEnabled(level)) return
      log[level](
        {
          'event.action': call,
          'event.duration': Math.round((performance.now() - startedMs) * 1e6),
          'event.outcome': failure === null ? 'success' : 'failure',
          ...callFields(context),
          ...(failure !== null && { 'error.code': toAppError(failure).code }),
        },
        'call answered',
      )
    },
  }
}

/** Whose lines those of a process are that belong to none of its services. */
export function processName(services: readonly string[]): string {
  const [only] = services
  return services.length === 1 && only !== undefined ? only : 'parley'
}
