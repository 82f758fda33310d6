import { type TestContext, test } from 'node:test'
import {
  isSagaOver,
  type SagaEvent,
  type SagaState,
  sagaAfter,
  sagaState,
  sagaTable,
} from '../../domain/request-saga.ts'
import { sagaHistory } from '../../domain/saga-history.ts'
import { failsWith } from '../harness.ts'

const expected: Readonly<Record<SagaState, Partial<Record<SagaEvent, SagaState>>>> = {
  accepted: {
    run: 'generating',
    drive: 'accepted',
    settle: 'finished',
    'settle-owing': 'turn-owed',
    'give-up': 'compensated',
  },
  generating: {
    run: 'generating',
    drive: 'accepted',
    settle: 'finished',
    'settle-owing': 'turn-owed',
    'give-up': 'compensated',
  },
  'turn-owed': { append: 'finished', free: 'finished' },
  finished: {},
  compensated: {},
}

for (const state of Object.keys(sagaTable) as SagaState[]) {
  for (const event of Object.keys(sagaTable[state]) as SagaEvent[]) {
    const next = expected[state][event]
    test(`a request that is ${state}: ${event} ${next === undefined ? 'is refused' : `leads to ${next}`}`, (t: TestContext) => {
      if (next === undefined) t.assert.throws(() => sagaAfter(state, event), failsWith('INTERNAL'))
      else t.assert.strictEqual(sagaAfter(state, event), next)
    })
  }
  test(`${state} is ${Object.keys(expected[state]).length === 0 ? '' : 'not '}the end`, (t: TestContext) => {
    t.assert.strictEqual(isSagaOver(state), Object.keys(expected[state]).length === 0)
  })
}

test('a history is put together from what rows say', (t: TestContext) => {
  const turnless = sagaHistory({ noted: [], settledAt: 5, turn: 'none', turnAt: null })
  t.assert.deepStrictEqual(turnless, [{ event: 'settle', at: 5 }])
  const noted = [
    { event: 'drive', at: 1 },
    { event: 'run', at: 2 },
  ] as const
  const driven = sagaHistory({ noted, settledAt: 5, turn: 'appended', turnAt: 6 })
  t.assert.deepStrictEqual(
    driven.map(({ event }) => event),
    ['drive', 'run', 'settle-owing', 'append'],
  )
  t.assert.strictEqual(sagaState(driven), 'finished')
  const owed = sagaHistory({ noted, settledAt: 5, turn: 'owed', turnAt: null })
  t.assert.strictEqual(sagaState(owed), 'turn-owed')
  const givenUp = sagaHistory({ noted: [{ event: 'give-up', at: 4 }], settledAt: 4, turn: 'none', turnAt: null })
  t.assert.strictEqual(sagaState(givenUp), 'compensated')
  t.assert.strictEqual(sagaState([]), 'accepted')
})
