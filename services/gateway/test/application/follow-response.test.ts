import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import { testContext } from '@parley/testkit/context.ts'
import { createFollowResponse } from '../../application/follow-response.ts'
import { hello } from '../frames.ts'

interface Attempt {
  readonly frames: readonly Frame[]
  readonly error?: AppError
}

/** Follows through `attempts`, one per connection. */
async function follow(
  attempts: readonly Attempt[],
  { deadlineMs, accepted }: { deadlineMs?: number; accepted?: boolean } = {},
) {
  const afters: number[] = []
  const delays: number[] = []
  const followResponse = createFollowResponse({
    responses: {
      follow: async function* (_context, { after }) {
        const attempt = attempts[afters.length] ?? { frames: [], error: new AppError('SERVICE_UNAVAILABLE', 'down') }
        afters.push(after)
        yield* attempt.frames
        if (attempt.error !== undefined) throw attempt.error
      },
    },
    sleep: async (delayMs) => void delays.push(delayMs),
  })
  const seen: number[] = []
  let error: unknown = null
  try {
    const options = deadlineMs === undefined ? {} : { deadlineMs }
    for await (const { seq } of followResponse(testContext(options), {
      ...{ responseId: 'resp_1', waitMs: 0 },
      ...(accepted !== undefined && { accepted }),
    }))
      seen.push(seq)
  } catch (thrown) {
    error = thrown
  }
  return { seen, afters, delays, code: error instanceof AppError ? error.code : error }
}

const all = hello.map(({ seq }) => seq)

test('a connection that breaks is taken up after the last frame', async (t: TestContext) => {
  const outcome = await follow([
    { frames: hello.slice(0, 2), error: new AppError('OUTCOME_UNKNOWN', 'broken') },
    { frames: hello.slice(2, 3) },
    { frames: hello.slice(2) },
  ])
  t.assert.deepStrictEqual(outcome, { seen: all, afters: [-1, 1, 2], delays: [50, 50], code: null })
})

test('frames that were seen are not seen again, and a gap is an error', async (t: TestContext) => {
  const repeated = await follow([{ frames: [...hello.slice(0, 3), ...hello.slice(1)] }])
  t.assert.deepStrictEqual(repeated.seen, all)
  const gap = await follow([{ frames: [...hello.slice(0, 2), ...hello.slice(3)] }])
  t.assert.deepStrictEqual([gap.seen, gap.code], [[0, 1], 'CONTRACT_VIOLATED'])
})

test('while no frame comes, it gives up after some tries', async (t: TestContext) => {
  const { delays, code } = await follow([])
  t.assert.strictEqual(code, 'SERVICE_UNAVAILABLE')
  t.assert.strictEqual(delays.length, 7)
})

test('it does not try beyond its time, nor after an answer that is final', async (t: TestContext) => {
  t.assert.deepStrictEqual((await follow([], { deadlineMs: 10 })).delays, [])
  const { delays, code } = await follow([{ frames: [], error: new AppError('RESPONSE_NOT_FOUND', 'gone') }])
  t.assert.deepStrictEqual([delays, code], [[], 'RESPONSE_NOT_FOUND'])
})

test('a response that is not there was lost when its request was accepted a moment ago', async (t: TestContext) => {
  const gone = [{ frames: [], error: new AppError('RESPONSE_NOT_FOUND', 'gone') }]
  t.assert.strictEqual((await follow(gone)).code, 'RESPONSE_NOT_FOUND')
  const lost = await follow(gone, { accepted: true })
  t.assert.deepStrictEqual([lost.code, lost.delays], ['OUTCOME_UNKNOWN', []])
})
