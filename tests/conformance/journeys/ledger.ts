import type { TestContext } from 'node:test'
import { upstreamCalls } from '../../harness/upstream-calls.ts'
import { type Journey, journey } from '../journey.ts'
import { listRequests, untilSettled } from '../requests.ts'

export const ledgerJourneys: readonly Journey[] = [
  journey(
    'ledger: each request has one row with its usage and where the figures come from',
    async (t: TestContext, system) => {
      const { client, key } = await system.newTenant()
      const messages = [{ role: 'user' as const, content: 'hello' }]
      const chat = await client.chat.completions.create({ model: 'ledger-chat', messages })
      await Array.fromAsync(await client.chat.completions.create({ model: 'ledger-stream', messages, stream: true }))
      const conversation = await client.conversations.create()
      const response = await client.responses.create({
        model: 'ledger-response',
        input: '/simulate usage=missing\nhello',
        conversation: conversation.id,
      })
      await client.chat.completions
        .create({ model: 'ledger-failed', messages: [{ role: 'user', content: '/simulate fail_status=500\nhello' }] })
        .catch(() => null)
      const rows = await untilSettled(system, key, 4)
      const row = (model: string) => rows.find((entry) => entry.model === model)
      const plain = row('ledger-chat')
      t.assert.ok(plain !== undefined)
      t.assert.equal(plain.status, 'completed')
      t.assert.equal(plain.provider, 'openai')
      t.assert.equal(plain.attempts, 1)
      t.assert.equal(plain.usage?.input_tokens, chat.usage?.prompt_tokens)
      t.assert.equal(plain.usage?.output_tokens, chat.usage?.completion_tokens)
      t.assert.equal(plain.usage?.provenance, 'provider')
      t.assert.deepEqual(row('ledger-stream')?.usage, plain.usage, 'a stream is counted like a whole answer')
      const counted = row('ledger-response')
      t.assert.ok(['exact', 'estimated'].includes(counted?.usage?.provenance ?? ''))
      t.assert.equal(counted?.response_id, response.id)
      t.assert.equal(counted?.usage?.output_tokens, response.usage?.output_tokens)
      t.assert.equal(row('ledger-failed')?.status, 'failed')

      const requests = await listRequests(system, key)
      t.assert.deepEqual(
        requests.map(({ id, status }) => `${id} ${status}`),
        rows.map(({ id, status }) => `${id} ${status}`),
        'requests and ledger agree, newest first',
      )
      const kept = requests.find(({ response_id }) => response_id === response.id)
      t.assert.equal(kept?.conversation_id, conversation.id)
      const single = await system.fetch(`/parley/requests/${kept?.id}`, { key })
      const { saga, ...shown } = (await single.json()) as { saga: { state: string } }
      t.assert.deepEqual(shown, kept)
      t.assert.ok(['turn-owed', 'finished'].includes(saga.state), saga.state)
      for (const model of rows.map((entry) => entry.model))
        t.assert.equal(upstreamCalls(system, model).length, 1, model)
    },
  ),

  journey('ledger: a refused request leaves no row', async (t: TestContext, system) => {
    const { client, key } = await system.newTenant()
    await t.assert.rejects(client.responses.create({ model: 'refused', input: [] }))
    await t.assert.rejects(client.responses.create({ model: 'refused', input: 'x', temperature: 3 }))
    await t.assert.rejects(client.responses.create({ model: 'refused', input: 'x', conversation: 'conv_absent' }))
    t.assert.deepEqual(await listRequests(system, key), [])
    await untilSettled(system, key, 0)
  }),
]
