import type { TestContext } from 'node:test'
import { BadRequestError, NotFoundError } from 'openai'
import type { FetchInit, System } from '../../harness/system.ts'
import { type Journey, journey } from '../journey.ts'

interface SessionObject {
  readonly id: string
  readonly user_id: string | null
  readonly status: string
  readonly metadata: Record<string, string>
  readonly preferences: Record<string, unknown>
  readonly item_count: number
}

interface SessionExport {
  readonly session: SessionObject
  readonly items: readonly { readonly id: string }[]
  readonly has_more: boolean
}

async function call<T>(system: System, path: string, init: FetchInit = {}): Promise<T> {
  const answer = await system.fetch(path, init)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`)
  return JSON.parse(text) as T
}

export const sessionJourneys: readonly Journey[] = [
  journey('sessions: one is opened, closed, refuses turns, and is reopened', async (t: TestContext, system) => {
    const { key, client } = await system.newTenant()
    const session = await call<SessionObject>(system, '/parley/sessions', { key, body: { metadata: { a: 'b' } } })
    t.assert.equal(session.status, 'open')
    const ask = (input: string) => client.responses.create({ model: 'lifecycle', input, conversation: session.id })
    await ask('my name is Ada.')
    const path = `/parley/sessions/${session.id}`
    t.assert.equal((await call<SessionObject>(system, path, { key })).item_count, 2)
    const closed = await call<SessionObject>(system, `${path}/close`, { key, method: 'POST' })
    t.assert.equal(closed.status, 'closed')
    t.assert.equal((await call<SessionObject>(system, `${path}/close`, { key, method: 'POST' })).status, 'closed')
    await t.assert.rejects(
      ask('what is my name?'),
      (error: unknown) => error instanceof BadRequestError && error.code === 'session_closed',
    )
    await t.assert.rejects(
      client.conversations.items.create(session.id, { items: [{ type: 'message', role: 'user', content: 'x' }] }),
      BadRequestError,
    )
    const reopened = await call<SessionObject>(system, `${path}/reopen`, { key, method: 'POST' })
    t.assert.equal(reopened.status, 'open')
    t.assert.equal((await ask('what is my name?')).output_text, 'Simulated answer: your name is Ada.')
    const byStatus = await call<{ data: SessionObject[] }>(system, '/parley/sessions?status=closed', { key })
    t.assert.deepEqual(byStatus.data, [])
    const open = await call<{ data: SessionObject[] }>(system, '/parley/sessions?status=open', { key })
    t.assert.deepEqual(
      open.data.map(({ id }) => id),
      [session.id],
    )
  }),

  journey('sessions: a session and the conversation of the same id are one thing', async (t: TestContext, system) => {
    const { key, client } = await system.newTenant()
    const conversation = await client.conversations.create({ metadata: { a: '1' } })
    const path = `/parley/sessions/${conversation.id}`
    const changed = await call<SessionObject>(system, path, {
      key,
      method: 'PATCH',
      body: { metadata: { b: '2' }, preferences: { instructions: 'Be kind.' } },
    })
    t.assert.deepEqual(changed.preferences, { instructions: 'Be kind.' })
    t.assert.deepEqual((await client.conversations.retrieve(conversation.id)).metadata, { b: '2' })
    await client.conversations.delete(conversation.id)
    t.assert.equal((await system.fetch(path, { key })).status, 404)
    await t.assert.rejects(client.conversations.retrieve(conversation.id), NotFoundError)
  }),

  journey('sessions: one is exported whole, and those of a user are listed', async (t: TestContext, system) => {
    const { key, client } = await system.newTenant()
    await call(system, '/parley/users/ada', { key, method: 'PUT', body: { profile: {} } })
    const session = await call<SessionObject>(system, '/parley/sessions', { key, body: { user_id: 'ada' } })
    await call<SessionObject>(system, '/parley/sessions', { key, body: {} })
    for (let count = 0; count < 6; count++) {
      const items = Array.from({ length: 20 }, (_, index) => ({
        type: 'message' as const,
        role: 'user' as const,
        content: `item ${count * 20 + index}`,
      }))
      await client.conversations.items.create(session.id, { items })
    }
    await client.responses.create({ model: 'exported', input: 'hello', conversation: session.id })
    const exported = await call<SessionExport>(system, `/parley/sessions/${session.id}/export`, { key })
    t.assert.deepEqual([exported.session.user_id, exported.session.item_count], ['ada', 122])
    t.assert.deepEqual([exported.items.length, exported.has_more], [122, false])
    const listed = await Array.fromAsync(client.conversations.items.list(session.id, { order: 'asc', limit: 100 }))
    t.assert.deepEqual(exported.items, JSON.parse(JSON.stringify(listed)))
    const rest = await call<SessionExport>(
      system,
      `/parley/sessions/${session.id}/export?after=${exported.items[119]?.id}`,
      { key },
    )
    t.assert.equal(rest.items.length, 2)
    const ofUser = await call<{ data: SessionObject[] }>(system, '/parley/sessions?user_id=ada', { key })
    t.assert.deepEqual(
      ofUser.data.map(({ id }) => id),
      [session.id],
    )
  }),

  journey('users: what a user and a session prefer is used in their turns', async (t: TestContext, system) => {
    const { key, client } = await system.newTenant()
    const preferences = { model: 'preferred-by-user', instructions: 'x'.repeat(4_000), max_output_tokens: 2 }
    const user = await call<Record<string, unknown>>(system, '/parley/users/ada', {
      key,
      method: 'PUT',
      body: { profile: { name: 'Ada', nested: { kept: [1, null] } }, preferences },
    })
    t.assert.deepEqual(user['preferences'], preferences)
    t.assert.deepEqual(user['profile'], { name: 'Ada', nested: { kept: [1, null] } })
    const session = await call<SessionObject>(system, '/parley/sessions', { key, body: { user_id: 'ada' } })
    t.assert.equal(session.user_id, 'ada')
    const preferred = await client.responses.create({ input: 'hello', conversation: session.id })
    t.assert.equal(preferred.model, 'preferred-by-user')
    t.assert.equal(preferred.status, 'incomplete')
    t.assert.equal(preferred.usage?.output_tokens, 2)
    t.assert.ok((preferred.usage?.input_tokens ?? 0) > 1_000, 'the preferred instructions were sent')
    await call(system, `/parley/sessions/${session.id}`, {
      key,
      method: 'PATCH',
      body: { preferences: { model: 'preferred-by-session' } },
    })
    const bySession = await client.responses.create({ input: 'hello', conversation: session.id })
    t.assert.equal(bySession.model, 'preferred-by-session')
    const asked = await client.responses.create({
      model: 'asked-for',
      input: 'hello',
      instructions: 'Short.',
      max_output_tokens: 100,
      conversation: session.id,
    })
    t.assert.equal(asked.model, 'asked-for')
    t.assert.equal(asked.status, 'completed')
  }),

  journey(
    'users: they are listed and deleted, and a session needs one that is there',
    async (t: TestContext, system) => {
      const { key } = await system.newTenant()
      for (const name of ['ada', 'bob', 'zoë 世界']) {
        await call(system, `/parley/users/${encodeURIComponent(name)}`, { key, method: 'PUT' })
      }
      const first = await call<{ data: { id: string }[]; has_more: boolean; last_id: string }>(
        system,
        '/parley/users?limit=2&order=asc',
        { key },
      )
      t.assert.equal(first.has_more, true)
      const rest = await call<{ data: { id: string }[] }>(
        system,
        `/parley/users?order=asc&after=${encodeURIComponent(first.last_id)}`,
        { key },
      )
      t.assert.deepEqual([...first.data, ...rest.data].map(({ id }) => id).sort(), ['ada', 'bob', 'zoë 世界'])
      await call(system, '/parley/users/bob', { key, method: 'DELETE' })
      t.assert.equal((await system.fetch('/parley/users/bob', { key })).status, 404)
      const orphan = await system.fetch('/parley/sessions', { key, body: { user_id: 'bob' } })
      t.assert.equal(orphan.status, 404)
    },
  ),
]
