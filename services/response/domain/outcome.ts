import { AppError, toAppError } from '@parley/chassis/values/errors.ts'
import type {
  FinishReason,
  GenerationEnd,
  IncompleteReason,
  ResponseEnd,
  ResponseFailure,
} from '@parley/kernel/frames.ts'
import type { NativeFields } from '@parley/kernel/items.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { TerminalStatus } from './response-lifecycle.ts'

/** How a response ended. */
export interface Outcome {
  readonly status: TerminalStatus
  readonly finish: FinishReason | null
  readonly incompleteReason: IncompleteReason | null
  readonly failure: ResponseFailure | null
  readonly usage: Usage | null
  readonly provider: string | null
  readonly providerModel: string | null
  readonly stopSequence?: string
  readonly finishes?: FinishReason[]
  readonly native?: NativeFields
  /** So many items at the beginning of the output are of attempts that were interrupted; absent when there are none. */
  readonly abandonedItems?: number
}

export function outcomeOfGeneration(end: GenerationEnd): Outcome {
  const { finish, usage, provider, providerModel } = end
  const incompleteReason = incompleteReasons[finish]
  const status = incompleteReason === null ? 'completed' : 'incomplete'
  const outcome = { status, finish, incompleteReason, failure: null, usage, provider, providerModel } as const
  return { ...outcome, ...detailsOf(end) }
}

/** What few answers have. */
function detailsOf({ stopSequence, finishes, native, abandonedItems }: Details) {
  return {
    ...(stopSequence !== undefined && { stopSequence }),
    ...(finishes !== undefined && { finishes }),
    ...(native !== undefined && { native }),
    ...(abandonedItems !== undefined && { abandonedItems }),
  }
}

type Details = Partial<Pick<Outcome, 'stopSequence' | 'finishes' | 'native' | 'abandonedItems'>>

const incompleteReasons: Readonly<Record<FinishReason, IncompleteReason | null>> = {
  stop: null,
  'tool-calls': null,
  length: 'max_output_tokens',
  'content-filter': 'content_filter',
}

export function cancelledOutcome(usage: Usage | null): Outcome {
  return { ...nothing, status: 'cancelled', usage }
}

/** Its process or its time came to an end before the model did. */
export function interruptedOutcome(usage: Usage | null, failure: ResponseFailure | null = null): Outcome {
  return { ...nothing, status: 'incomplete', incompleteReason: 'interrupted', failure, usage }
}

/**
 * A failed generation. Once part of the answer was delivered and the rest got lost on the way, the response is
 * incomplete and what was delivered stands; `failure` says why in both cases. Where nobody knows what the provider did, it
 * is taken to have read the input.
 */
export function outcomeOfError(error: unknown, produced: { delivered: boolean; usage: Usage | null }): Outcome {
  const { code, message, status, kind } = toAppError(error)
  const failure = { code, message, status }
  const usage = produced.delivered || kind === 'unknown-outcome' ? produced.usage : null
  if (produced.delivered && truncations.has(code)) return interruptedOutcome(usage, failure)
  return { ...nothing, status: 'failed', failure, usage }
}

const truncations: ReadonlySet<string> = new Set([
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_GARBLED',
  'PROVIDER_STALLED',
  'SERVICE_UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'CALL_TIMEOUT',
])

const nothing = {
  finish: null,
  incompleteReason: null,
  failure: null,
  usage: null,
  provider: null,
  providerModel: null,
} as const

/** A generation that stopped without saying so. */
export function unfinishedGeneration(): AppError {
  return new AppError('PROVIDER_GARBLED', 'The provider ended its answer without finishing it. Try again.')
}

export function responseEnd(outcome: Outcome, completedAt: number): ResponseEnd {
  const { status, finish, incompleteReason, failure, usage } = outcome
  return { type: 'response-end', status, finish, incompleteReason, failure, usage, completedAt, ...detailsOf(outcome) }
}
