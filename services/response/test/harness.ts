import type { TestContext } from 'node:test'
import { CallScope } from '@parley/chassis/contract/call-scope.ts'
import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import { createLocalClient } from '@parley/chassis/contract/local-client.ts'
import { createOutbox } from '@parley/chassis/events/outbox.ts'
import type { Siblings } from '@parley/chassis/runtime/define-service.ts'
import { newId } from '@parley/chassis/runtime/real-clock.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError, type ErrorCode } from '@parley/chassis/values/errors.ts'
import type { Transactor } from '@parley/chassis/values/transaction.ts'
import { GptContract } from '@parley/gpt/contract.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import { createFakeClock } from '@parley/testkit/clock.ts'
import { testContext } from '@parley/testkit/context.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { createTestStore, type TestStore } from '@parley/testkit/store.ts'
import { createPipeline, type PostProcessingStep } from '../application/pipeline.ts'
import type { RunObserver } from '../application/ports.ts'
import { createProcessResponse, type ProcessResponseLimits } from '../application/process-response.ts'
import type { ResponseContract, ResponseSettled } from '../contract.ts'
import { ContractRequestInputs } from '../infrastructure/contract-request-inputs.ts'
import { ContractSessionTurns } from '../infrastructure/contract-session-turns.ts'
import { GptModelClient } from '../infrastructure/gpt-model-client.ts'
import { KyselyContentStore } from '../infrastructure/kysely-content-store.ts'
import { KyselyFrameLog } from '../infrastructure/kysely-frame-log.ts'
import { KyselyResponseStore } from '../infrastructure/kysely-response-store.ts'
import { KyselyRunners } from '../infrastructure/kysely-runners.ts'
import { migrations } from '../infrastructure/migrations/index.ts'
import { OutboxResponseEvents } from '../infrastructure/outbox-response-events.ts'
import type { ResponseSchema } from '../infrastructure/schema.ts'
import { FakeNeighbours, type Submission } from './neighbours.ts'

export const tenantA = testContext({ deadlineMs: 60_000 })
export const tenantB = testContext({ tenant: 'tenant-b', deadlineMs: 60_000 })

export interface World {
  readonly t: TestContext
  readonly store: TestStore<ResponseSchema>
  readonly clock: ReturnType<typeof createFakeClock>
  readonly neighbours: FakeNeighbours
  /** Committed `response.settled` events. */
  readonly settled: ResponseSettled[]
  /** Owners whose process is known to be gone. */
  readonly vacant: Set<string>
  /** Processes that others can reach, by their address. */
  readonly reachable: Map<string, CallsOf<typeof ResponseContract>['follow']>
}

/** One database and its neighbours; processes come and go. */
export async function createWorld(t: TestContext): Promise<World> {
  const store = await createTestStore<ResponseSchema>('response', migrations)
  t.after(() => store[Symbol.asyncDispose]())
  return {
    t,
    store,
    clock: createFakeClock(),
    neighbours: new FakeNeighbours(),
    settled: [],
    vacant: new Set(),
    reachable: new Map(),
  }
}

export interface ProcessOptions extends Partial<ProcessResponseLimits> {
  name?: string
  /** Where others reach it; alone when absent. */
  url?: string
  steps?: readonly PostProcessingStep[]
  /** Kills the process around its nth transaction (from 1): before it, or between its commit and hearing of it. */
  dieAt?: { transaction: number; when: 'before' | 'after' }
}

export type Process = ReturnType<typeof startProcess>

/** A process that shares the world's database. `kill` makes it forget everything, as `kill -9` would. */
export function startProcess(
  world: World,
  { name = 'runner-0/a', url, steps = [], dieAt, ...limits }: ProcessOptions = {},
) {
  const { store, clock, neighbours, settled } = world
  const failures: unknown[] = []
  const lost: string[] = []
  const observer: RunObserver = {
    settled() {},
    attemptStarted() {},
    attemptEnded() {},
    fenced() {},
    attemptLost: ({ responseId }) => lost.push(responseId),
    failed: (error) => failures.push(error),
  }
  let isDead = false
  const dead = new AppError('STORE_UNAVAILABLE', 'This process was killed.')
  let transactions = 0
  const transactor: Transactor = {
    transaction(work) {
      if (++transactions === dieAt?.transaction && dieAt.when === 'before') kill()
      if (isDead) return Promise.reject(dead)
      const dies = transactions === dieAt?.transaction
      return store.transaction(async (tx) => {
        const result = await work(tx)
        if (dies) kill()
        return result
      })
    },
  }
  const gpt = createLocalClient({
    contract: GptContract,
    implementation: () => neighbours.gpt,
    strict: true,
    faults: null,
  })
  const events = createOutbox({
    store,
    source: 'response',
    newId,
    clock,
    strict: true,
    onCommitted: ({ data }) => settled.push(data as ResponseSettled),
  })
  const scopes: CallScope[] = []
  const siblings = url === undefined ? null : siblingsIn(world, url)
  const log = new KyselyFrameLog(store)
  const responses = new KyselyResponseStore(store)
  const process = createProcessResponse(
    {
      store: responses,
      log,
      contents: new KyselyContentStore(store),
      transactor,
      events: new OutboxResponseEvents(events),
      inputs: new ContractRequestInputs(neighbours.request),
      sessions: new ContractSessionTurns(neighbours.session),
      places: {
        async whileVacant(owner, work) {
          if (world.vacant.has(owner)) await work()
        },
      },
      runners: siblings === null ? null : new KyselyRunners(store, siblings),
      models: new GptModelClient(gpt, clock),
      pipeline: createPipeline(steps),
      openScope({ tenant, deadlineMs, cause }) {
        const principal = { tenant, keyId: null, scopes: [] }
        const scope = CallScope.root({ principal, requestId: newId('req'), depth: 0, deadlineMs, ...pick(cause) })
        if (isDead) scope.end(dead)
        scopes.push(scope)
        return scope
      },
      observer,
      clock,
      timers: { after: (delayMs, action) => clock.after(delayMs, () => (isDead ? undefined : action())) },
    },
    {
      lease: { owner: name, leaseMs: 30_000 },
      runsMax: 100,
      attemptsMax: 3,
      runTimeoutMs: 60_000,
      feedCharsMax: 1_000_000,
      contextTokensMax: 8_192,
      attachMs: 10_000,
      ...limits,
    },
  )
  if (url !== undefined) world.reachable.set(url, process.follow)
  return {
    ...process,
    log,
    responses,
    failures,
    lost,
    async submit(change: Partial<Submission> = {}) {
      const submission = neighbours.accept(change)
      await store.transaction((tx) => process.accept(tx, submission.context, submission.submitted))
      return submission.submitted.responseId
    },
    /** As the request service does for a request of which it has heard nothing. */
    async submitAgain({ requestId, responseId, model }: ResponseSettled) {
      const again = {
        ...neighbours.accept({ store: true }).submitted,
        requestId,
        responseId,
        model,
        again: true as const,
      }
      await store.transaction((tx) => process.accept(tx, tenantA, again))
    },
    kill,
    isDead: () => isDead,
  }

  function kill(): void {
    isDead = true
    for (const scope of scopes) scope.end(dead)
  }
}

function siblingsIn({ reachable }: World, url: string): Siblings {
  return {
    url,
    at(_contract, address) {
      const follow: CallsOf<typeof ResponseContract>['follow'] = (context, query) => {
        const there = reachable.get(address)
        if (there === undefined) throw new AppError('SERVICE_UNAVAILABLE', 'Nobody is there.')
        return there(context, query)
      }
      return { follow } as never
    },
  }
}

function pick({
  correlationId,
  causationId,
  traceparent,
}: Pick<CallContext, 'correlationId' | 'causationId' | 'traceparent'>) {
  return { correlationId, causationId, traceparent }
}

/** All frames up to `response-end`. */
export async function collect(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const collected: Frame[] = []
  for await (const frame of frames) collected.push(frame)
  return collected
}

export function textOf(frames: readonly Frame[]): string {
  return frames.map(({ step }) => (step.type === 'text-delta' ? step.delta : '')).join('')
}

export function endOf(frames: readonly Frame[]) {
  const step = frames.at(-1)?.step
  if (step?.type !== 'response-end') throw new Error(`the last frame is ${step?.type}`)
  return step
}

/** For `t.assert.rejects`: an AppError of that code. */
export function failsWith(code: ErrorCode) {
  return (error: unknown) => error instanceof AppError && error.code === code
}

/** Makes every lease lapse, as time would. */
export async function lapseLeases({ store }: World): Promise<void> {
  await store.transaction(async (tx) => {
    await store.within(tx).updateTable('responses').set({ due_at: 1 }).where('due_at', 'is not', null).execute()
  })
}

export async function rowOf({ store }: World, responseId: string) {
  return store.read.selectFrom('responses').selectAll().where('response_id', '=', responseId).executeTakeFirstOrThrow()
}

export async function attemptsOf({ store }: World, responseId: string) {
  const rows = await store.read
    .selectFrom('attempts')
    .select(['attempt', 'state'])
    .where('response_id', '=', responseId)
    .orderBy('attempt')
    .execute()
  return rows.map(({ attempt, state }) => `${attempt} ${state}`)
}

/** Waits while the fake clock moves on, so that timers of the system under test get their turn. */
export async function untilMoving(
  world: World,
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  await waitUntil(
    async () => {
      if (await condition()) return true
      world.clock.advance(50)
      return false
    },
    { what },
  )
}
