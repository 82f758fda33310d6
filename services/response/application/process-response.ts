import type { Clock } from '@parley/chassis/values/clock.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError, toAppError } from '@parley/chassis/values/errors.ts'
import type { Timers } from '@parley/chassis/values/timers.ts'
import type { Transaction, Transactor } from '@parley/chassis/values/transaction.ts'
import type { RequestSubmitted } from '@parley/request/contract.ts'
import { createBuildInput } from './build-input.ts'
import { createCancelResponse } from './cancel-response.ts'
import { type ClaimResponse, createClaimResponse } from './claim-response.ts'
import { createFinishOwedTurn, createFinishTurn } from './finish-turn.ts'
import { createFollowResponse, type FollowResponse } from './follow-response.ts'
import { createKeepResponses, type KeepResponses } from './keep-responses.ts'
import { LiveFeed } from './live-feed.ts'
import { LiveRun, LiveRuns } from './live-runs.ts'
import { createPersist } from './persist.ts'
import type { Pipeline } from './pipeline.ts'
import type {
  Cause,
  Claim,
  ContentStore,
  FrameLog,
  Lease,
  ModelClient,
  OpenScope,
  RequestInputs,
  ResponseEvents,
  ResponseStore,
  RunnerPlaces,
  Runners,
  RunObserver,
  SessionTurns,
} from './ports.ts'
import { createRecoverResponse } from './recover-responses.ts'
import { createReleaseVacant } from './release-vacant.ts'
import { createRunAgain } from './run-again.ts'
import { createRunAttempt } from './run-attempt.ts'
import { createSettleResponse } from './settle-response.ts'
import { createSettleUnrun } from './settle-unrun.ts'
import { createSweepResponses } from './sweep-responses.ts'
import { createWatchRuns } from './watch-runs.ts'

export interface ProcessResponsePorts {
  store: ResponseStore
  log: FrameLog
  contents: ContentStore
  transactor: Transactor
  events: ResponseEvents
  inputs: RequestInputs
  sessions: SessionTurns
  places: RunnerPlaces
  /** Null when this process is the only one that runs responses. */
  runners: Runners | null
  models: ModelClient
  pipeline: Pipeline
  openScope: OpenScope
  observer: RunObserver
  clock: Clock
  timers: Timers
}

/** What may change while the process runs is read from here whenever it is needed; the lease and `attachMs` do not. */
export interface ProcessResponseLimits {
  readonly lease: Lease
  readonly runsMax: number
  readonly attemptsMax: number
  /** Of one attempt, from its claim to its end. */
  readonly runTimeoutMs: number
  /** Of one response's frames in memory. */
  readonly feedCharsMax: number
  readonly contextTokensMax: number
  readonly attachMs: number
}

export interface ProcessResponse extends KeepResponses {
  accept(tx: Transaction, context: CallContext, submitted: RequestSubmitted): Promise<void>
  follow: FollowResponse
  /** Runs of this process. */
  readonly running: () => number
  start(): Promise<void>
  /** Takes nothing new and waits for what runs; stops what still does when `signal` aborts. */
  drain(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** The life of a response from its acceptance to its end, put together from its parts. */
export function createProcessResponse(ports: ProcessResponsePorts, limits: ProcessResponseLimits): ProcessResponse {
  const { openScope, observer, clock } = ports
  const { lease } = limits
  const runs = new LiveRuns(limits)
  const persist = createPersist(ports)
  const finishTurn = createFinishTurn({ ...ports, persist })
  const settle = createSettleResponse({ ...ports, finishTurn })
  const settleUnrun = createSettleUnrun({ ...ports, settle, lease })
  const buildInput = createBuildInput({ ...ports, persist, limits })
  const watch = createWatchRuns({ ...ports, runs, lease, attachMs: limits.attachMs })
  const claim: ClaimResponse = createClaimResponse({
    ...ports,
    runs,
    lease,
    start: run,
    onQueued: () => sweep.noteQueued(),
  })
  const runAgain = createRunAgain({ ...ports, claim, limits })
  const runAttempt = createRunAttempt({ ...ports, buildInput, runAgain, settle, persist })
  const recover = createRecoverResponse({ ...ports, claim, settleUnrun, limits })
  const sweep = createSweepResponses({
    ...ports,
    runs,
    claim,
    recover,
    finishOwedTurn: createFinishOwedTurn({ ...ports, finishTurn }),
    releaseVacant: createReleaseVacant({ ...ports, lease }),
  })
  const cancelResponse = createCancelResponse({ ...ports, runs, settleUnrun })

  return {
    ...createKeepResponses({ ...ports, cancelResponse }),
    accept: claim.accept,
    follow: createFollowResponse({ ...ports, runs }),
    running: () => runs.running,
    async start() {
      await ports.transactor.transaction(async (tx) => {
        await ports.store.releasePlace(tx, lease)
        await ports.runners?.register(tx, lease.owner)
      })
      await sweep.start()
    },
    drain,
    async close() {
      watch.stop()
      await sweep.stop()
    },
  }

  function run(claimed: Claim, cause: Cause): void {
    const { response } = claimed
    const started = new LiveRun({
      claim: claimed,
      feed: new LiveFeed({ logged: response.logged, charsMax: limits.feedCharsMax }),
      scope: openScope({ tenant: response.tenant, deadlineMs: limits.runTimeoutMs, cause, span: 'run response' }),
      startedAtMs: clock.monotonicMs(),
    })
    runs.add(started)
    watch.wake()
    void runToEnd(started)
  }

  async function runToEnd(started: LiveRun): Promise<void> {
    try {
      let ended = await runAttempt(started)
      while (ended === 'lost') ended = await runAttempt(started)
    } catch (error) {
      observer.failed(error, 'a run ended without settling', started.claim.response.responseId)
      started.feed.fail(toAppError(error))
    }
    runs.finish(started)
    sweep.noteFreeSlot()
  }

  async function drain(signal: AbortSignal): Promise<void> {
    claim.stop()
    await sweep.stop()
    await untilFinished(runs, signal)
  }
}

/** Stops what still runs when `signal` aborts. */
async function untilFinished(runs: LiveRuns, signal: AbortSignal): Promise<void> {
  const stopAll = () => {
    for (const run of runs) run.stop('draining', new AppError('SERVICE_UNAVAILABLE', 'This process is stopping.'))
  }
  if (signal.aborted) stopAll()
  else signal.addEventListener('abort', stopAll, { once: true })
  await Promise.all([...runs].map((run) => run.finished))
  signal.removeEventListener('abort', stopAll)
}
