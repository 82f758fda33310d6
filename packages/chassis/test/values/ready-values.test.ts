import { type TestContext, test } from 'node:test'
import { forEachReady, type ReadyIterator } from '@parley/chassis/values/ready-values.ts'

/** Hands out each inner list as one that came together. */
class Bursts implements ReadyIterator<number> {
  readonly #bursts: number[][]
  asked = 0
  returned = false

  constructor(bursts: number[][]) {
    this.#bursts = bursts
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  ready(): number | undefined {
    return this.#bursts[0]?.shift()
  }

  async next(): Promise<IteratorResult<number, undefined>> {
    this.asked++
    if (this.#bursts[0]?.length === 0) this.#bursts.shift()
    const value = this.ready()
    return value === undefined ? { done: true, value } : { done: false, value }
  }

  async return(): Promise<IteratorResult<number, undefined>> {
    this.returned = true
    return { done: true, value: undefined }
  }
}

test('values that came together are taken together, in order', async (t: TestContext) => {
  const bursts = new Bursts([[1, 2, 3], [4], [5, 6]])
  const taken: number[] = []
  await forEachReady(bursts, (value) => void taken.push(value))
  t.assert.deepStrictEqual(taken, [1, 2, 3, 4, 5, 6])
  t.assert.strictEqual(bursts.asked, 4)
  t.assert.strictEqual(bursts.returned, false)
})

test('a pause that the taker asks for comes before the next value', async (t: TestContext) => {
  const events: string[] = []
  await forEachReady(new Bursts([[1, 2]]), async (value) => {
    events.push(`begin ${value}`)
    await null
    events.push(`end ${value}`)
  })
  t.assert.deepStrictEqual(events, ['begin 1', 'end 1', 'begin 2', 'end 2'])
})

test('a taker that throws ends the iteration', async (t: TestContext) => {
  const bursts = new Bursts([[1, 2, 3]])
  const taken: number[] = []
  const taking = forEachReady(bursts, (value) => {
    taken.push(value)
    if (value === 2) throw new Error('enough')
  })
  await t.assert.rejects(taking, /enough/)
  t.assert.deepStrictEqual(taken, [1, 2])
  t.assert.strictEqual(bursts.returned, true)
})

test('an iterator that cannot tell is iterated as ever', async (t: TestContext) => {
  async function* plain() {
    yield* ['a', 'b']
  }
  const taken: string[] = []
  await forEachReady(plain(), (value) => void taken.push(value))
  t.assert.deepStrictEqual(taken, ['a', 'b'])
})
