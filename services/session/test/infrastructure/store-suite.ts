import { type TestContext, test } from 'node:test'
import { newId } from '@parley/chassis/runtime/real-clock.ts'
import type { Store } from '@parley/chassis/store/store.ts'
import type { NewSession } from '../../application/ports.ts'
import { KyselyItemStore } from '../../infrastructure/kysely-item-store.ts'
import { KyselySessionStore } from '../../infrastructure/kysely-session-store.ts'
import { KyselyTurnStore } from '../../infrastructure/kysely-turn-store.ts'
import { KyselyUserStore } from '../../infrastructure/kysely-user-store.ts'
import type { SessionSchema } from '../../infrastructure/schema.ts'
import { message } from '../harness.ts'

export type OpenStore = () => Promise<Store<SessionSchema>>

const tenant = 'tenant-a'
const blank: NewSession = { userId: null, metadata: {}, preferences: {}, itemCount: 0, nextPosition: 1, eventSeq: 1 }
const page = { limit: 10, order: 'asc' } as const

/** What every database must do for the stores of this service. */
export function testStores(database: string, openStore: OpenStore): void {
  const it = (behaviour: string, check: (t: TestContext, stores: Stores) => Promise<void>) =>
    test(`${database}: ${behaviour}`, async (t: TestContext) => {
      const store = await openStore()
      t.after(() => store[Symbol.asyncDispose]())
      await check(t, storesOf(store))
    })

  it('a session comes back as it was written', async (t: TestContext, { store, sessions, users }) => {
    const session = await store.transaction(async (tx) => {
      await users.put(tx, tenant, { userId: 'ada', profile: {}, preferences: { model: 'simulated' } })
      return sessions.insert(tx, key('conv_1'), { ...blank, userId: 'ada', metadata: { topic: 'ünïcode \u0000' } })
    })
    t.assert.strictEqual(session.status, 'open')
    t.assert.ok(session.createdAt > 1.7e12 && session.createdAt === session.lastActiveAt)
    const stored = await sessions.find(key('conv_1'))
    t.assert.ok(stored !== undefined && stored.nowMs >= session.createdAt)
    t.assert.deepStrictEqual(stored, {
      ...session,
      metadata: { topic: 'ünïcode \u0000' },
      lock: null,
      nextPosition: 1,
      eventSeq: 1,
      userPreferences: { model: 'simulated' },
      nowMs: stored.nowMs,
    })
  })

  it('state and settings are saved apart from each other', async (t: TestContext, { store, sessions }) => {
    await store.transaction(async (tx) => {
      await sessions.insert(tx, key('conv_1'), blank)
      const session = await sessions.lock(tx, key('conv_1'))
      t.assert.ok(session)
      const lock = { responseId: 'resp_1', leaseUntilMs: session.nowMs + 5_000 }
      const counters = { itemCount: 3, nextPosition: 8, eventSeq: 9, lastActiveAt: session.createdAt + 7 }
      await sessions.save(tx, tenant, { ...session, status: 'idle', lock, ...counters, metadata: { not: 'saved' } })
      await sessions.saveSettings(tx, tenant, { ...session, metadata: { a: 'b' }, preferences: { temperature: 0.5 } })
      const saved = await sessions.lock(tx, key('conv_1'))
      t.assert.ok(saved)
      const { nowMs: _saved, ...left } = saved
      const { nowMs: _session, ...right } = session
      const settings = { metadata: { a: 'b' }, preferences: { temperature: 0.5 } }
      t.assert.deepStrictEqual(left, { ...right, status: 'idle', lock, ...counters, ...settings })
    })
  })

  it('what a failed transaction wrote is gone', async (t: TestContext, { store, sessions }) => {
    const failing = store.transaction(async (tx) => {
      await sessions.insert(tx, key('conv_1'), blank)
      throw new Error('changed its mind')
    })
    await t.assert.rejects(failing, /changed its mind/)
    t.assert.strictEqual(await sessions.find(key('conv_1')), undefined)
  })

  it('units that count under the row lock lose no count', async (t: TestContext, { store, sessions }) => {
    await store.transaction((tx) => sessions.insert(tx, key('conv_1'), blank))
    const count = () =>
      store.transaction(async (tx) => {
        const session = await sessions.lock(tx, key('conv_1'))
        t.assert.ok(session)
        await sessions.save(tx, tenant, { ...session, eventSeq: session.eventSeq + 1 })
      })
    await Promise.all(Array.from({ length: 25 }, count))
    t.assert.strictEqual((await sessions.find(key('conv_1')))?.eventSeq, 26)
  })

  it('a turn is freed by the response that holds it and by no other', async (t: TestContext, { store, sessions }) => {
    const lock = { responseId: 'resp_1', leaseUntilMs: 5 }
    await store.transaction(async (tx) => {
      await sessions.insert(tx, key('conv_1'), blank)
      const session = await sessions.lock(tx, key('conv_1'))
      t.assert.ok(session)
      await sessions.save(tx, tenant, { ...session, lock })
      await sessions.freeTurn(tx, { ...key('conv_1'), responseId: 'resp_2' })
      await sessions.freeTurn(tx, { tenant: 'tenant-b', sessionId: 'conv_1', responseId: 'resp_1' })
    })
    t.assert.deepStrictEqual((await sessions.find(key('conv_1')))?.lock, lock)
    await store.transaction((tx) => sessions.freeTurn(tx, { ...key('conv_1'), responseId: 'resp_1' }))
    t.assert.strictEqual((await sessions.find(key('conv_1')))?.lock, null)
  })

  it('sessions are listed by tenant, user and status, in both orders, page by page', async (t: TestContext, {
    store,
    sessions,
  }) => {
    await store.transaction(async (tx) => {
      for (const id of ['conv_1', 'conv_2', 'conv_3']) {
        await sessions.insert(tx, key(id), { ...blank, userId: id === 'conv_2' ? null : 'ada' })
      }
      await sessions.insert(tx, { tenant: 'tenant-b', sessionId: 'conv_4' }, { ...blank, userId: 'ada' })
      const third = await sessions.lock(tx, key('conv_3'))
      t.assert.ok(third)
      await sessions.save(tx, tenant, { ...third, status: 'closed' })
    })
    const ids = async (request: object) => {
      const { data, hasMore } = await sessions.list(null, tenant, { ...page, ...request })
      return `${data.map((session) => session.sessionId).join(' ')}${hasMore ? ' …' : ''}`
    }
    t.assert.strictEqual(await ids({}), 'conv_1 conv_2 conv_3')
    t.assert.strictEqual(await ids({ order: 'desc', limit: 2 }), 'conv_3 conv_2 …')
    t.assert.strictEqual(await ids({ order: 'desc', limit: 2, after: 'conv_2' }), 'conv_1')
    t.assert.strictEqual(await ids({ limit: 2, after: 'conv_1' }), 'conv_2 conv_3')
    t.assert.strictEqual(await ids({ userId: 'ada' }), 'conv_1 conv_3')
    t.assert.strictEqual(await ids({ userId: 'ada', status: 'closed' }), 'conv_3')
  })

  it('sessions are due when they were inactive long enough and nothing works on them', async (t: TestContext, {
    store,
    sessions,
  }) => {
    await store.transaction(async (tx) => {
      for (const [id, ageMs, leaseMs] of dueCases) {
        await sessions.insert(tx, key(id), blank)
        const session = await sessions.lock(tx, key(id))
        t.assert.ok(session)
        const lock = leaseMs === null ? null : { responseId: 'resp_1', leaseUntilMs: session.nowMs + leaseMs }
        await sessions.save(tx, tenant, { ...session, lock, lastActiveAt: session.nowMs - ageMs })
      }
    })
    const due = async (limit: number) =>
      (await sessions.listDue({ status: 'open', inactiveMs: 60_000, limit })).map((found) => found.sessionId)
    t.assert.deepStrictEqual(await due(10), ['conv_oldest', 'conv_lapsed', 'conv_old'])
    t.assert.deepStrictEqual(await due(1), ['conv_oldest'])
    t.assert.deepStrictEqual(await sessions.listDue({ status: 'idle', inactiveMs: 0, limit: 10 }), [])
  })

  it('items keep their order, and ids are unique in a session', async (t: TestContext, { store, items }) => {
    const [first, second, third] = [message('one', 'a'), message('two', 'b'), message('three', 'c')]
    await store.transaction(async (tx) => {
      t.assert.ok(await items.insert(tx, key('conv_1'), { item: first, tokens: 1, position: 1 }))
      t.assert.ok(await items.insert(tx, key('conv_1'), { item: second, tokens: 2, position: 2 }))
      t.assert.ok(await items.insert(tx, key('conv_1'), { item: third, tokens: 3, position: 5 }))
      t.assert.ok(await items.insert(tx, key('conv_2'), { item: first, tokens: 1, position: 1 }))
      t.assert.ok(!(await items.insert(tx, key('conv_1'), { item: message('other', 'b'), tokens: 9, position: 6 })))
    })
    t.assert.deepStrictEqual(await items.list(key('conv_1'), page), { data: [first, second, third], hasMore: false })
    const backwards = { limit: 1, order: 'desc', after: 5 } as const
    t.assert.deepStrictEqual(await items.list(key('conv_1'), backwards), { data: [second], hasMore: true })
    t.assert.deepStrictEqual(await items.find(key('conv_1'), 'b'), { item: second, tokens: 2, position: 2 })
    const newest = await items.listNewest(key('conv_1'), { before: 5, limit: 10 })
    t.assert.deepStrictEqual(newest, [
      { item: second, tokens: 2, position: 2 },
      { item: first, tokens: 1, position: 1 },
    ])
  })

  it('items go one by one, or with their session', async (t: TestContext, { store, items }) => {
    await store.transaction(async (tx) => {
      for (const [index, id] of ['a', 'b', 'c'].entries()) {
        await items.insert(tx, key('conv_1'), { item: message(id, id), tokens: 1, position: index + 1 })
      }
      await items.insert(tx, key('conv_2'), { item: message('d', 'd'), tokens: 1, position: 1 })
      t.assert.strictEqual(await items.delete(tx, key('conv_1'), 'b'), true)
      t.assert.strictEqual(await items.delete(tx, key('conv_1'), 'b'), false)
    })
    const left = async (id: string) => (await items.list(key(id), page)).data.map((item) => item.id)
    t.assert.deepStrictEqual(await left('conv_1'), ['a', 'c'])
    await store.transaction((tx) => items.deleteAll(tx, key('conv_1')))
    t.assert.deepStrictEqual([await left('conv_1'), await left('conv_2')], [[], ['d']])
  })

  it('a turn is recorded once per session and response', async (t: TestContext, { store, turns }) => {
    const turn = { ...key('conv_1'), responseId: 'resp_1' }
    await store.transaction(async (tx) => {
      t.assert.strictEqual(await turns.has(tx, turn), false)
      t.assert.strictEqual(await turns.insert(tx, turn), true)
      t.assert.strictEqual(await turns.insert(tx, turn), false)
      t.assert.strictEqual(await turns.insert(tx, { ...turn, sessionId: 'conv_2' }), true)
      t.assert.strictEqual(await turns.has(tx, turn), true)
      await turns.deleteAll(tx, key('conv_1'))
      t.assert.strictEqual(await turns.has(tx, turn), false)
      t.assert.strictEqual(await turns.has(tx, { ...turn, sessionId: 'conv_2' }), true)
    })
  })

  it('a user put again keeps the time of creation', async (t: TestContext, { store, users }) => {
    const put = (tenantOfUser: string, profile: Record<string, unknown>) =>
      store.transaction((tx) => users.put(tx, tenantOfUser, { userId: 'ada', profile, preferences: {} }))
    const first = await put(tenant, { name: 'Ada' })
    const second = await put(tenant, { name: 'Ada L.' })
    await put('tenant-b', { name: 'another' })
    t.assert.strictEqual(second.createdAt, first.createdAt)
    t.assert.ok(second.updatedAt >= first.updatedAt)
    t.assert.deepStrictEqual(await users.find(tenant, 'ada'), second)
    t.assert.deepStrictEqual(second.profile, { name: 'Ada L.' })
  })

  it('users are listed and deleted within their tenant', async (t: TestContext, { store, users }) => {
    await store.transaction(async (tx) => {
      for (const userId of ['ada', 'bob', 'cy']) await users.put(tx, tenant, { userId, profile: {}, preferences: {} })
      await users.put(tx, 'tenant-b', { userId: 'bob', profile: {}, preferences: {} })
      t.assert.strictEqual(await users.lock(tx, tenant, 'bob'), true)
      await users.delete(tx, tenant, 'bob')
      t.assert.strictEqual(await users.lock(tx, tenant, 'bob'), false)
    })
    const { data, hasMore } = await users.list(tenant, { ...page, order: 'desc', after: 'bob' })
    t.assert.deepStrictEqual([data.map((user) => user.userId), hasMore], [['ada'], false])
    t.assert.strictEqual((await users.list(tenant, { ...page, limit: 1 })).hasMore, true)
    t.assert.ok(await users.find('tenant-b', 'bob'))
  })

  it('ids of the house sort by the time they were made', async (t: TestContext, { store, sessions }) => {
    const ids = Array.from({ length: 5 }, () => newId('conv'))
    await store.transaction(async (tx) => {
      for (const id of ids) await sessions.insert(tx, key(id), blank)
    })
    const { data } = await sessions.list(null, tenant, page)
    t.assert.deepStrictEqual(
      data.map((session) => session.sessionId),
      ids,
    )
  })
}

/** Id, how long inactive, how long its lease still runs. */
const dueCases: readonly (readonly [string, number, number | null])[] = [
  ['conv_new', 0, null],
  ['conv_old', 61_000, null],
  ['conv_oldest', 100_000, null],
  ['conv_busy', 90_000, 30_000],
  ['conv_lapsed', 80_000, -1],
]

function key(sessionId: string) {
  return { tenant, sessionId }
}

type Stores = ReturnType<typeof storesOf>

function storesOf(store: Store<SessionSchema>) {
  return {
    store,
    sessions: new KyselySessionStore(store),
    items: new KyselyItemStore(store),
    turns: new KyselyTurnStore(store),
    users: new KyselyUserStore(store),
  }
}
