import { type TestContext, test } from 'node:test'
import { PACED } from '../../settings.ts'
import { countLate } from '../../workloads/measure-paced.ts'

const upstream = Array.from({ length: 1_000 }, (_, index) => (index < 995 ? 2 : 400))

test('a frame is late when it takes longer than the upstream alone and the allowance together', (t: TestContext) => {
  const { late, lateLimitMs } = countLate([1, 2 + PACED.lateAfterMs, 3 + PACED.lateAfterMs], upstream)
  t.assert.equal(lateLimitMs, 2 + PACED.lateAfterMs)
  t.assert.equal(late, 1)
})

test('an outlier of the upstream does not widen the limit, and counts as late itself', (t: TestContext) => {
  t.assert.equal(countLate(upstream, upstream).late, 5)
})
