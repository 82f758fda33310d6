import { type TestContext, test } from 'node:test'
import { PartitionWork } from '@parley/chassis/events/kafka/partition-work.ts'
import fc from 'fast-check'

interface Numbered {
  readonly offset: bigint
  readonly orderKey: string
}

/** Work that a test ends record by record. */
function openWork(limits = {}) {
  const ends = new Map<bigint, (isDone: boolean) => void>()
  const started: bigint[] = []
  const fence = new AbortController()
  const work = new PartitionWork<Numbered>({
    position: 0n,
    handle: (record) => {
      started.push(record.offset)
      return new Promise((resolve) => ends.set(record.offset, resolve))
    },
    progressed: () => {},
    signal: fence.signal,
    limits,
  })
  const end = async (offset: bigint, isDone = true) => {
    ends.get(offset)?.(isDone)
    ends.delete(offset)
    await new Promise(setImmediate)
  }
  return { work, started, end, running: ends }
}

test('out-of-order completion: what may be committed stays below the lowest record that is not done', async (t: TestContext) => {
  const { work, end } = openWork()
  for (const [index, orderKey] of ['a', 'b', 'c'].entries()) work.add({ offset: BigInt(index), orderKey })
  await end(2n)
  await end(1n)
  t.assert.strictEqual(work.committable, 0n)
  await end(0n)
  t.assert.strictEqual(work.committable, 3n)
})

test('records of one key are worked on one after the other, those of different keys side by side', async (t: TestContext) => {
  const { work, started, end } = openWork()
  for (const [index, orderKey] of ['a', 'a', 'b', 'a'].entries()) work.add({ offset: BigInt(index), orderKey })
  t.assert.deepStrictEqual(started, [0n, 2n])
  await end(0n)
  t.assert.deepStrictEqual(started, [0n, 2n, 1n])
  await end(1n)
  t.assert.deepStrictEqual(started, [0n, 2n, 1n, 3n])
})

test('a record that was given up holds its place, and its key goes no further', async (t: TestContext) => {
  const { work, started, end } = openWork()
  for (const [index, orderKey] of ['a', 'a', 'b'].entries()) work.add({ offset: BigInt(index), orderKey })
  await end(0n, false)
  await end(2n)
  t.assert.deepStrictEqual(started, [0n, 2n])
  t.assert.strictEqual(work.committable, 0n)
})

test('it takes no more than it may hold, and a record that comes again is ignored', async (t: TestContext) => {
  const { work, started, end } = openWork({ unfinishedMax: 2, spanMax: 4 })
  work.add({ offset: 0n, orderKey: 'a' })
  t.assert.strictEqual(work.hasRoom, true)
  work.add({ offset: 1n, orderKey: 'b' })
  work.add({ offset: 1n, orderKey: 'b' })
  t.assert.strictEqual(work.unfinishedCount, 2)
  t.assert.strictEqual(work.hasRoom, false)
  await end(1n)
  t.assert.strictEqual(work.hasRoom, true)
  work.passOver(4n)
  t.assert.strictEqual(work.hasRoom, false, 'a crash would make too many come again')
  t.assert.deepStrictEqual(started, [0n, 1n])
})

test('whatever ends when: nothing that is not done is ever below what may be committed', async () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd')
  const property = fc.asyncProperty(
    fc.array(key, { maxLength: 40 }),
    fc.infiniteStream(fc.nat()),
    async (keys, choices) => {
      const { work, end, running } = openWork({ unfinishedMax: 1_000 })
      const done = new Set<bigint>()
      for (const [index, orderKey] of keys.entries()) work.add({ offset: BigInt(index), orderKey })
      while (running.size > 0) {
        const choice = choices.next().value ?? 0
        const offset = [...running.keys()][choice % running.size] ?? 0n
        await end(offset)
        done.add(offset)
        for (let below = 0n; below < work.committable; below++) {
          if (!done.has(below)) throw new Error(`${below} is not done, but ${work.committable} might be committed`)
        }
      }
      if (work.committable !== BigInt(keys.length)) throw new Error('something was left')
    },
  )
  await fc.assert(property, { numRuns: 50 })
})
