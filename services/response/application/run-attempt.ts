import { AppError } from '@parley/chassis/values/errors.ts'
import { forEachReady } from '@parley/chassis/values/ready-values.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { Generate } from '@parley/gpt/contract.ts'
import type { GenerationEnd, GenerationStep, ResponseStep } from '@parley/kernel/frames.ts'
import type { RequestInput } from '@parley/request/contract.ts'
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
import { createLoggedWriter, createPlainWriter, type FrameWriter, WriteRefused } from './frame-writer.ts'
import type { LiveRun } from './live-runs.ts'
import type { Persist } from './persist.ts'
import type { Pipeline } from './pipeline.ts'
import type { ContentStore, FrameLog, ModelClient, RequestInputs, ResponseStore } from './ports.ts'
import type { SettleResponse } from './settle-response.ts'

export interface RunAttemptPorts {
  inputs: RequestInputs
  buildInput: BuildInput
  models: ModelClient
  pipeline: Pipeline
  store: ResponseStore
  log: FrameLog
  contents: ContentStore
  transactor: Transactor
  settle: SettleResponse
  persist: Persist
}

export type RunAttempt = (run: LiveRun) => Promise<void>

/** What a run has come to, as far as it came. */
interface Progress {
  readonly run: LiveRun
  readonly writer: FrameWriter
  readonly assembly: OutputAssembly
  input: RequestInput | null
  inputKept: boolean
  generation: Generate | null
}

const nothingYet = { input: null, inputKept: false, generation: null }
const pendingFramesMax = 1_000

/**
 * Runs one attempt from its input to its end. Resolves once the response has settled, was overtaken, or was let go for
 * another process to take up; throws when not even its end could be written, and leaves it to be recovered.
 */
export function createRunAttempt(ports: RunAttemptPorts): RunAttempt {
  const { inputs, buildInput, models, pipeline, store, log, contents, transactor, settle, persist } = ports

  return async function runAttempt(run) {
    const writer = run.feed.logged
      ? createLoggedWriter(run, { log, transactor, pendingMax: pendingFramesMax })
      : createPlainWriter(run)
    const progress: Progress = { run, writer, assembly: new OutputAssembly(), ...nothingYet }
    const ending = await generate(progress).then(outcomeOfGeneration, (error: unknown) => endingOf(error, progress))
    if (ending === 'let-go') await letGo(run)
    else if (ending === 'overtaken' || !(await finish(progress, ending))) leave(run)
    else run.feed.end()
  }

  async function generate(progress: Progress): Promise<GenerationEnd> {
    const { run, writer } = progress
    const { response } = run.claim
    if (!run.feed.logged) writer.write(startOf(run))
    const input = await persist(run.scope, { forMs: patienceMs }, () => inputs.get(run.scope, response.requestId))
    progress.input = input
    if (run.feed.logged) await openLog(progress, input)

    const generation = await buildInput(run.scope, run.claim, input)
    progress.generation = generation
    const { responseId, tenant, model } = response
    const stepContext = { responseId, tenant, model, textFormat: input.options.textFormat ?? null }
    return consume(progress, pipeline(stepContext, models.generate(run.scope, generation)))
  }

  /** The input of a stored response is kept before anything of it can be seen; a later attempt goes on in the log. */
  async function openLog(progress: Progress, input: RequestInput): Promise<void> {
    const { run, writer } = progress
    const { response, framesBefore } = run.claim
    if (response.store) await transactor.transaction((tx) => contents.putInput(tx, response.responseId, input))
    progress.inputKept = true
    if (framesBefore === 0) writer.write(startOf(run))
  }

  async function finish(progress: Progress, outcome: Outcome): Promise<boolean> {
    const { run, writer, assembly, input, inputKept } = progress
    const frames = await writer.takePending().catch(refusedAsNull)
    if (frames === null) return false
    for (const step of assembly.missingEnds()) frames.push(writer.number(step))
    return settle({
      response: run.claim.response,
      attempt: run.claim.attempt,
      context: run.scope,
      outcome,
      input,
      inputKept,
      output: assembly.items(),
      frames,
      number: writer.number,
      deliver: (frame) => run.feed.push(frame),
    })
  }

  /** Lets another process take the response up at once; nothing of it was delivered yet. */
  async function letGo(run: LiveRun): Promise<void> {
    const { response, attempt } = run.claim
    await transactor.transaction((tx) => store.release(tx, { responseId: response.responseId, attempt }))
    run.feed.fail(new AppError('SERVICE_UNAVAILABLE', 'This process is stopping. Follow the response again to go on.'))
  }
}

/** Reads on to the end of the stream: leaving it early would cancel a call that has nothing left to do. */
async function consume({ run, writer, assembly }: Progress, steps: AsyncIterable<GenerationStep>) {
  let end: GenerationEnd | null = null
  try {
    await forEachReady(steps, (step) => {
      if (run.scope.reason !== null) throw run.scope.reason
      if (step.type === 'generation-end') {
        end = step
        return
      }
      assembly.take(step)
      writer.write(step)
      const room = writer.room()
      return room === undefined ? undefined : untilRoom(run, room)
    })
  } catch (error) {
    // What breaks after the generation has ended takes nothing away from it.
    if (end === null) throw error
  }
  return end ?? Promise.reject(unfinishedGeneration())
}

/** A slow follower makes a plain run wait, but not beyond its own end. */
async function untilRoom({ scope, feed }: LiveRun, room: Promise<void>): Promise<void> {
  const forget = scope.onEnd(() => feed.wakeWriter())
  await room
  forget()
}

/** How a run ends that did not run to its end. */
function endingOf(error: unknown, { run, assembly, generation }: Progress): Outcome | 'overtaken' | 'let-go' {
  if (error instanceof WriteRefused) return 'overtaken'
  const usage = generation === null ? null : estimateUsage(generation, assembly.items())
  switch (run.stopped) {
    case 'overtaken':
      return 'overtaken'
    case 'cancelled':
    case 'abandoned':
      return cancelledOutcome(usage)
    case 'draining':
      return run.feed.logged && !assembly.hasOutput ? 'let-go' : interruptedOutcome(usage)
    case null:
      return outcomeOfError(error, { delivered: assembly.hasOutput, usage })
  }
}

function startOf({ claim }: LiveRun): ResponseStep {
  return { type: 'response-start', createdAt: claim.response.createdAt, model: claim.response.model }
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
