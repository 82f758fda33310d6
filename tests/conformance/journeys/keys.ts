import type { TestContext } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { RateLimitError } from 'openai'
import type { System } from '../../harness/system.ts'
import { type Journey, journey } from '../journey.ts'

async function errorOf(answer: Response): Promise<{ status: number; code: string | null }> {
  const { error } = (await answer.json()) as { error?: { code: string } }
  return { status: answer.status, code: error?.code ?? null }
}

async function listKeys(system: System, key: string): Promise<Record<string, unknown>[]> {
  const answer = await system.fetch('/parley/keys', { key })
  return ((await answer.json()) as { data: Record<string, unknown>[] }).data
}

export const keyJourneys: readonly Journey[] = [
  journey('keys: a secret is shown once, and only its beginning afterwards', async (t: TestContext, system) => {
    const { key, tenant } = await system.newTenant()
    const made = await system.newKey({ tenant, scopes: ['inference'] })
    const listed = await listKeys(system, key)
    t.assert.equal(listed.length, 2)
    const shown = listed.find(({ id }) => id === made.keyId)
    t.assert.deepEqual(shown?.['scopes'], ['inference'])
    t.assert.ok(made.key.startsWith(String(shown?.['hint'])))
    t.assert.doesNotMatch(JSON.stringify(listed), new RegExp(made.key))
    t.assert.doesNotMatch(system.output(), new RegExp(`${made.key}|${system.key}`), 'no log has a key')
    t.assert.equal((await system.fetch('/v1/models', { key: made.key })).status, 200)
    t.assert.equal(
      (await system.fetch('/v1/models', { key: null, headers: { 'x-api-key': made.key } })).status,
      200,
      'both headers are taken',
    )
  }),

  journey('keys: each scope opens its own routes and no others', async (t: TestContext, system) => {
    const routes = {
      inference: ['/v1/models', '/parley/ledger'],
      sessions: ['/parley/sessions', '/parley/users'],
      keys: ['/parley/keys'],
    }
    for (const scope of Object.keys(routes)) {
      const { key } = await system.newTenant({ scopes: [scope] })
      for (const [owner, paths] of Object.entries(routes)) {
        for (const path of paths) {
          const answer = await system.fetch(path, { key })
          t.assert.equal(answer.status, owner === scope ? 200 : 403, `${path} with ${scope}`)
          if (owner !== scope) t.assert.equal((await errorOf(answer)).code, 'scope_missing')
        }
      }
      const topology = await system.fetch('/parley/topology', { key })
      t.assert.equal(topology.status, 403, 'the topology is for operators')
    }
  }),

  journey(
    'keys: a tenant makes keys for itself, and not for others or for operators',
    async (t: TestContext, system) => {
      const { key, tenant } = await system.newTenant()
      const make = (body: object) => system.fetch('/parley/keys', { key, body: { name: 'own', ...body } })
      const own = (await (await make({})).json()) as { tenant: string; scopes: string[] }
      t.assert.equal(own.tenant, tenant)
      t.assert.deepEqual(await errorOf(await make({ tenant: 'default' })), { status: 403, code: 'scope_missing' })
      t.assert.deepEqual(await errorOf(await make({ scopes: ['operator'] })), { status: 403, code: 'scope_missing' })
    },
  ),

  journey('keys: a revoked key is refused within a second', async (t: TestContext, system) => {
    const { key, keyId } = await system.newKey()
    t.assert.equal((await system.fetch('/v1/models', { key })).status, 200)
    const revoked = await system.fetch(`/parley/keys/${keyId}/revoke`, { method: 'POST' })
    t.assert.equal(revoked.status, 200)
    const revokedMs = performance.now()
    await waitUntil(async () => (await system.fetch('/v1/models', { key })).status === 401, { pollMs: 20 })
    t.assert.ok(performance.now() - revokedMs < 1_000)
    t.assert.deepEqual(await errorOf(await system.fetch('/v1/models', { key })), { status: 401, code: 'key_revoked' })
    const again = await system.fetch(`/parley/keys/${keyId}/revoke`, { method: 'POST' })
    t.assert.deepEqual(await again.json(), await revoked.json(), 'revoking twice changes nothing')
    const absent = await system.fetch(`/parley/keys/key_${'0'.repeat(32)}/revoke`, { method: 'POST' })
    t.assert.deepEqual(await errorOf(absent), { status: 404, code: 'key_not_found' })
  }),

  journey('keys: one that expires works until then', async (t: TestContext, system) => {
    const { key } = await system.newKey({ expiresAt: Date.now() + 1_000 })
    t.assert.equal((await system.fetch('/v1/models', { key })).status, 200)
    await waitUntil(async () => (await system.fetch('/v1/models', { key })).status === 401, { pollMs: 50 })
    t.assert.deepEqual(await errorOf(await system.fetch('/v1/models', { key })), { status: 401, code: 'key_expired' })
    const past = await system.fetch('/parley/keys', { body: { name: 'late', expires_at: 1_000 } })
    t.assert.equal(past.status, 400)
  }),

  journey('limits: a key is told what is left, and refused with when to come back', async (t: TestContext, system) => {
    const { key } = await system.newKey({ requestsPerMinute: 3 })
    for (const remaining of ['2', '1', '0']) {
      const { status, headers } = await system.fetch('/v1/models', { key })
      t.assert.equal(status, 200)
      t.assert.equal(headers.get('x-ratelimit-limit-requests'), '3')
      t.assert.equal(headers.get('x-ratelimit-remaining-requests'), remaining)
      t.assert.match(headers.get('x-ratelimit-reset-requests') ?? '', /^(\d+m)?(\d+(\.\d+)?s|\d+ms)$/)
    }
    const refused = await system.fetch('/v1/models', { key })
    t.assert.equal(refused.headers.get('x-should-retry'), 'true')
    t.assert.match(refused.headers.get('retry-after') ?? '', /^\d+$/)
    const retryAfterMs = Number(refused.headers.get('retry-after-ms'))
    t.assert.ok(retryAfterMs > 0 && retryAfterMs <= 20_000, `${retryAfterMs}`)
    t.assert.deepEqual(await errorOf(refused), { status: 429, code: 'rate_limit_exceeded' })
    await t.assert.rejects(system.client({ key }).models.list(), RateLimitError)
    t.assert.equal((await system.fetch('/v1/models')).status, 200, 'other keys are not concerned')
  }),
]
