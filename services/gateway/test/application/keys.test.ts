import { type TestContext, test } from 'node:test'
import type { EventPublisher } from '@parley/chassis/events/publisher.ts'
import { newId } from '@parley/chassis/runtime/real-clock.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import { createFakeClock } from '@parley/testkit/clock.ts'
import { testContext } from '@parley/testkit/context.ts'
import { createTestStore } from '@parley/testkit/store.ts'
import { createAuthenticate } from '../../application/authenticate.ts'
import { createEnsureFirstKey } from '../../application/ensure-first-key.ts'
import { createManageKeys } from '../../application/manage-keys.ts'
import { CachedKeyDirectory, keyFreshMs, storePatienceMs } from '../../infrastructure/cached-key-directory.ts'
import { newRandomSecret, sha256 } from '../../infrastructure/key-secrets.ts'
import { KyselyKeyStore } from '../../infrastructure/kysely-key-store.ts'
import { migrations } from '../../infrastructure/migrations/index.ts'
import { PublishedKeyEvents } from '../../infrastructure/published-key-events.ts'
import type { GatewaySchema } from '../../infrastructure/schema.ts'

async function setUp() {
  const store = await createTestStore<GatewaySchema>('gateway', migrations)
  const published: { type: string; keyId: string; seq: number }[] = []
  const publisher: EventPublisher = {
    publish: async (_tx, _context, { type }, data, { seq }) => {
      published.push({ type, seq, ...(data as { keyId: string }) })
    },
  }
  const keys = new KyselyKeyStore(store)
  const clock = createFakeClock()
  const reads = { count: 0 }
  const outage: { answer: 'refuses' | 'hangs' | null; admitted: number } = { answer: null, admitted: 0 }
  const counted = {
    findByHash: (...args: Parameters<KyselyKeyStore['findByHash']>) => {
      reads.count++
      if (outage.answer === 'refuses') return Promise.reject(new AppError('STORE_UNAVAILABLE', 'The store is away.'))
      if (outage.answer === 'hangs') return new Promise<never>(() => {})
      return keys.findByHash(...args)
    },
  }
  const onOutage = () => void outage.admitted++
  const directory = new CachedKeyDirectory({ keys: counted, clock, timers: clock, outageMs, onOutage })
  const budgets: unknown[] = []
  const ports = {
    keys,
    directory,
    budgets: { create: async (_context: unknown, budget: unknown) => budgets.push(budget) },
    events: new PublishedKeyEvents(publisher),
    newSecret: newRandomSecret,
    hashSecret: sha256,
    clock,
    newId,
  }
  return {
    store,
    keys,
    clock,
    reads,
    outage,
    published,
    budgets,
    manage: createManageKeys(ports),
    ensureFirstKey: createEnsureFirstKey(ports),
    authenticate: async (secret: string) => createAuthenticate({ directory, hashSecret: sha256, clock })(secret),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

const outageMs = 10 * 60_000
const context = testContext({ scopes: ['keys'] })
const operator = testContext({ tenant: 'default', scopes: ['keys', 'operator'] })
const wish = {
  tenant: 'tenant-a',
  name: 'mine',
  scopes: ['inference' as const],
  requestsPerMinute: 7,
  expiresAt: null,
}
const withCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code

test('a key opens the door with what it was made with, and its secret is kept nowhere', async (t: TestContext) => {
  await using gateway = await setUp()
  const { key, secret } = await gateway.manage.createKey(context, wish)
  t.assert.match(secret, /^parley-[0-9A-Za-z]{43}$/)
  t.assert.strictEqual(key.hint, secret.slice(0, 11))
  const found = await gateway.authenticate(secret)
  t.assert.deepStrictEqual(found, {
    principal: { tenant: 'tenant-a', keyId: key.keyId, scopes: ['inference'] },
    requestsPerMinute: 7,
    expiresAt: null,
    revokedAt: null,
  })
  const rows = await gateway.store.read.selectFrom('api_keys').selectAll().execute()
  t.assert.ok(!JSON.stringify(rows).includes(secret))
  t.assert.ok(!JSON.stringify(await gateway.manage.listKeys(context, { tenant: 'tenant-a' })).includes(sha256(secret)))
  await t.assert.rejects(gateway.authenticate(`${secret}x`), withCode('KEY_INVALID'))
})

test('a known key costs one read per half second, and so does an unknown one', async (t: TestContext) => {
  await using gateway = await setUp()
  const { secret } = await gateway.manage.createKey(context, wish)
  await Promise.all(Array.from({ length: 50 }, () => gateway.authenticate(secret)))
  for (let count = 0; count < 50; count++) await gateway.authenticate(secret)
  t.assert.strictEqual(gateway.reads.count, 1)
  for (let count = 0; count < 50; count++) {
    await t.assert.rejects(gateway.authenticate('parley-guess'), withCode('KEY_INVALID'))
  }
  t.assert.strictEqual(gateway.reads.count, 2)
  gateway.clock.advance(keyFreshMs + 1)
  await gateway.authenticate(secret)
  t.assert.strictEqual(gateway.reads.count, 3)
})

test('a revoked key is refused at once here, and within half a second where another process revoked it', async (t: TestContext) => {
  await using gateway = await setUp()
  const here = await gateway.manage.createKey(context, wish)
  await gateway.authenticate(here.secret)
  const revoked = await gateway.manage.revokeKey(context, { keyId: here.key.keyId })
  t.assert.strictEqual(revoked.revokedAt, gateway.clock.now())
  await t.assert.rejects(gateway.authenticate(here.secret), withCode('KEY_REVOKED'))
  const there = await gateway.manage.createKey(context, wish)
  await gateway.authenticate(there.secret)
  await gateway.keys.transaction((tx) => gateway.keys.revoke(tx, there.key.keyId, gateway.clock.now()))
  await gateway.authenticate(there.secret)
  gateway.clock.advance(keyFreshMs + 1)
  await t.assert.rejects(gateway.authenticate(there.secret), withCode('KEY_REVOKED'))
})

test('revoking twice changes and announces nothing more', async (t: TestContext) => {
  await using gateway = await setUp()
  const { key } = await gateway.manage.createKey(context, wish)
  const first = await gateway.manage.revokeKey(context, { keyId: key.keyId })
  gateway.clock.advance(1_000)
  t.assert.deepStrictEqual(await gateway.manage.revokeKey(context, { keyId: key.keyId }), first)
  t.assert.deepStrictEqual(gateway.published, [
    { type: 'key.created.v1', keyId: key.keyId, tenant: 'tenant-a', seq: 1 },
    { type: 'key.revoked.v1', keyId: key.keyId, tenant: 'tenant-a', seq: 2 },
  ])
})

test('an expired key is refused even while it is remembered', async (t: TestContext) => {
  await using gateway = await setUp()
  const expiresAt = gateway.clock.now() + 100
  const { secret } = await gateway.manage.createKey(context, { ...wish, expiresAt })
  await gateway.authenticate(secret)
  gateway.clock.advance(100)
  await t.assert.rejects(gateway.authenticate(secret), withCode('KEY_EXPIRED'))
  await t.assert.rejects(gateway.manage.createKey(context, { ...wish, expiresAt: 1 }), withCode('INVALID_REQUEST'))
})

test('only an operator acts on other tenants, or makes operators', async (t: TestContext) => {
  await using gateway = await setUp()
  const other = { ...wish, tenant: 'tenant-b' }
  await t.assert.rejects(gateway.manage.createKey(context, other), withCode('SCOPE_MISSING'))
  await t.assert.rejects(gateway.manage.listKeys(context, { tenant: 'tenant-b' }), withCode('SCOPE_MISSING'))
  await t.assert.rejects(
    gateway.manage.createKey(context, { ...wish, scopes: ['operator'] }),
    withCode('SCOPE_MISSING'),
  )
  const { key } = await gateway.manage.createKey(operator, { ...other, scopes: ['operator'] })
  t.assert.strictEqual((await gateway.manage.listKeys(operator, { tenant: 'tenant-b' })).data.length, 1)
  await t.assert.rejects(gateway.manage.revokeKey(context, { keyId: key.keyId }), withCode('KEY_NOT_FOUND'))
  await t.assert.rejects(gateway.manage.revokeKey(operator, { keyId: 'key_absent' }), withCode('KEY_NOT_FOUND'))
})

test('an empty store gets one first key, whose secret is shown once', async (t: TestContext) => {
  await using gateway = await setUp()
  const secrets = await Promise.all([gateway.ensureFirstKey(operator, null), gateway.ensureFirstKey(operator, null)])
  const [secret, ...more] = secrets.filter((found) => found !== null)
  t.assert.deepStrictEqual(more, [])
  const { principal } = await gateway.authenticate(secret ?? '')
  t.assert.deepStrictEqual([principal.tenant, principal.scopes.length], ['default', 4])
  t.assert.strictEqual(await gateway.ensureFirstKey(operator, null), null)
})

test('a preset key is there after the start, and a changed one takes its place', async (t: TestContext) => {
  await using gateway = await setUp()
  for (const secret of ['preset-one', 'preset-one', 'preset-two', 'preset-one']) {
    t.assert.strictEqual(await gateway.ensureFirstKey(operator, secret), null)
    gateway.clock.advance(keyFreshMs + 1)
    t.assert.strictEqual((await gateway.authenticate(secret)).principal.tenant, 'default')
    const other = secret === 'preset-one' ? 'preset-two' : 'preset-one'
    await t.assert.rejects(gateway.authenticate(other), withCode('KEY_INVALID'))
  }
  t.assert.strictEqual((await gateway.manage.listKeys(operator, { tenant: 'default' })).data.length, 1)
})

test('a preset key that was revoked on purpose stays revoked over starts', async (t: TestContext) => {
  await using gateway = await setUp()
  await gateway.ensureFirstKey(operator, 'preset-one')
  const { data } = await gateway.manage.listKeys(operator, { tenant: 'default' })
  await gateway.manage.revokeKey(operator, { keyId: data[0]?.keyId ?? '' })
  await gateway.ensureFirstKey(operator, 'preset-one')
  await t.assert.rejects(gateway.authenticate('preset-one'), withCode('KEY_REVOKED'))
})

test('a key that was valid goes on working while the store refuses, for the stated time', async (t: TestContext) => {
  await using gateway = await setUp()
  const { secret } = await gateway.manage.createKey(context, wish)
  await gateway.authenticate(secret)
  gateway.outage.answer = 'refuses'
  gateway.clock.advance(keyFreshMs + 1)
  t.assert.strictEqual((await gateway.authenticate(secret)).principal.tenant, 'tenant-a')
  t.assert.strictEqual(gateway.outage.admitted, 1)
  await t.assert.rejects(gateway.authenticate(`${secret}x`), withCode('STORE_UNAVAILABLE'))
  gateway.clock.advance(outageMs + 1)
  await t.assert.rejects(gateway.authenticate(secret), withCode('STORE_UNAVAILABLE'))
})

test('a store that hangs delays a known key by a moment only', async (t: TestContext) => {
  await using gateway = await setUp()
  const { secret } = await gateway.manage.createKey(context, wish)
  await gateway.authenticate(secret)
  gateway.outage.answer = 'hangs'
  gateway.clock.advance(keyFreshMs + 1)
  const admitted = gateway.authenticate(secret)
  await Promise.resolve()
  gateway.clock.advance(storePatienceMs)
  t.assert.strictEqual((await admitted).principal.tenant, 'tenant-a')
})

test('a revocation is seen when the store answers again, and one made here at once', async (t: TestContext) => {
  await using gateway = await setUp()
  const { secret, key } = await gateway.manage.createKey(context, wish)
  await gateway.authenticate(secret)
  await gateway.store.transaction((tx) => gateway.keys.revoke(tx, key.keyId, gateway.clock.now()))
  gateway.outage.answer = 'refuses'
  gateway.clock.advance(keyFreshMs + 1)
  await gateway.authenticate(secret)
  gateway.outage.answer = null
  gateway.clock.advance(keyFreshMs + 1)
  await t.assert.rejects(gateway.authenticate(secret), withCode('KEY_REVOKED'))

  const other = await gateway.manage.createKey(context, wish)
  await gateway.authenticate(other.secret)
  await gateway.manage.revokeKey(context, { keyId: other.key.keyId })
  gateway.outage.answer = 'refuses'
  await t.assert.rejects(gateway.authenticate(other.secret), withCode('STORE_UNAVAILABLE'))
})

test('a key that is made with a budget has it before it works', async (t: TestContext) => {
  await using gateway = await setUp()
  const budget = { name: 'small', period: 'day' as const, limitMicros: 5, limitTokens: null }
  const { key } = await gateway.manage.createKey(context, { ...wish, budget })
  t.assert.deepStrictEqual(gateway.budgets, [{ ...budget, tenant: 'tenant-a', keyId: key.keyId }])
  t.assert.ok(!('budget' in key))
})
