import { type TestContext, test } from 'node:test'
import { median, quantile } from '../../measure/statistics.ts'

test('quantiles are the nearest rank of the sorted values', (t: TestContext) => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index)
  t.assert.equal(quantile(values, 0.5), 100)
  t.assert.equal(quantile(values, 0.99), 198)
  t.assert.equal(quantile(values, 1), 200)
  t.assert.equal(quantile([7], 0.01), 7)
})

test('the median of an even number of values is the mean of the middle two', (t: TestContext) => {
  t.assert.equal(median([4, 1, 3, 2]), 2.5)
  t.assert.equal(median([3, 1, 2]), 2)
})

test('nothing has no quantile and no median', (t: TestContext) => {
  t.assert.ok(Number.isNaN(quantile([], 0.5)))
  t.assert.ok(Number.isNaN(median([])))
})
