import type { TestContext } from 'node:test'
import type { EventPublisher } from '@parley/chassis/events/publisher.ts'
import { newId } from '@parley/chassis/runtime/real-clock.ts'
import { AppError, type ErrorCode } from '@parley/chassis/values/errors.ts'
import type { Item } from '@parley/kernel/items.ts'
import { createFakeClock } from '@parley/testkit/clock.ts'
import { createTestStore } from '@parley/testkit/store.ts'
import { createAcceptOnce } from '../application/accept-once.ts'
import { createForgetSettled } from '../application/forget-settled.ts'
import { createHoldBudgets } from '../application/hold-budgets.ts'
import { createInspectRequests } from '../application/inspect-requests.ts'
import { createManageBudgets } from '../application/manage-budgets.ts'
import type {
  InputCounter,
  ModelCatalog,
  PromptTemplates,
  ResolvedModel,
  StoredResponses,
  Turn,
  Turns,
} from '../application/ports.ts'
import { createResolveInput } from '../application/resolve-input.ts'
import { createSettleRequest } from '../application/settle-request.ts'
import { createSubmitRequest } from '../application/submit-request.ts'
import type { SubmitRequest } from '../contract.ts'
import { previousResponseNotFound } from '../domain/request-rules.ts'
import { CachedBudgetBook } from '../infrastructure/cached-budget-book.ts'
import { KyselyBudgetHolds } from '../infrastructure/kysely-budget-holds.ts'
import { KyselyBudgetStore } from '../infrastructure/kysely-budget-store.ts'
import { KyselyLedger } from '../infrastructure/kysely-ledger.ts'
import { KyselyRequestRetention } from '../infrastructure/kysely-request-retention.ts'
import { KyselyRequestStore } from '../infrastructure/kysely-request-store.ts'
import { KyselySagaStore } from '../infrastructure/kysely-saga-store.ts'
import { LruRecentInputs } from '../infrastructure/lru-recent-inputs.ts'
import { migrations } from '../infrastructure/migrations/index.ts'
import { OutboxRequestEvents } from '../infrastructure/outbox-request-events.ts'
import type { RequestSchema } from '../infrastructure/schema.ts'
import { sha256 } from '../infrastructure/sha256.ts'

export const sessionId = `conv_${'a'.repeat(32)}`
export const closedSessionId = `conv_${'c'.repeat(32)}`
export const previousResponseId = `resp_${'b'.repeat(32)}`

export interface PublishedEvent {
  readonly type: string
  readonly tenant: string
  readonly seq: number
  readonly data: Record<string, unknown>
}

/** The use cases on a store of their own, with neighbours that know one session, one model and one response. */
export async function startRequests(t: TestContext) {
  const store = await createTestStore<RequestSchema>('request', migrations)
  t.after(() => store[Symbol.asyncDispose]())
  const clock = createFakeClock()
  const requests = new KyselyRequestStore(store)
  const ledger = new KyselyLedger(store)
  const recentInputs = new LruRecentInputs({ charsMax: 1_000_000 })
  const published: PublishedEvent[] = []
  const turns = new FakeTurns()
  const retention = new KyselyRequestRetention(store)
  const failures: unknown[] = []
  const forgetSettled = createForgetSettled({
    retention,
    transactor: store,
    clock,
    timers: clock,
    onFailure: (error) => failures.push(error),
  })
  const holds = new KyselyBudgetHolds(store)
  const book = new CachedBudgetBook(store, clock)
  const budgets = createHoldBudgets({ book, holds, counter })
  const budgetStore = new KyselyBudgetStore(store)
  const manageBudgets = createManageBudgets({ budgets: budgetStore, book, transactor: store, clock, newId })
  const sagas = new KyselySagaStore(store)
  const events = new OutboxRequestEvents(recordingPublisher(published))
  const submitRequest = createSubmitRequest({
    budgets,
    store: requests,
    transactor: store,
    events,
    turns,
    recentInputs,
    resolveInput: createResolveInput({ models, templates, responses }),
    acceptOnce: createAcceptOnce({ store: requests, digest: sha256 }),
    clock,
    newId,
  })
  const settleRequest = createSettleRequest({
    observer: { wrote() {} },
    ...{ store: requests, recentInputs, ledger, budgets },
    onSettled: forgetSettled.note,
  })
  const inspect = createInspectRequests({ store: requests, ledger, sagas, recentInputs })
  const coldInspect = createInspectRequests({
    store: requests,
    ledger,
    sagas,
    recentInputs: new LruRecentInputs({ charsMax: 1 }),
  })
  return {
    store,
    clock,
    submitRequest,
    settleRequest,
    inspect,
    coldInspect,
    forgetSettled,
    retention,
    requests,
    published,
    turns,
    failures,
    ledger,
    holds,
    book,
    budgets,
    budgetStore,
    manageBudgets,
    sagas,
    events,
    recentInputs,
  }
}

export type Requests = Awaited<ReturnType<typeof startRequests>>

/** A million tokens cost one unit of the currency: a token costs a millionth. */
export const price = { version: 'test-1', inputMicros: 1_000_000, cachedInputMicros: 500_000, outputMicros: 1_000_000 }

/** Ten tokens of input for every item. */
const counter: InputCounter = {
  count: async (_context, { items }) => ({ tokens: items.length * 10, provenance: 'exact' }),
}

function modelOf(id: string): ResolvedModel {
  return { id, contextTokensMax: 1_000, outputTokensMax: 100, price: id === 'unpriced' ? null : price }
}

const models: ModelCatalog = {
  async resolve(_context, model) {
    if (model === 'absent') throw new AppError('MODEL_NOT_FOUND', 'There is no such model.')
    return modelOf(model)
  },
  defaultModel: async () => modelOf('default-model'),
}

const templates: PromptTemplates = {
  async render(_context, { id, variables }) {
    if (id === 'absent') throw new AppError('TEMPLATE_NOT_FOUND', 'There is no such template.')
    return `Speak like ${variables?.['who'] ?? 'anyone'}.`
  },
}

const responses: StoredResponses = {
  async checkContinuable({ principal }, responseId) {
    if (responseId !== previousResponseId || principal.tenant !== 'tenant-a') throw previousResponseNotFound()
  },
}

export class FakeTurns implements Turns {
  active: string | null = null
  readonly abandoned: Turn[] = []
  preferredModel: string | null = null

  begin: Turns['begin'] = async (_context, turn) => {
    if (turn.sessionId === closedSessionId) throw new AppError('SESSION_CLOSED', 'The session is closed.')
    if (this.active !== null && this.active !== turn.responseId) throw new AppError('SESSION_BUSY', 'One is running.')
    this.active = turn.responseId
    return { preferredModel: this.preferredModel }
  }

  abandon: Turns['abandon'] = async (_context, turn) => {
    this.abandoned.push(turn)
    if (this.active === turn.responseId) this.active = null
  }
}

export function submission(change: Partial<SubmitRequest> = {}): SubmitRequest {
  return {
    model: 'some-model',
    instructions: null,
    prompt: null,
    items: [message('hello')],
    options: {},
    delivery: 'incremental',
    store: false,
    sessionId: null,
    previousResponseId: null,
    metadata: {},
    idempotencyKey: null,
    ...change,
  }
}

export function message(text: string, id = 'msg_1'): Item {
  return { type: 'message', id, role: 'user', content: [{ type: 'input_text', text }] }
}

/** For `t.assert.rejects` and `throws`: an AppError of that code. */
export function failsWith(code: ErrorCode) {
  return (error: unknown) => error instanceof AppError && error.code === code
}

export async function countRows(
  { store }: Awaited<ReturnType<typeof startRequests>>,
  table: 'requests' | 'idempotency_keys' | 'ledger' | 'budget_holds' | 'saga_steps',
): Promise<number> {
  return (await store.read.selectFrom(table).select('request_id').execute()).length
}

function recordingPublisher(published: PublishedEvent[]): EventPublisher {
  return {
    async publish(tx, { principal }, { type }, data, { seq }) {
      tx.afterCommit(() =>
        published.push({ type, tenant: principal.tenant, seq, data: data as Record<string, unknown> }),
      )
    },
  }
}
