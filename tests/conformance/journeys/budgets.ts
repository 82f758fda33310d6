import type { TestContext } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { RateLimitError } from 'openai'
import type { System, Tenant } from '../../harness/system.ts'
import { upstreamCalls } from '../../harness/upstream-calls.ts'
import { type Journey, journey } from '../journey.ts'
import { listRequests, untilSettled } from '../requests.ts'

interface Budget {
  readonly id: string
  readonly current: { readonly spent_micros: number; readonly held_micros: number; readonly spent_tokens: number }
}

async function createBudget(system: System, { tenant }: Tenant, limits: object): Promise<Budget> {
  const answer = await system.fetch('/parley/budgets', { body: { tenant, name: 'small', ...limits } })
  if (!answer.ok) throw new Error(`no budget was made: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Budget
}

async function getBudget(system: System, { id }: Budget): Promise<Budget['current']> {
  return ((await (await system.fetch(`/parley/budgets/${id}`)).json()) as Budget).current
}

/** Of the model with a price: input 1, output 2 per million tokens. */
const ask = (text: string, model = 'priced-model') => ({
  model,
  max_tokens: 50,
  messages: [{ role: 'user' as const, content: text }],
})

/** What one such request holds, as the refusal of a budget of nothing tells it. */
async function holdOf(system: System, owner: Tenant): Promise<number> {
  const none = await createBudget(system, owner, { limit_micros: 0 })
  const refused = await owner.client.chat.completions.create(ask('hello')).catch((error: unknown) => error)
  await system.fetch(`/parley/budgets/${none.id}`, { method: 'DELETE' })
  const [, units = ''] = /: ([\d.]+) may be needed/.exec(refused instanceof Error ? refused.message : '') ?? []
  return Math.round(Number(units) * 1_000_000)
}

export const budgetJourneys: readonly Journey[] = [
  journey(
    'budgets: sixty-four at once on a budget for one, exactly one is admitted',
    async (t: TestContext, system) => {
      const owner = await system.newTenant()
      const holdMicros = await holdOf(system, owner)
      t.assert.ok(holdMicros > 100 && holdMicros < 200, `${holdMicros}`)
      const budget = await createBudget(system, owner, { limit_micros: holdMicros })
      const before = upstreamCalls(system, 'budget-for-one').length
      const all = await Promise.allSettled(
        Array.from({ length: 64 }, () => owner.client.chat.completions.create(ask('hello', 'budget-for-one'))),
      )
      const refused = all.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
      t.assert.equal(refused.length, 63)
      t.assert.ok(refused.every((error) => error instanceof RateLimitError && error.code === 'insufficient_quota'))
      t.assert.equal((await untilSettled(system, owner.key, 1)).length, 1)
      t.assert.equal((await listRequests(system, owner.key)).length, 1, 'a refused request leaves no row')
      t.assert.equal(upstreamCalls(system, 'budget-for-one').length - before, 1)
      const { held_micros: held, spent_micros: spent } = await getBudget(system, budget)
      t.assert.equal(held, 0)
      t.assert.ok(spent > 0 && spent <= holdMicros, `${spent}`)
    },
  ),

  journey(
    'budgets: a refusal says which budget, is not retried, and ends when there is room',
    async (t: TestContext, system) => {
      const owner = await system.newTenant()
      const made = await system.fetch('/parley/keys', {
        key: owner.key,
        body: { name: 'metered', budget: { period: 'month', limit_tokens: 20 } },
      })
      const { id: keyId, secret } = (await made.json()) as { id: string; secret: string }
      const answer = await system.fetch('/v1/chat/completions', { key: secret, body: ask('hello') })
      t.assert.equal(answer.status, 429)
      t.assert.equal(answer.headers.get('x-should-retry'), 'false')
      t.assert.equal(answer.headers.get('retry-after'), null)
      const { error } = (await answer.json()) as { error: Record<string, string> }
      t.assert.equal(error['type'], 'insufficient_quota')
      t.assert.equal(error['code'], 'insufficient_quota')
      t.assert.match(
        error['message'] ?? '',
        /'metered' \(bud_[0-9a-f]{32}\) of this API key .* of this month: \d+ tokens may/,
      )
      const listed = await system.fetch('/parley/budgets', { key: owner.key })
      const [budget] = ((await listed.json()) as { data: (Budget & { key_id: string })[] }).data
      t.assert.equal(budget?.key_id, keyId)
      const raised = await system.fetch(`/parley/budgets/${budget?.id}`, {
        method: 'PATCH',
        key: owner.key,
        body: { limit_tokens: 100_000 },
      })
      t.assert.equal(raised.status, 200)
      t.assert.equal((await system.fetch('/v1/chat/completions', { key: secret, body: ask('hello') })).status, 200)
      t.assert.equal((await system.fetch('/v1/chat/completions', { key: owner.key, body: ask('hello') })).status, 200)
    },
  ),

  journey('budgets: what settled is priced, summed up and charged alike', async (t: TestContext, system) => {
    const owner = await system.newTenant()
    const budget = await createBudget(system, owner, { limit_micros: 1_000_000, period: 'day' })
    for (const text of ['one', 'two']) await owner.client.chat.completions.create(ask(text))
    await owner.client.chat.completions.create({ ...ask('three'), model: 'no-price-known' })
    const rows = (await untilSettled(system, owner.key, 3)) as unknown as Record<string, unknown>[]
    const sum = rows.reduce((total, row) => total + Number(row['cost_micros']), 0)
    t.assert.deepEqual(
      rows.map((row) => [row['model'], row['cost_provenance']]),
      [
        ['no-price-known', 'unpriced'],
        ['priced-model', 'priced'],
        ['priced-model', 'priced'],
      ],
    )
    t.assert.match(String(rows[1]?.['price_version']), /^journeys-1\+/)
    t.assert.ok(sum > 0)
    await waitUntil(async () => (await getBudget(system, budget)).held_micros === 0, { pollMs: 20 })
    t.assert.equal((await getBudget(system, budget)).spent_micros, sum)
    const usage = await system.fetch('/parley/usage?by=model,day', { key: owner.key })
    const { data } = (await usage.json()) as { data: Record<string, unknown>[] }
    const priced = data.find(({ model }) => model === 'priced-model')
    t.assert.equal(priced?.['cost_micros'], sum)
    t.assert.equal(priced?.['requests'], 2)
    t.assert.equal(priced?.['unpriced_requests'], 0)
    t.assert.equal(data.find(({ model }) => model === 'no-price-known')?.['unpriced_requests'], 1)
    t.assert.match(String(priced?.['day']), /^\d{4}-\d\d-\d\d$/)
  }),

  journey('budgets: a request shows the steps it has gone through', async (t: TestContext, system) => {
    const owner = await system.newTenant()
    const conversation = await owner.client.conversations.create()
    await owner.client.responses.create({ model: 'saga', input: 'hello', conversation: conversation.id })
    const [request] = await listRequests(system, owner.key)
    const stateOf = async () => {
      const answer = await system.fetch(`/parley/requests/${request?.id}`, { key: owner.key })
      return (await answer.json()) as { saga: { state: string; history: { event: string }[] } }
    }
    const isFinished = async () => (await stateOf()).saga.state === 'finished'
    await waitUntil(isFinished, { pollMs: 20, timeoutMs: 15_000 }).catch(() => {})
    const { saga } = await stateOf()
    t.assert.deepEqual([saga.state, ...saga.history.map(({ event }) => event)], ['finished', 'settle-owing', 'append'])
    const byOperator = await system.fetch(`/parley/requests/${request?.id}?tenant=${owner.tenant}`)
    t.assert.equal(byOperator.status, 200)
  }),

  {
    name: 'budgets: after everything, the records of all services agree',
    alone: true,
    async run(t: TestContext, system) {
      let stuck: unknown
      await waitUntil(
        async () => {
          stuck = await (await system.fetch('/parley/stuck-requests')).json()
          return (stuck as { data: unknown[] }).data.length === 0
        },
        { pollMs: 200, timeoutMs: 15_000 },
      ).catch(() => {})
      t.assert.deepEqual(stuck, { object: 'list', data: [] })
      let exceptions: unknown[] = []
      await waitUntil(
        async () => {
          exceptions = await reconcile(system)
          return exceptions.length === 0
        },
        { pollMs: 200, timeoutMs: 15_000 },
      ).catch(() => {})
      t.assert.deepEqual(exceptions, [])
    },
  },
]

async function reconcile(system: System): Promise<unknown[]> {
  const exceptions: unknown[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const answer = await system.fetch(`/parley/reconciliation?limit=50&grace_seconds=2${query}`)
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
    const page = (await answer.json()) as { exceptions: unknown[]; next: string | null }
    exceptions.push(...page.exceptions)
    cursor = page.next
  }
  return exceptions
}
