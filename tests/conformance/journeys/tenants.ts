import type { TestContext } from 'node:test'
import { NotFoundError } from 'openai'
import { type Journey, journey } from '../journey.ts'
import { listLedger, listRequests, untilSettled } from '../requests.ts'

export const tenantJourneys: readonly Journey[] = [
  journey('tenants: two tenants see nothing of each other', async (t: TestContext, system) => {
    const [one, two] = await Promise.all([system.newTenant(), system.newTenant()])
    const canary = `canary-${one.tenant}`
    const conversation = await one.client.conversations.create({
      items: [{ type: 'message', role: 'user', content: `my secret is ${canary}.` }],
    })
    const response = await one.client.responses.create({
      model: 'tenants',
      input: 'what is my secret?',
      conversation: conversation.id,
    })
    t.assert.match(response.output_text, new RegExp(canary))
    const { data } = await one.client.conversations.items.list(conversation.id)
    const item = data[0]?.id ?? ''
    for (const attempt of [
      () => two.client.conversations.retrieve(conversation.id),
      () => two.client.conversations.items.list(conversation.id),
      () => two.client.conversations.items.retrieve(item, { conversation_id: conversation.id }),
      () => two.client.conversations.delete(conversation.id),
      () => two.client.responses.retrieve(response.id),
      () => two.client.responses.delete(response.id),
      () => two.client.responses.cancel(response.id),
      () =>
        two.client.responses.create({ model: 'tenants', input: 'what is my secret?', conversation: conversation.id }),
    ]) {
      await t.assert.rejects(attempt(), (error: unknown) => {
        t.assert.ok(error instanceof NotFoundError)
        t.assert.doesNotMatch(JSON.stringify(error.error), new RegExp(canary))
        return true
      })
    }
    const own = await two.client.responses.create({ model: 'tenants', input: 'what is my secret?' })
    t.assert.equal(own.output_text, 'Simulated answer: you have not told me your secret.')
    await untilSettled(system, one.key, 1)
    await untilSettled(system, two.key, 1)
    const ids = new Set((await listRequests(system, one.key)).map(({ id }) => id))
    t.assert.ok((await listRequests(system, two.key)).every(({ id }) => !ids.has(id)))
    t.assert.ok((await listLedger(system, two.key)).every(({ id }) => !ids.has(id)))
    t.assert.equal((await one.client.responses.retrieve(response.id)).id, response.id, 'and the owner still has it')
    t.assert.doesNotMatch(system.output(), new RegExp(canary), 'no log has what was said')
  }),
]
