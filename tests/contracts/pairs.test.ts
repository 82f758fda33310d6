import { type TestContext, test } from 'node:test'
import { call, defineContract } from '@parley/chassis/contract/define-contract.ts'
import { Type } from 'typebox'
import { services } from '../../apps/all-in-one/services.ts'
import type { Pair } from './pact/define-pair.ts'
import { pairProblems, type Talker } from './pair-problems.ts'
import { pairs } from './pairs.ts'

/** Offered, and used by nobody yet. */
const unused: string[] = []

test('every pair of services that talk has a pact about every call and event', (t: TestContext) => {
  t.assert.deepStrictEqual(pairProblems(services, pairs), unused)
})

test('a pair without a pact, a pact without a pair, an untold event and an unused call are each found', (t: TestContext) => {
  const empty = Type.Object({})
  const added: Talker = {
    contract: defineContract('planted', {
      version: '1.0',
      calls: { charge: call({ http: 'POST /charges', in: empty, out: empty, effect: 'write' }) },
      events: {},
      subscribes: ['response.settled.v1'],
    }),
    needs: {},
  }
  const session = services.find(({ contract }) => contract.name === 'session') as Talker
  const needy: Talker = { ...session, needs: { planted: added.contract } }
  const planted = [...services.filter((service) => service.contract.name !== 'session'), needy, added]
  t.assert.deepStrictEqual(pairProblems(planted, pairs), [
    'session → planted has no pact',
    'response → planted has no pact',
    'the pact response → planted has no response.settled.v1',
    ...unused,
    'planted.charge is in no pact',
  ])

  const stray: Pair = { consumer: 'gpt', provider: 'session', contract: session.contract, interactions: [] }
  t.assert.deepStrictEqual(pairProblems(services, [...pairs, stray, stray]), [
    'gpt → session has a pact, but they do not talk',
    'gpt → session has a pact, but they do not talk',
    'gpt → session has two pacts',
    'the pact gpt → session knows no error',
    'the pact gpt → session knows no error',
    ...unused,
  ])
})
