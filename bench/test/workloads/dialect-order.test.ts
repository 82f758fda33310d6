import { type TestContext, test } from 'node:test'
import { DIALECTS } from '../../load/dialect-request.ts'
import { orderOfCycle } from '../../workloads/dialect-order.ts'

const COUNT = DIALECTS.length
const CYCLES = Array.from({ length: COUNT * (COUNT - 1) }, (_, cycle) => orderOfCycle(cycle, COUNT))

test('every cycle asks in each dialect once', (t: TestContext) => {
  for (const order of CYCLES) t.assert.deepEqual(order.toSorted(), [0, 1, 2, 3, 4])
})

test('each dialect comes first, and after each other one, equally often', (t: TestContext) => {
  const firsts = new Map<number | undefined, number>()
  const pairs = new Map<string, number>()
  for (const order of CYCLES) {
    firsts.set(order[0], (firsts.get(order[0]) ?? 0) + 1)
    for (const [index, one] of order.slice(1).entries()) {
      const pair = `${order[index]} ${one}`
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1)
    }
  }
  t.assert.deepEqual([...firsts.values()], Array(COUNT).fill(COUNT - 1))
  t.assert.deepEqual([...pairs.values()], Array(COUNT * (COUNT - 1)).fill(COUNT - 1))
})
