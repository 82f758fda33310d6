import { describe, type TestContext, test } from 'node:test'
import { AppError } from '../../values/errors.ts'
import { createHouse, type FakeHouse } from './fake-peers.ts'

const [a, b, c] = ['http://10.0.0.1:1', 'http://10.0.0.2:1', 'http://10.0.0.3:1'] as const

/** How many of `calls` calls each instance got. */
function spread(house: FakeHouse, calls: number): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let call = 0; call < calls; call++) {
    const origin = house.call()
    counts[origin] = (counts[origin] ?? 0) + 1
  }
  return counts
}

/** Lets a probe that a timer has begun come to its end. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('choosing', () => {
  test('gives every instance its share', async (t: TestContext) => {
    await using house = createHouse(a, b, c)
    house.fits(a, b, c)
    const counts = spread(house, 300)
    for (const origin of [a, b, c]) t.assert.ok((counts[origin] ?? 0) > 50, `${origin}: ${counts[origin]}`)
  })

  test('prefers the one with fewer calls under way', async (t: TestContext) => {
    await using house = createHouse(a, b)
    house.fits(a, b)
    const held = Array.from({ length: 40 }, () => house.set.begin())
    const counts = new Map(held.map(({ pool }) => [pool, held.filter((other) => other.pool === pool).length]))
    t.assert.deepEqual([...counts.values()], [20, 20])
  })

  test('gives a call to none that has not been heard of while another is known to work', async (t: TestContext) => {
    await using house = createHouse(a, b)
    house.fits(b)
    t.assert.deepEqual(spread(house, 20), { [b]: 20 })
  })

  test('tries what it has while nothing is known yet', async (t: TestContext) => {
    await using house = createHouse(a)
    t.assert.deepEqual(spread(house, 3), { [a]: 3 })
  })

  test('gives a call to none with another contract, and says so', async (t: TestContext) => {
    await using house = createHouse(a, b)
    house.fits(a, b)
    house.peer(a).fit = 'differs'
    house.fits(b)
    t.assert.deepEqual(spread(house, 20), { [b]: 20 })
    t.assert.deepEqual(house.set.notReady(), [])
    house.peer(b).fit = 'differs'
    house.set.update([a, b, c])
    house.set.update([a, b])
    t.assert.throws(
      () => house.set.begin(),
      (error) => error instanceof AppError && error.kind === 'contract',
    )
    t.assert.match(house.set.notReady().join(), /10\.0\.0\.1.*has another contract: it has no call read/)
  })
})

describe('putting aside', () => {
  test('one refused connection is enough, and a probe brings it back', async (t: TestContext) => {
    await using house = createHouse(a, b)
    house.fits(a, b)
    const ejected = eject(house, 'refused')
    t.assert.equal(spread(house, 20)[ejected], undefined)
    house.clock.advance(499)
    t.assert.equal(house.peer(ejected).probes, 0)
    house.clock.advance(1)
    await settled()
    t.assert.equal(house.peer(ejected).probes, 1)
    t.assert.ok((spread(house, 40)[ejected] ?? 0) > 5)
  })

  test('waits twice as long after each probe that fails', async (t: TestContext) => {
    await using house = createHouse(a, b)
    house.fits(a, b)
    const peer = house.peer(eject(house, 'refused'))
    peer.answers = false
    const probes: number[] = []
    for (let second = 0; second < 16; second++) {
      house.clock.advance(500)
      await settled()
      probes.push(peer.probes)
    }
    t.assert.deepEqual(probes, [1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4])
    peer.answers = true
    house.clock.advance(30_000)
    await settled()
    t.assert.equal(
      house.set.shown.every(({ state }) => state === 'usable'),
      true,
    )
  })

  test('broken connections have to be three in a row', async (t: TestContext) => {
    await using house = createHouse(a, b)
    house.fits(a, b)
    const instance = house.set.begin()
    for (const end of ['broken', 'broken', 'answered', 'broken', 'broken'] as const) instance.ended(end)
    t.assert.equal(
      house.set.shown.every(({ state }) => state === 'usable'),
      true,
    )
    instance.ended('broken')
    t.assert.equal(house.set.shown.filter(({ state }) => state === 'ejected').length, 1)
    t.assert.equal(house.set.ejections, 1)
  })

  test('a failure sends the repeated call elsewhere', async (t: TestContext) => {
    await using house = createHouse(a, b)
    house.fits(a, b)
    for (let round = 0; round < 20; round++) {
      const failed = house.call('broken')
      t.assert.notEqual(house.call(), failed)
      house.clock.advance(1_000)
      spread(house, 10)
    }
  })

  test('one that is about to stop gets no call while another one is there', async (t: TestContext) => {
    await using house = createHouse(a, b)
    house.fits(a, b)
    const leaving = house.call('leaving')
    t.assert.equal(spread(house, 20)[leaving], undefined)
    t.assert.equal(house.set.ejections, 0)
    house.clock.advance(1_000)
    t.assert.ok((spread(house, 40)[leaving] ?? 0) > 5)
  })

  test('a call that could not connect finds the others, and none when there is no other', async (t: TestContext) => {
    await using house = createHouse(a, b)
    house.fits(a, b)
    const first = house.set.begin()
    first.ended('refused')
    const second = house.set.beginElsewhere(first)
    t.assert.notEqual(second?.pool, first.pool)
    second?.ended('refused')
    t.assert.equal(second === null ? second : house.set.beginElsewhere(second), null)
  })

  test('when all are put aside, all are tried, and the first that answers is used again', async (t: TestContext) => {
    await using house = createHouse(a, b)
    house.fits(a, b)
    eject(house, 'refused')
    eject(house, 'refused')
    t.assert.deepEqual(
      house.set.shown.map(({ state }) => state),
      ['ejected', 'ejected'],
    )
    const origin = house.call('answered')
    t.assert.deepEqual(spread(house, 10), { [origin]: 10 })
  })

  test('one that says it cannot work is only done without while most of the others work', async (t: TestContext) => {
    await using house = createHouse(a, b, c)
    house.fits(a, b, c)
    for (let call = 0; call < 60; call++) house.call('unavailable')
    t.assert.equal(house.set.shown.filter(({ state }) => state === 'ejected').length, 2)
  })

  test('a lone instance is never put aside', async (t: TestContext) => {
    await using house = createHouse(a)
    house.fits(a)
    for (let call = 0; call < 5; call++) house.call('refused')
    t.assert.deepEqual(house.set.shown, [{ url: a, state: 'usable' }])
  })
})

describe('coming and going', () => {
  test('what has gone gets no new call and ends what it has', async (t: TestContext) => {
    await using house = createHouse(a, b)
    house.fits(a, b)
    house.set.update([b, c])
    house.fits(c)
    t.assert.equal(house.peer(a).retired, true)
    const counts = spread(house, 100)
    t.assert.equal(counts[a], undefined)
    t.assert.ok((counts[c] ?? 0) > 20)
  })

  test('no instance at all is unavailable, in words', async (t: TestContext) => {
    await using house = createHouse()
    t.assert.throws(
      () => house.set.begin(),
      (error) =>
        error instanceof AppError && error.kind === 'unavailable' && /names no instance/.test(String(error.cause)),
    )
    t.assert.deepEqual(house.set.notReady(), ['sample cannot be reached: dns://sample:1 names no instance'])
  })

  test('a register that cannot be asked changes nothing and is said once', async (t: TestContext) => {
    await using house = createHouse(a)
    house.fits(a)
    for (let failure = 1; failure < 10; failure++) house.set.cannotTell('cannot be resolved (ECONNREFUSED)', failure)
    t.assert.equal(house.call(), a)
    t.assert.equal(house.set.failures, 9)
    t.assert.equal(house.lines.filter((line) => line.includes('cannot be resolved')).length, 1)
    t.assert.deepEqual(house.set.notReady(), [])
  })
})

/** Fails calls until one instance is put aside; resolves to which. */
function eject(house: FakeHouse, end: 'refused'): string {
  const before = house.set.shown.filter(({ state }) => state === 'ejected').length
  for (;;) {
    const origin = house.call(end)
    if (house.set.shown.filter(({ state }) => state === 'ejected').length > before) return origin
  }
}
