// Run by new-service.test.ts in a copy of the repository that has the service which SERVICE names.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { contracts } from '@parley/catalog/contracts.ts'
import { singleInstance } from '@parley/chassis/contract/callee.ts'
import { createInternalAuth } from '@parley/chassis/contract/internal-auth.ts'
import { createRemoteClient } from '@parley/chassis/contract/remote-client.ts'
import { testContext } from '@parley/testkit/context.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { Pool } from 'undici'
import { startSystem } from '../harness/start-system.ts'
import type { System } from '../harness/system.ts'

const name = process.env['SERVICE'] ?? ''
const timeoutMs = 60_000

interface Entry {
  readonly entryId: string
  readonly text: string
}

async function respond(system: System): Promise<string> {
  const { id } = await system.client().responses.create({ model: 'default-model', input: 'Hello' })
  return id
}

test('in one process, the service runs beside the others and hears of what they publish', async (t: TestContext) => {
  const folder = join(process.cwd(), 'data', randomUUID())
  await using system = await startSystem('one-process', { env: { PARLEY_DATA: folder } })
  const topology = await (await system.fetch('/parley/topology')).text()
  t.assert.match(topology, new RegExp(`"${name}","placement":"local"`))
  const id = await respond(system)
  const store = new DatabaseSync(join(folder, `${name}.db`), { readOnly: true })
  t.after(() => store.close())
  const heard = () => store.prepare('select text from entries where entry_id = ?').get(id)
  await waitUntil(() => heard() !== undefined, { what: 'the entry', timeoutMs })
  t.assert.deepStrictEqual({ ...heard() }, { text: 'completed by default-model' })
})

test('split, it is a process of its own, which answers calls and hears of the same', async (t: TestContext) => {
  const secret = `${randomUUID()}${randomUUID()}`
  await using system = await startSystem('split', { env: { PARLEY_INTERNAL_SECRET: secret } })
  const announced = () => new RegExp(`^ *${name} +(http:\\S+)`, 'm').exec(system.output())?.[1]
  await waitUntil(() => announced() !== undefined, { what: 'the table of processes', timeoutMs })
  const contract = contracts.find((candidate) => candidate.name === name)
  t.assert.ok(contract !== undefined)
  const pool = new Pool(announced() ?? '')
  t.after(() => pool.destroy())
  const client = createRemoteClient({
    contract,
    caller: 'test',
    callee: singleInstance(pool),
    auth: createInternalAuth(secret),
  }) as unknown as Record<string, (context: object, input: object) => Promise<{ entries: Entry[] }>>
  const context = () => testContext({ tenant: 'default' })
  await client['addEntry']?.(context(), { entryId: 'mine', text: 'added by a call' })
  const id = await respond(system)
  const listed = async () => (await client['listEntries']?.(context(), {}))?.entries ?? []
  await waitUntil(async () => (await listed()).some(({ entryId }) => entryId === id), { what: 'the entry', timeoutMs })
  const texts = new Map((await listed()).map(({ entryId, text }) => [entryId, text]))
  t.assert.deepStrictEqual(texts.get('mine'), 'added by a call')
  t.assert.deepStrictEqual(texts.get(id), 'completed by default-model')
})
