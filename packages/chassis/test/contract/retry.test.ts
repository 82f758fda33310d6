import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { failureOf } from '@parley/testkit/failure.ts'
import { Type } from 'typebox'
import { type AnyCall, call } from '../../contract/define-contract.ts'
import { outcomeUnknown, unavailable } from '../../contract/failures.ts'
import { retryOutermost } from '../../contract/retry.ts'

const shape = { http: 'POST /things', in: Type.Object({}), out: Type.Object({}), effect: 'write' } as const
const plain = call(shape)
const natural = call({ ...shape, idempotent: true })
const named = call({ ...shape, idempotent: { by: 'wishId' } })

/** Fails the first time in a way that may have had an effect, or surely had none. */
function failingOnce(failure: Error) {
  let tries = 0
  const attempt = async () => {
    tries++
    if (tries === 1) throw failure
    return tries
  }
  return attempt
}

const cases: readonly (readonly [string, AnyCall, object, boolean])[] = [
  ['a call that is no more than that is not', plain, { wishId: 'w' }, false],
  ['one that is idempotent by nature is', natural, {}, true],
  ['one that names what it wants is', named, { wishId: 'w' }, true],
  ['one that could name what it wants and does not is not', named, {}, false],
]

for (const [what, definition, input, isRepeated] of cases) {
  test(`after an outcome that nobody knows, ${what} repeated`, async (t: TestContext) => {
    const work = retryOutermost(definition, testContext(), input, failingOnce(outcomeUnknown('things')))
    if (isRepeated) t.assert.equal(await work, 2)
    else t.assert.equal((await failureOf(work)).kind, 'unknown-outcome')
  })
}

test('whatever had no effect is repeated, by the outermost caller alone', async (t: TestContext) => {
  t.assert.equal(await retryOutermost(plain, testContext(), {}, failingOnce(unavailable('things'))), 2)
  const inner = retryOutermost(natural, testContext({ depth: 1 }), {}, failingOnce(unavailable('things')))
  t.assert.equal((await failureOf(inner)).kind, 'unavailable')
})
