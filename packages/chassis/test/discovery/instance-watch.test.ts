import { type TestContext, test } from 'node:test'
import { createFakeClock } from '@parley/testkit/clock.ts'
import type { Answer, InstanceSource } from '../../discovery/instance-source.ts'
import { InstanceWatch } from '../../discovery/instance-watch.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

/** A watch over a source that answers with what the test has put there, or fails. */
function startWatch() {
  const clock = createFakeClock()
  const answers: Answer[] = []
  const failures: number[] = []
  let asked = 0
  let next: Answer | Error = { origins: [], validForMs: 1_000 }
  const source: InstanceSource = {
    async next() {
      asked++
      if (next instanceof Error) throw next
      return next
    },
  }
  const watch = new InstanceWatch({
    source,
    timers: clock,
    onAnswer: (answer) => answers.push(answer),
    onFailure: (_problem, count) => failures.push(count),
  })
  return {
    watch,
    answers,
    failures,
    get asked() {
      return asked
    },
    say(answer: Answer | Error) {
      next = answer
    },
    async pass(ms: number) {
      clock.advance(ms)
      await settled()
    },
  }
}

test('an answer is asked for again when it is no longer valid', async (t: TestContext) => {
  const world = startWatch()
  world.watch.start()
  await settled()
  await world.pass(999)
  t.assert.equal(world.asked, 1)
  world.say({ origins: ['http://a:1'], validForMs: 5_000 })
  await world.pass(1)
  t.assert.deepEqual(world.answers.at(-1)?.origins, ['http://a:1'])
  await world.pass(4_999)
  t.assert.equal(world.asked, 2)
  world.watch.stop()
})

test('failures are told and make the next question later, up to ten seconds', async (t: TestContext) => {
  const world = startWatch()
  world.say(new Error('cannot be resolved (ECONNREFUSED)'))
  world.watch.start()
  await settled()
  for (const delayMs of [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
    const before = world.asked
    await world.pass(delayMs - 1)
    t.assert.equal(world.asked, before)
    await world.pass(1)
    t.assert.equal(world.asked, before + 1)
  }
  t.assert.deepEqual(world.failures, [1, 2, 3, 4, 5, 6, 7, 8])
  t.assert.deepEqual(world.answers, [])
  world.watch.stop()
})

test('after an answer the failures are forgotten, and nothing is asked once it has stopped', async (t: TestContext) => {
  const world = startWatch()
  world.say(new Error('cannot be asked'))
  world.watch.start()
  await settled()
  world.say({ origins: ['http://a:1'], validForMs: 1_000 })
  await world.pass(500)
  world.say(new Error('cannot be asked'))
  await world.pass(1_000)
  t.assert.deepEqual(world.failures, [1, 1])
  world.watch.stop()
  const { asked } = world
  await world.pass(60_000)
  t.assert.equal(world.asked, asked)
})
