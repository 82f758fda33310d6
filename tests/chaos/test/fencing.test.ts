import { describe, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { waitUntil } from '@parley/testkit/latch.ts'
import type { LoadedRig } from '../evidence/gather.ts'
import { startWish } from '../load/load-context.ts'
import { beginStored, follow } from '../load/stored-work.ts'
import { leaseMs } from '../rig/rig.ts'
import { withPlanted } from './with-planted.ts'

const takeoverMaxMs = 20_000
/** Long enough for a paused process to be overtaken before it has any text. */
const firstMs = leaseMs + 2_500

describe('a process that is paused for longer than its lease', { concurrency: 2 }, () => {
  test('is overtaken, and nothing that it writes afterwards is accepted', async (t: TestContext) => {
    t.assert.deepEqual(await withPlanted({ plant: null, topology: 'pair' }, overtake), [])
  })

  test('is seen to write when the fence is taken away', async (t: TestContext) => {
    const problems = await withPlanted({ plant: 'drop-fence', topology: 'pair' }, overtake)
    t.assert.match(problems.join('\n'), /^I(2|3|6|11): /m)
  })
})

/** Pauses the process that runs a response until another one has begun it again, and then lets it go on. */
async function overtake({ rig, load }: LoadedRig): Promise<void> {
  const started = startWish(load.context, 'overtaken', { chunks: 6, intervalMs: 50, firstMs }, { keyed: true })
  const begun = beginStored(load.context, started, 1)
  await waitUntil(() => rig.upstream.requestCount === 1, { timeoutMs: takeoverMaxMs, what: 'the first attempt' })
  const paused = rig.process('response')
  paused.signal('SIGSTOP')
  const isOvertaken = () => rig.upstream.requestCount >= 2
  await waitUntil(isOvertaken, { timeoutMs: takeoverMaxMs, pollMs: 20, what: 'the second attempt' })
  await delay(500)
  paused.signal('SIGCONT')
  const id = await begun
  if (id !== null) await follow(load.context, started, id, { leaveAfter: null, pauseMs: 0 })
}
