import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { startSystem } from '../harness/start-system.ts'
import type { System } from '../harness/system.ts'

const roundsPerBatch = 40
/** Which classes of status a fuzzed call ends with may differ a little from one batch to the next. */
const growthMax = 20
/** Names are shown until this many were seen; the first batch uses all of them up. */
const unlistedModelsMax = 20

test('made-up ids, models, tenants and paths make no series', async (t: TestContext) => {
  await using system = await startSystem('one-process-strict')
  const made: string[] = []
  const name = (kind: string) => {
    const text = `${kind}-${randomUUID()}`
    made.push(text)
    return text
  }
  await runBatch(system, name)
  const first = await seriesOf(system)
  await runBatch(system, name)
  const second = await seriesOf(system)
  t.assert.ok(made.length > 8 * roundsPerBatch)
  t.assert.ok(first.length > 100 && first.length < 6_000, `${first.length} series`)
  t.assert.ok(second.length <= first.length + growthMax, `${second.length} series after ${first.length}`)
  const shown = made.filter((text) => second.some((line) => line.includes(text)))
  t.assert.ok(shown.length <= unlistedModelsMax, `${shown.length} names are shown`)
  t.assert.ok(
    shown.every((text) => text.startsWith('model-')),
    'only names of models that were answered',
  )
})

async function runBatch(system: System, name: (kind: string) => string): Promise<void> {
  for (let round = 0; round < roundsPerBatch; round++) {
    const tenant = await system.newTenant({ tenant: name('tenant') })
    const messages = [{ role: 'user', content: name('text') }]
    const asTenant = (path: string, body?: unknown, method?: string) =>
      system
        .fetch(path, { key: tenant.key, ...(body !== undefined && { body }), ...(method !== undefined && { method }) })
        .then((answer) => answer.text())
    await Promise.all([
      asTenant('/v1/chat/completions', { model: name('model'), messages }),
      asTenant('/v1/chat/completions', { model: `nobody/${name('model')}/x`, messages, stream: true }),
      asTenant(`/v1/responses/${name('resp')}`),
      asTenant(`/v1/conversations/${name('conv')}`),
      asTenant(`/v1/models/${name('absent')}`),
      asTenant(`/${name('path')}`),
      asTenant('/v1/models', undefined, 'PATCH'),
      asTenant(`/parley/users/${name('user')}`, { name: 'x' }, 'PUT'),
      system.fetch('/v1/models', { key: name('key') }).then((answer) => answer.text()),
    ])
  }
}

async function seriesOf(system: System): Promise<string[]> {
  const page = await (await system.fetch('/metrics')).text()
  return page.split('\n').filter((line) => line.startsWith('parley_'))
}
