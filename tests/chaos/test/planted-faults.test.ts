import { describe, type TestContext, test } from 'node:test'
import { inject } from '../faults/inject.ts'
import { withPlanted } from './with-planted.ts'

const wishesMax = 12

describe('a promise that is broken on purpose is seen', { concurrency: 3 }, () => {
  test('an event has its effect again: skip-inbox', async (t: TestContext) => {
    const problems = await withPlanted({ plant: 'skip-inbox', topology: 'extract:request' }, async ({ rig, load }) => {
      const work = load.once('plain-chat')
      await inject(rig, { kind: 'point', pauseMs: 0, point: 'after-claim', process: 'request' })
      await work
      await rig.untilReady()
    })
    t.assert.match(problems.join('\n'), /^I(1|10): /m)
  })

  test('a request is acknowledged that is not durable: acknowledge-before-commit', async (t: TestContext) => {
    const problems = await withPlanted({ plant: 'acknowledge-before-commit', topology: 'one' }, async ({ load }) => {
      await Promise.all(Array.from({ length: 12 }, () => load.once('plain-chat')))
      for (let wish = 0; wish < 12; wish++) await load.once('late-stored')
    })
    t.assert.match(problems.join('\n'), /^I1: /m)
  })

  test('a tenant reads what is not its own: forget-tenant', async (t: TestContext) => {
    const problems = await withPlanted({ plant: 'forget-tenant', topology: 'one' }, async ({ load }) => {
      const { conversations } = load.journal
      const owners = () => new Set(conversations.filter(({ turns }) => turns.length > 0).map(({ tenant }) => tenant))
      for (let wish = 0; wish < wishesMax && owners().size < 2; wish++) await load.once('conversation')
      await load.once('trespass')
      await load.once('trespass')
    })
    t.assert.match(problems.join('\n'), /^I8: /m)
  })
})
