import { AppError } from '@parley/chassis/values/errors.ts'
import { forEachReady } from '@parley/chassis/values/ready-values.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { Generate } from '@parley/gpt/contract.ts'
import type { GenerationEnd, GenerationStep, OutputStep } from '@parley/kernel/frames.ts'
import type { RequestInput } from '@parley/request/contract.ts'
import { responseStart } from '../domain/frame-numbering.ts'
import {
  cancelledOutcome,
  interruptedOutcome,
  type Outcome,
  outcomeOfError,
  outcomeOfGeneration,
  unfinishedGeneration,
} from '../domain/outcome.ts'
import { OutputAssembly } from '../domain/output-assembly.ts'
import { estimateUsage } from '../domain/token-budget.ts'
import { type BuildInput, patienceMs } from './build-input.ts'
import { createLoggedWriter, createPlainWriter, type FrameWriter } from './frame-writer.ts'
import type { LiveRun } from './live-runs.ts'
import { createOpenLog } from './open-log.ts'
import type { Persist } from './persist.ts'
import type { Pipeline } from './pipeline.ts'
import type {
  AttemptEnding,
  ContentStore,
  FrameLog,
  ModelClient,
  RequestInputs,
  ResponseStore,
  RunObserver,
} from './ports.ts'
import type { RunAgain } from './run-again.ts'
import type { SettleResponse } from './settle-response.ts'
import { WriteRefused } from './write-refused.ts'

export interface RunAttemptPorts {
  inputs: RequestInputs
  buildInput: BuildInput
  runAgain: RunAgain
  models: ModelClient
  pipeline: Pipeline
  store: ResponseStore
  log: FrameLog
  contents: ContentStore
  transactor: Transactor
  settle: SettleResponse
  persist: Persist
  observer: RunObserver
}

export type RunAttempt = (run: LiveRun) => Promise<AttemptEnding>

/** What a run has come to, as far as it came. */
interface Progress {
  readonly run: LiveRun
  readonly writer: FrameWriter
  /** Of all attempts together: what an earlier one had begun stands before what this one makes. */
  assembly: OutputAssembly
  /** The items of earlier attempts, which the indexes of this one begin after. */
  itemsBefore: number
  input: RequestInput | null
  inputKept: boolean
  generation: Generate | null
}

const nothingYet = { itemsBefore: 0, input: null, inputKept: false, generation: null }
const pendingFramesMax = 1_000

/**
 * Runs one attempt from its input to its end. Resolves once the response has settled, was overtaken, or was let go for
 * another process to take up, or to `lost` when the next attempt has been claimed and is to be run; throws when not even
 * its end could be written, and leaves it to be recovered.
 */
export function createRunAttempt(ports: RunAttemptPorts): RunAttempt {
  const { inputs, buildInput, runAgain, models, pipeline, log, transactor, settle, persist, observer } = ports
  const openLog = createOpenLog(ports)

  return async function runAttempt(run) {
    observer.attemptStarted()
    let ended: AttemptEnding = 'broken'
    try {
      const writer = run.feed.logged
        ? createLoggedWriter(run, { log, transactor, pendingMax: pendingFramesMax })
        : createPlainWriter(run)
      const progress: Progress = { run, writer, assembly: new OutputAssembly(), ...nothingYet }
      const ending = await generate(progress).then(outcomeOfGeneration, (error: unknown) =>
        afterError(error, progress, runAgain),
      )
      if (ending === 'let-go') await letGo(run, ports)
      const isSettled = typeof ending !== 'string' && (await finish(progress, ending))
      ended = isSettled ? 'settled' : typeof ending === 'string' ? ending : 'overtaken'
      if (isSettled) run.feed.end()
      else if (ended === 'overtaken') leave(run)
      return ended
    } finally {
      observer.attemptEnded(ended)
    }
  }

  async function generate(progress: Progress): Promise<GenerationEnd> {
    const { run, writer } = progress
    const { response } = run.claim
    if (!run.feed.logged && run.claim.framesBefore === 0) writer.write(responseStart(response))
    const input = await persist(run.scope, { forMs: patienceMs }, () => inputs.get(run.scope, response.requestId))
    progress.input = input
    if (run.feed.logged) Object.assign(progress, await openLog(run, writer, input))

    const generation = await buildInput(run.scope, run.claim, input)
    progress.generation = generation
    const { responseId, tenant, model } = response
    const stepContext = { responseId, tenant, model, textFormat: input.options.textFormat ?? null }
    const ask = () => consume(progress, pipeline(stepContext, models.generate(run.scope, generation)))
    return persist(run.scope, { forMs: patienceMs, after: (error) => wasNotAsked(error, progress) }, ask)
  }

  async function finish(progress: Progress, outcome: Outcome): Promise<boolean> {
    const { run, writer, assembly, input, inputKept, itemsBefore, generation } = progress
    const frames = await writer.takePending().catch(refusedAsNull)
    if (frames === null) return false
    for (const step of assembly.missingEnds()) frames.push(writer.number(step))
    return settle({
      response: run.claim.response,
      attempt: run.claim.attempt,
      context: run.scope,
      outcome: itemsBefore === 0 ? outcome : { ...outcome, abandonedItems: itemsBefore },
      input,
      inputKept,
      output: assembly.items(),
      frames,
      isLost: generation !== null && outcome.failure?.code === 'OUTCOME_UNKNOWN',
      number: writer.number,
      deliver: (frame) => run.feed.push(frame),
    })
  }
}

/** Lets another process take the response up at once; nothing of it was delivered yet. */
async function letGo({ claim, feed }: LiveRun, { transactor, store }: RunAttemptPorts): Promise<void> {
  const { responseId } = claim.response
  await transactor.transaction((tx) => store.release(tx, { responseId, attempt: claim.attempt }))
  feed.fail(new AppError('SERVICE_UNAVAILABLE', 'This process is stopping. Follow the response again to go on.'))
}

/** The call did not reach the service that makes it: the attempt has still not called a provider. */
function wasNotAsked(error: unknown, { assembly, itemsBefore }: Progress): boolean {
  return error instanceof AppError && error.kind === 'unavailable' && assembly.items().length === itemsBefore
}

/** Reads on to the end of the stream: leaving it early would cancel a call that has nothing left to do. */
async function consume(progress: Progress, steps: AsyncIterable<GenerationStep>) {
  const { run, writer, assembly, itemsBefore } = progress
  let end: GenerationEnd | null = null
  try {
    await forEachReady(steps, (step) => {
      if (run.scope.reason !== null) throw run.scope.reason
      if (step.type === 'generation-end') {
        end = step
        return
      }
      const placed = itemsBefore === 0 ? step : below(step, itemsBefore)
      assembly.take(placed)
      writer.write(placed)
      const room = writer.room()
      return room === undefined ? undefined : untilRoom(run, room)
    })
  } catch (error) {
    // What breaks after the generation has ended takes nothing away from it.
    if (end === null) throw error
  }
  return end ?? Promise.reject(unfinishedGeneration())
}

function below(step: OutputStep, itemsBefore: number): OutputStep {
  return { ...step, index: step.index + itemsBefore }
}

/** A slow follower makes a plain run wait, but not beyond its own end. */
async function untilRoom({ scope, feed }: LiveRun, room: Promise<void>): Promise<void> {
  const forget = scope.onEnd(() => feed.wakeWriter())
  await room
  forget()
}

/** An outcome is to be settled. */
type Ending = Outcome | 'overtaken' | 'let-go' | 'lost'

/** How a run ends that did not run to its end. */
function endingOf(error: unknown, { run, assembly, input, generation }: Progress): Exclude<Ending, 'lost'> {
  if (error instanceof WriteRefused) return 'overtaken'
  const usage = generation === null ? null : estimateUsage(generation, assembly.items())
  switch (run.stopped) {
    case 'overtaken':
      return 'overtaken'
    case 'cancelled':
    case 'abandoned':
      return cancelledOutcome(usage)
    case 'draining':
      return run.feed.logged && (!assembly.hasOutput || input?.onInterrupt === 'restart')
        ? 'let-go'
        : interruptedOutcome(usage)
    case null:
      return outcomeOfError(error, { delivered: assembly.hasOutput, usage })
  }
}

/** A lost attempt is followed by the next one where that is no news to anyone, or what the request asked for. */
async function afterError(error: unknown, progress: Progress, runAgain: RunAgain): Promise<Ending> {
  const { run, writer, assembly, itemsBefore, input, generation } = progress
  if (run.stopped !== null || generation === null || !isUnknown(error)) return endingOf(error, progress)
  const shown = await writer.close().catch(refusedAsNull)
  if (shown === null) return 'overtaken'
  const mayGoOn = shown <= 1 || (run.feed.logged && input?.onInterrupt === 'restart')
  const lostUsage = estimateUsage(generation, assembly.items().slice(itemsBefore))
  if (mayGoOn && (await runAgain(run, { framesBefore: shown, lostUsage }))) return 'lost'
  return endingOf(error, progress)
}

/** The provider may have been called. */
function isUnknown(error: unknown): boolean {
  return error instanceof AppError && error.kind === 'unknown-outcome'
}

function refusedAsNull(error: unknown): null {
  if (error instanceof WriteRefused) return null
  throw error
}

function leave(run: LiveRun): void {
  const reason = new AppError('OUTCOME_UNKNOWN', 'Another process has taken this response over. Follow it again.')
  run.stop('overtaken', reason)
  run.feed.fail(reason)
}
