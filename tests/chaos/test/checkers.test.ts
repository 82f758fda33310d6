import { describe, type TestContext, test } from 'node:test'
import { checkers, judge } from '../checkers/all.ts'
import type { ConversationRecord, Evidence, StoreEvidence } from '../evidence/evidence.ts'
import { budget, client, event, events, frames, soundEvidence } from '../evidence/sound-evidence.ts'

const sound = soundEvidence()
const [requestOne, requestTwo] = sound.stores.requests
const [ledgerOne, ledgerTwo] = sound.stores.ledger
const [responseOne, responseTwo] = sound.stores.responses
const [callOne] = sound.providerCalls
if (!requestOne || !requestTwo || !ledgerOne || !ledgerTwo || !responseOne || !responseTwo || !callOne) {
  throw new Error('the sound evidence is not what these tests change')
}

interface Planted {
  readonly invariant: string
  readonly wrong: string
  readonly evidence: Evidence
}

const planted: readonly Planted[] = [
  plant('I1', 'an acknowledged request is gone', { clients: [...sound.clients, client({ model: 'chat-9' })] }),
  plant('I1', 'an acknowledged response is of another request', {
    clients: [client({ model: 'stored-1', responseIds: ['resp_9'] })],
  }),
  plantStores('I1', 'an accepted request has no response', { responses: [responseTwo] }),
  plantStores('I1', 'a response never ended', { responses: [{ ...responseOne, status: 'in_progress' }, responseTwo] }),
  plantStores('I2', 'one wish was accepted twice', {
    requests: [requestOne, { ...requestOne, requestId: 'req_9', responseId: 'resp_9' }, requestTwo],
  }),
  plantStores('I2', 'a ledger row is missing', { ledger: [ledgerOne] }),
  plantStores('I2', 'a ledger row is there twice', { ledger: [ledgerOne, ledgerOne, ledgerTwo] }),
  plantStores('I2', 'a turn is missing', { turns: [], items: [] }),
  plantStores('I2', 'what the user said is there twice', { items: [...sound.stores.items, ...sound.stores.items] }),
  plantStores('I2', 'a turn is still owed', { responses: [responseOne, { ...responseTwo, pendingTurn: true }] }),
  plantStores('I2', 'a session is held by a response that ended', {
    sessions: [{ tenant: 'north', sessionId: 'conv_1', activeResponseId: 'resp_2' }],
  }),
  plantFrames('I2', 'a response ends twice', [...frames, ...frames.slice(3)]),
  plantFrames('I2', 'frames follow the end', [...frames, ...frames.slice(1, 2)]),
  plantStores('I3', 'the ledger says another usage', {
    ledger: [{ ...ledgerOne, usage: null }, ledgerTwo],
  }),
  plantStores('I3', 'more was spent than there was', {
    budgets: [{ ...budget, spentMicros: 101 }],
  }),
  plantStores('I3', 'more tokens were spent than there were', {
    budgets: [{ ...budget, spentTokens: 101, settledTokens: 101 }],
  }),
  plantStores('I3', 'a budget has spent what no request has', { budgets: [{ ...budget, spentTokens: 15 }] }),
  plantStores('I3', 'a budget is still held', { budgets: [{ ...budget, heldMicros: 7 }] }),
  plantStores('I3', 'tokens are still held', { budgets: [{ ...budget, heldTokens: 7 }] }),
  plantStores('I3', 'a hold is left', { holds: [{ tenant: 'north', requestId: 'req_1' }] }),
  plant('I4', 'an attempt called the provider twice', { providerCalls: [...sound.providerCalls, callOne] }),
  plant('I4', 'the provider was called without an attempt', {
    providerCalls: [...sound.providerCalls, { ...callOne, attempt: 2 }],
  }),
  plant('I5', 'the provider was called once too often', {
    providerCalls: [1, 2, 3, 4].map((attempt) => ({ ...callOne, attempt })),
  }),
  plantFrames('I6', 'a frame is missing', [...frames.slice(0, 1), ...frames.slice(2)]),
  plant('I6', 'a client saw a gap', {
    clients: [
      client({
        model: 'stored-1',
        responseIds: ['resp_1'],
        streams: [{ after: -1, events: [...events.slice(0, 1), ...events.slice(2)], isComplete: true }],
      }),
    ],
  }),
  plant('I6', 'a client saw an event twice', {
    clients: [
      client({
        model: 'stored-1',
        responseIds: ['resp_1'],
        streams: [{ after: 0, events: events.slice(0, 2), isComplete: false }],
      }),
    ],
  }),
  plant('I6', 'an event has other bytes when it is read again', {
    replays: new Map([['resp_1', [event(0, 'response.created', { response: { id: 'resp_9' } }), ...events.slice(1)]]]),
  }),
  plant('I6', 'a client was told of an end that came too early', {
    clients: [
      client({
        model: 'stored-1',
        responseIds: ['resp_1'],
        streams: [{ after: -1, events: events.slice(0, 3), isComplete: true }],
      }),
    ],
  }),
  plant('I6', 'a whole answer is not what the provider said', {
    clients: [client({ model: 'turn-2', responseIds: ['resp_2'], text: 'two', expectedText: 'one', isComplete: true })],
  }),
  plant('I6', 'a client complains', { clients: [client({ model: 'turn-2', complaints: ['it was not there'] })] }),
  plant('I7', 'a transcript changed', {
    conversations: [
      conversation(
        [
          { items: ['a', 'b'], turns: 0 },
          { items: ['b', 'a', 'c'], turns: 0 },
        ],
        [],
      ),
    ],
  }),
  plant('I7', 'a turn is not in the transcript', {
    conversations: [conversation([{ items: [], turns: 1 }], [{ marker: 'turn-2', responseId: 'resp_2' }])],
  }),
  plant('I8', 'a tenant got text of another', {
    clients: [...sound.clients, client({ model: 'chat-4', outcome: 'unknown', received: 'canary-south' })],
  }),
  plantStores('I8', 'a row has text of another tenant', {
    items: sound.stores.items.map((item) => ({ ...item, tenant: 'south' })),
  }),
  plant('I9', 'a refused request is there', {
    clients: [...sound.clients, client({ model: 'turn-2', outcome: 'refused' })],
  }),
  plantStores('I10', 'an event was never published', {
    outbox: [{ service: 'request', id: 'evt_1', type: 'a.b.v1', subject: 'req_1', seq: 1, parkedReason: null }],
  }),
  plantStores('I10', 'an event is parked', {
    outbox: [{ service: 'request', id: 'evt_1', type: 'a.b.v1', subject: 'req_1', seq: 1, parkedReason: 'it failed' }],
  }),
  plantStores('I10', 'an event was taken twice', {
    inbox: [...sound.stores.inbox, ...sound.stores.inbox.map((row) => ({ ...row, eventId: `${row.eventId}_again` }))],
  }),
  plantStores('I10', 'an event was never taken', { inbox: [] }),
  plant('I11', 'a response was settled by an attempt that had been overtaken', {
    providerCalls: [...sound.providerCalls, { ...callOne, attempt: 2 }],
  }),
  plantFrames('I11', 'two attempts wrote one text', [
    ...frames.slice(0, 3),
    { seq: 3, step: { type: 'text-delta', index: 0, delta: 'one two' } },
    ...frames.slice(3).map((frame) => ({ ...frame, seq: 4 })),
  ]),
  plant('I12', 'it did not recover', { liveness: { ...sound.liveness, recoveryMs: null } }),
  plant('I12', 'something failed afterwards', { liveness: { ...sound.liveness, failuresAfter: ['a call failed'] } }),
  plant('I12', 'it stayed slow', { liveness: { ...sound.liveness, medianAfterMs: 1_000 } }),
  plant('I12', 'a process ended by itself', { badEnds: ['gpt ended by itself with code 1'] }),
  plant('I13', 'a log has a secret', { outputs: new Map([['gpt.log', 'it is secret-of-the-run']]) }),
  plant('I13', 'an error has a secret', {
    clients: [...sound.clients, client({ model: 'chat-4', outcome: 'unknown', errors: ['secret-of-the-run'] })],
  }),
]

describe('the checkers', () => {
  test('a run in which everything went well breaks nothing', (t: TestContext) => {
    t.assert.deepEqual(broken(sound), [])
  })

  for (const { invariant, wrong, evidence } of planted) {
    test(`${invariant} is broken when ${wrong}`, (t: TestContext) => {
      t.assert.ok(broken(evidence).includes(invariant), `${broken(evidence)} instead of ${invariant}`)
    })
  }

  test('each of them has been seen to go red', (t: TestContext) => {
    const red = new Set(
      planted.flatMap(({ evidence }) => checkers.filter((checker) => checker.check(evidence).length > 0)),
    )
    t.assert.deepEqual(
      checkers.filter((checker) => !red.has(checker)).map(({ says }) => says),
      [],
    )
  })
})

function conversation(reads: ConversationRecord['reads'], turns: ConversationRecord['turns']): ConversationRecord {
  return { tenant: 'north', conversationId: 'conv_1', reads, turns }
}

function broken(evidence: Evidence): string[] {
  return judge(evidence)
    .filter(({ problems }) => problems.length > 0)
    .map(({ invariant }) => invariant)
}

function plant(invariant: string, wrong: string, change: Partial<Evidence>): Planted {
  return { invariant, wrong, evidence: { ...sound, ...change } }
}

function plantStores(invariant: string, wrong: string, change: Partial<StoreEvidence>): Planted {
  return plant(invariant, wrong, { stores: { ...sound.stores, ...change } })
}

function plantFrames(
  invariant: string,
  wrong: string,
  changed: StoreEvidence['frames'] extends ReadonlyMap<string, infer F> ? F : never,
) {
  return plantStores(invariant, wrong, { frames: new Map([['resp_1', changed]]) })
}
