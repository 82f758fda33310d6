import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError, type ErrorCode } from '@parley/chassis/values/errors.ts'
import type { GptContract, Model } from '@parley/gpt/contract.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { LedgerEntry, Request, RequestContract, RequestInput, SubmitRequest } from '@parley/request/contract.ts'
import type { Response, ResponseContract } from '@parley/response/contract.ts'
import type { Prompt, Session, SessionContract, User } from '@parley/session/contract.ts'
import { createBudgetFakes } from './fake-budgets.ts'
import { hello } from './frames.ts'

type Owned<T> = { tenant: string; value: T }
const hex = (number: number) => number.toString(16).padStart(32, '0')

/** In-memory stand-ins for the services behind the gateway. Each row belongs to the tenant that made it. */
export class Fakes {
  readonly submissions: { context: CallContext; submission: SubmitRequest }[] = []
  /** What the next response does: its frames, or any stream of them. */
  script: (context: CallContext, after: number) => AsyncIterable<Frame> = (_context, after) => fromArray(hello, after)
  /** Thrown by the next submit. */
  refusal: AppError | null = null
  readonly #sessions = new Map<string, Owned<Session> & { items: Item[] }>()
  readonly #users = new Map<string, Owned<User>>()
  readonly #requests = new Map<string, Owned<Request & { input: RequestInput }>>()
  readonly #prompts = new Map<string, Owned<Prompt>>()
  readonly #deleted = new Set<string>()
  #counter = 0

  readonly request: CallsOf<typeof RequestContract> = {
    submit: async (context, submission) => {
      this.submissions.push({ context, submission })
      const { refusal } = this
      this.refusal = null
      if (refusal !== null) throw refusal
      const number = ++this.#counter
      const { idempotencyKey: _, ...input } = submission
      const requestId = `req_${hex(number)}`
      const responseId = `resp_${hex(number)}`
      const value = {
        requestId,
        responseId,
        status: 'accepted' as const,
        model: input.model,
        sessionId: input.sessionId,
        keyId: context.principal.keyId,
        acceptedAt: 1_700_000_000_000,
        settledAt: null,
        input: { ...input, model: input.model === '' ? 'simulated' : input.model },
      }
      this.#requests.set(requestId, { tenant: context.principal.tenant, value })
      return { requestId, responseId, acceptedAt: value.acceptedAt, replayed: false }
    },
    getRequest: async (context, { requestId }) =>
      this.#own(this.#requests.get(requestId), context, 'REQUEST_NOT_FOUND'),
    listRequests: async (context) => ({ data: owned(this.#requests.values(), context), hasMore: false }),
    getInput: async (context, { requestId }) => {
      const { input } = this.#own(this.#requests.get(requestId), context, 'REQUEST_NOT_FOUND')
      return input.prompt === null ? input : { ...input, instructions: `rendered ${input.prompt.id}` }
    },
    listLedger: async (context) => ({
      data: owned(this.#requests.values(), context).map(toLedgerEntry),
      hasMore: false,
    }),
    ...createBudgetFakes(),
  }

  readonly response: CallsOf<typeof ResponseContract> = {
    follow: (context, { after }) => this.script(context, after),
    getResponse: async (context, { responseId }) => this.#response(context, responseId),
    listAttempts: async (context, { responseId }) => {
      this.#response(context, responseId)
      return { data: [{ attempt: 1, state: 'ended', lostUsage: null, lostAt: null }] }
    },
    listInputItems: async (context, { responseId, order, limit }) => {
      this.#response(context, responseId)
      const request = [...this.#requests.values()].find(({ value }) => value.responseId === responseId)
      const items = request?.value.input.items ?? []
      const ordered = order === 'asc' ? items : items.toReversed()
      return { data: ordered.slice(0, limit), hasMore: ordered.length > limit }
    },
    auditResponses: async () => ({ data: [], hasMore: false }),
    findOutputItems: async () => {
      throw new AppError('ITEM_NOT_FOUND', 'There is no such item.')
    },
    cancel: async (context, { responseId }) => ({ ...this.#response(context, responseId), status: 'cancelled' }),
    listCompletions: async () => ({ data: [], hasMore: false }),
    updateMetadata: async (context, { responseId, metadata }) => ({ ...this.#response(context, responseId), metadata }),
    deleteResponse: async (context, { responseId }) => {
      this.#response(context, responseId)
      this.#deleted.add(responseId)
      return {}
    },
  }

  readonly gpt: CallsOf<typeof GptContract> = {
    listModels: async () => ({ models, defaultModel: 'simulated' }),
    getModel: async (_context, { model }) => {
      const found = models.find(({ id }) => id === model)
      if (found === undefined) throw new AppError('MODEL_NOT_FOUND', `There is no model '${model}'.`)
      return found
    },
    countTokens: async () => ({ tokens: 1, provenance: 'estimated' }),
    renderPrompt: async ({ signal: _ }, { id }) => ({ instructions: id }),
    generate: () => fromArray([], -1) as never,
  }

  readonly session: CallsOf<typeof SessionContract> = {
    putUser: async (context, { userId, profile, preferences }) => {
      const user = { userId, profile, preferences, createdAt: 1_000, updatedAt: 2_000 }
      this.#users.set(`${context.principal.tenant} ${userId}`, { tenant: context.principal.tenant, value: user })
      return user
    },
    getUser: async (context, { userId }) =>
      this.#own(this.#users.get(`${context.principal.tenant} ${userId}`), context, 'USER_NOT_FOUND'),
    listUsers: async (context) => ({ data: owned(this.#users.values(), context), hasMore: false }),
    deleteUser: async (context, { userId }) => {
      const key = `${context.principal.tenant} ${userId}`
      this.#own(this.#users.get(key), context, 'USER_NOT_FOUND')
      this.#users.delete(key)
      return {}
    },
    createSession: async (context, { userId = null, metadata, preferences = {}, items }) => {
      const value: Session = {
        sessionId: `conv_${hex(++this.#counter)}`,
        userId,
        status: 'open',
        metadata,
        preferences,
        itemCount: items.length,
        createdAt: 1_700_000_000_000,
        lastActiveAt: 1_700_000_000_000,
      }
      this.#sessions.set(value.sessionId, { tenant: context.principal.tenant, value, items: [...items] })
      return value
    },
    getSession: async (context, { sessionId }) => this.#session(context, sessionId).value,
    listSessions: async (context) => ({ data: owned(this.#sessions.values(), context), hasMore: false }),
    updateSession: async (context, { sessionId, ...changes }) => {
      const session = this.#session(context, sessionId)
      session.value = { ...session.value, ...changes }
      return session.value
    },
    closeSession: async (context, { sessionId }) => {
      const session = this.#session(context, sessionId)
      session.value = { ...session.value, status: 'closed' }
      return session.value
    },
    reopenSession: async (context, { sessionId }) => {
      const session = this.#session(context, sessionId)
      session.value = { ...session.value, status: 'open' }
      return session.value
    },
    deleteSession: async (context, { sessionId }) => {
      this.#session(context, sessionId)
      this.#sessions.delete(sessionId)
      return {}
    },
    appendItems: async (context, { sessionId, items }) => {
      this.#session(context, sessionId).items.push(...items)
      return { items }
    },
    listItems: async (context, { sessionId, limit, order, after }) => {
      const { items } = this.#session(context, sessionId)
      const ordered = order === 'asc' ? items : items.toReversed()
      const start = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1
      return { data: ordered.slice(start, start + limit), hasMore: ordered.length > start + limit }
    },
    getItem: async (context, { sessionId, itemId }) => {
      const found = this.#session(context, sessionId).items.find(({ id }) => id === itemId)
      if (found === undefined) throw new AppError('ITEM_NOT_FOUND', 'There is no such item.')
      return found
    },
    deleteItem: async (context, { sessionId, itemId }) => {
      const session = this.#session(context, sessionId)
      const index = session.items.findIndex(({ id }) => id === itemId)
      if (index < 0) throw new AppError('ITEM_NOT_FOUND', 'There is no such item.')
      session.items.splice(index, 1)
      return session.value
    },
    createPrompt: async (context, { promptId, text }) => {
      const value = { promptId, version: '1', text, variables: [], createdAt: 1_000, retiredAt: null }
      this.#prompts.set(promptId, { tenant: context.principal.tenant, value })
      return value
    },
    getPrompt: async (context, { promptId }) => this.#own(this.#prompts.get(promptId), context, 'TEMPLATE_NOT_FOUND'),
    listPrompts: async (context) => ({ data: owned(this.#prompts.values(), context), hasMore: false }),
    listPromptVersions: async (context, { promptId }) => ({
      data: [this.#own(this.#prompts.get(promptId), context, 'TEMPLATE_NOT_FOUND')],
      hasMore: false,
    }),
    retirePrompt: async (context, { promptId }) => ({
      ...this.#own(this.#prompts.get(promptId), context, 'TEMPLATE_NOT_FOUND'),
      retiredAt: 2_000,
    }),
    renderPrompt: async (_context, { promptId }) => ({ instructions: promptId }),
    beginTurn: async () => ({ preferences: {} }),
    buildContext: async () => ({ items: [], preferences: {}, tokens: 0, truncated: false }),
    appendTurn: async () => ({ appended: true }),
    abandonTurn: async () => ({}),
    auditTurns: async () => ({ data: [], hasMore: false }),
  }

  #session(context: CallContext, sessionId: string): Owned<Session> & { items: Item[] } {
    const found = this.#sessions.get(sessionId)
    if (found?.tenant === context.principal.tenant) return found
    throw new AppError('SESSION_NOT_FOUND', 'There is no conversation with this id.')
  }

  #response(context: CallContext, responseId: string): Response {
    const found = [...this.#requests.values()].find(({ value }) => value.responseId === responseId)
    if (this.#deleted.has(responseId)) throw new AppError('RESPONSE_NOT_FOUND', 'There is no response with this id.')
    const { input, requestId } = this.#own(found, context, 'RESPONSE_NOT_FOUND')
    const { model, sessionId, previousResponseId, options, metadata, store, instructions } = input
    const basis = { sessionId, previousResponseId, options, metadata, store, instructions }
    return {
      ...basis,
      responseId,
      requestId,
      model,
      status: 'completed',
      output: hello.flatMap(({ step }) => (step.type === 'item-end' ? [step.item] : [])),
      usage: null,
      failure: null,
      incompleteReason: null,
      attempt: 1,
      createdAt: 1_700_000_000_123,
      completedAt: 1_700_000_002_123,
    }
  }

  #own<T>(row: Owned<T> | undefined, { principal }: CallContext, code: ErrorCode): T {
    if (row?.tenant === principal.tenant) return row.value
    throw new AppError(code, 'There is nothing with this id.')
  }
}

/** Frames after `after`, as `follow` gives them. */
export async function* fromArray(frames: readonly Frame[], after: number): AsyncGenerator<Frame> {
  for (const frame of frames) if (frame.seq > after) yield frame
}

function owned<T>(rows: Iterable<Owned<T>>, { principal }: CallContext): T[] {
  return [...rows].filter(({ tenant }) => tenant === principal.tenant).map(({ value }) => value)
}

function toLedgerEntry({ requestId, responseId, keyId, model }: Request): LedgerEntry {
  return {
    requestId,
    responseId,
    keyId,
    status: 'completed',
    model,
    provider: 'simulated',
    usage: { inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, reasoningTokens: 0, provenance: 'exact' },
    attempts: 1,
    settledAt: 1_700_000_003_000,
  }
}

const models: Model[] = [
  { id: 'simulated', provider: 'simulated', contextTokensMax: 128_000, createdAt: 1_700_000_000_000 },
  { id: 'org/some model', provider: 'other', contextTokensMax: 8_000, createdAt: 1_700_000_000_000 },
]
