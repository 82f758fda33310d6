import type { Frame } from '@parley/kernel/frames.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { BudgetRow, ClientRecord, ConversationRecord, Evidence, SeenEvent, StoreEvidence } from './evidence.ts'

const usage: Usage = {
  inputTokens: 7,
  cachedInputTokens: 0,
  outputTokens: 2,
  reasoningTokens: 0,
  provenance: 'provider',
}

/** Evidence of a run in which everything went well: one stored stream, one turn of a conversation, one refusal. */
export function soundEvidence(): Evidence {
  return {
    stores: soundStores(),
    providerCalls: [
      { responseId: 'resp_1', attempt: 1, model: 'stored-1' },
      { responseId: 'resp_2', attempt: 1, model: 'turn-2' },
    ],
    clients: [
      client({
        model: 'stored-1',
        responseIds: ['resp_1'],
        streams: [
          { after: -1, events: events.slice(0, 2), isComplete: false },
          { after: 1, events: events.slice(2), isComplete: true },
        ],
        expectedText: 'one two',
      }),
      client({ model: 'turn-2', keyed: true, responseIds: ['resp_2'], expectedText: 'one two' }),
      client({ model: 'refused-3', outcome: 'refused', errors: ['{"error":{"message":"no"}}'] }),
      client({ model: 'chat-4', outcome: 'unknown', text: 'one', expectedText: 'one two', errors: ['it broke'] }),
    ],
    conversations: [soundConversation],
    replays: new Map([['resp_1', events]]),
    tenants: [
      { tenant: 'north', canary: 'canary-north' },
      { tenant: 'south', canary: 'canary-south' },
    ],
    outputs: new Map([['all.log', '{"message":"started"}']]),
    secrets: new Map([['a key', 'secret-of-the-run']]),
    liveness: {
      recoveryMs: 900,
      recoveryMaxMs: 10_000,
      notRecovered: [],
      failuresAfter: [],
      medianBeforeMs: 10,
      medianAfterMs: 12,
    },
    badEnds: [],
    attemptsMax: 3,
  }
}

export function client(known: Partial<ClientRecord> & { model: string }): ClientRecord {
  return {
    kind: 'stored',
    tenant: 'north',
    keyed: false,
    outcome: 'acknowledged',
    responseIds: [],
    streams: [],
    text: null,
    expectedText: '',
    isComplete: false,
    errors: [],
    received: '',
    complaints: [],
    ...known,
  }
}

export const frames: readonly Frame[] = [
  { seq: 0, step: { type: 'response-start', createdAt: 1, model: 'stored-1' } },
  { seq: 1, step: { type: 'text-delta', index: 0, delta: 'one ' } },
  { seq: 2, step: { type: 'text-delta', index: 0, delta: 'two' } },
  {
    seq: 3,
    step: {
      type: 'response-end',
      status: 'completed',
      finish: 'stop',
      incompleteReason: null,
      failure: null,
      usage,
      completedAt: 2,
    },
  },
]

export const events: readonly SeenEvent[] = [
  event(0, 'response.created', { response: { id: 'resp_1' } }),
  event(1, 'response.output_text.delta', { delta: 'one ' }),
  event(2, 'response.output_text.delta', { delta: 'two' }),
  event(3, 'response.completed', {}),
]

export function event(seq: number, type: string, more: object): SeenEvent {
  return { seq, raw: `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: seq, ...more })}` }
}

/** Of which two requests have spent five tokens each. */
export const budget: BudgetRow = {
  budgetId: 'budget_1',
  limitMicros: 100,
  heldMicros: 0,
  spentMicros: 10,
  overMicros: 0,
  limitTokens: 100,
  heldTokens: 0,
  spentTokens: 10,
  overTokens: 0,
  settledTokens: 10,
}

const userItem = '{"type":"message","role":"user","content":"/simulate\\nturn-2 canary-north"}'
const assistantItem = '{"type":"message","role":"assistant","content":"one two"}'

const soundConversation: ConversationRecord = {
  tenant: 'north',
  conversationId: 'conv_1',
  reads: [
    { items: [], turns: 0 },
    { items: [userItem, assistantItem], turns: 1 },
  ],
  turns: [{ marker: 'turn-2', responseId: 'resp_2' }],
}

function soundStores(): StoreEvidence {
  const one = { tenant: 'north', requestId: 'req_1', responseId: 'resp_1' }
  const two = { tenant: 'north', requestId: 'req_2', responseId: 'resp_2' }
  const ended = { store: true, status: 'completed', attempt: 1, pendingTurn: false, usage }
  const taken = { source: 'request', seq: 1 }
  return {
    requests: [
      { ...one, model: 'stored-1', input: 'canary-north' },
      { ...two, model: 'turn-2', input: '' },
    ],
    idempotencyKeys: [{ tenant: 'north', key: 'key-turn-2', requestId: 'req_2' }],
    ledger: [one, two].map((ids) => ({ ...ids, status: 'completed', usage, costMicros: 5, attempts: 1 })),
    responses: [
      { ...one, ...ended, sessionId: null, model: 'stored-1' },
      { ...two, ...ended, sessionId: 'conv_1', model: 'turn-2' },
    ],
    attempts: [
      { responseId: 'resp_1', attempt: 1, state: 'ended' },
      { responseId: 'resp_2', attempt: 1, state: 'ended' },
    ],
    frames: new Map([['resp_1', frames]]),
    sessions: [{ tenant: 'north', sessionId: 'conv_1', activeResponseId: null }],
    items: [userItem, assistantItem].map((item, position) => ({
      tenant: 'north',
      sessionId: 'conv_1',
      position,
      itemId: `msg_${position}`,
      item,
    })),
    turns: [{ tenant: 'north', sessionId: 'conv_1', responseId: 'resp_2' }],
    outbox: [],
    inbox: ['req_1', 'req_2'].flatMap((subject) => [
      { ...taken, consumer: 'response', eventId: `evt_s_${subject}`, subject },
      { ...taken, consumer: 'request', source: 'response', eventId: `evt_e_${subject}`, subject },
    ]),
    holds: [],
    budgets: [budget],
  }
}
