import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { Response } from '@parley/response/contract.ts'
import { testContext } from '@parley/testkit/context.ts'
import { createAwaitArrival } from '../../application/await-arrival.ts'
import { createGatherContext } from '../../application/gather-context.ts'

const say = (id: string): Item => ({ id, type: 'message', role: 'user', content: [{ type: 'input_text', text: id }] })

interface Turn {
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly previous: string | null
  readonly status?: Response['status']
}

/** A chain of responses; pages of two items. */
function chainOf(turns: Readonly<Record<string, Turn>>) {
  const find = (responseId: string): Turn => {
    const turn = turns[responseId]
    if (turn === undefined) throw new AppError('RESPONSE_NOT_FOUND', 'There is no response with this id.')
    return turn
  }
  return createGatherContext({
    sessions: {
      buildContext: async () => ({ items: [say('of a session')], preferences: {}, tokens: 1, truncated: false }),
    },
    responses: {
      getResponse: async (_context, { responseId }) => {
        const { output, previous, status = 'completed' } = find(responseId)
        return { status, output: output.map(say), previousResponseId: previous } as Response
      },
      listInputItems: async (_context, { responseId, after }) => {
        const items = find(responseId).input.map(say)
        const start = after === undefined ? 0 : items.findIndex(({ id }) => id === after) + 1
        return { data: items.slice(start, start + 2), hasMore: items.length > start + 2 }
      },
    },
  })
}

const idsOf = (items: readonly Item[]) => items.map(({ id }) => id).join(' ')
const ask = (previousResponseId: string | null, sessionId: string | null = null) => ({ sessionId, previousResponseId })

test('a chain is gathered oldest first, all pages of it, without failed turns', async (t: TestContext) => {
  const gather = chainOf({
    c: { input: ['c1'], output: ['c2'], previous: 'b' },
    b: { input: ['b1'], output: ['b2'], previous: 'a', status: 'failed' },
    a: { input: ['a1', 'a2', 'a3', 'a4', 'a5'], output: ['a6'], previous: null },
  })
  t.assert.strictEqual(idsOf(await gather(testContext(), ask('c'))), 'a1 a2 a3 a4 a5 a6 c1 c2')
  t.assert.strictEqual(idsOf(await gather(testContext(), ask(null))), '')
  t.assert.strictEqual(idsOf(await gather(testContext(), ask(null, 'conv_1'))), 'of a session')
})

test('a chain ends at a deleted response, and one that begins with it is refused', async (t: TestContext) => {
  const gather = chainOf({ b: { input: ['b1'], output: ['b2'], previous: 'gone' } })
  t.assert.strictEqual(idsOf(await gather(testContext(), ask('b'))), 'b1 b2')
  await t.assert.rejects(gather(testContext(), ask('gone')), { code: 'PREVIOUS_RESPONSE_NOT_FOUND' })
})

test('a response is waited for until it arrives, and not for ever', async (t: TestContext) => {
  let left = 3
  const slept: number[] = []
  const awaitArrival = createAwaitArrival({
    responses: {
      getResponse: async () => {
        if (left-- > 0) throw new AppError('RESPONSE_NOT_FOUND', 'There is no response with this id.')
        return { responseId: 'resp_1' } as Response
      },
    },
    sleep: async (delayMs) => void slept.push(delayMs),
  })
  t.assert.strictEqual((await awaitArrival(testContext(), { responseId: 'resp_1' }))?.responseId, 'resp_1')
  t.assert.strictEqual(slept.length, 3)
  left = Number.POSITIVE_INFINITY
  t.assert.strictEqual(await awaitArrival(testContext(), { responseId: 'resp_1' }), null)
})
