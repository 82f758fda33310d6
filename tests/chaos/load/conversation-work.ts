import { randomUUID } from 'node:crypto'
import { ClientNote, ConversationNote } from './journal.ts'
import { exchangeMs, type LoadContext, startWish, type Work } from './load-context.ts'
import { isEndOfProvider, persistently } from './stored-work.ts'
import type { LoadTenant } from './wish.ts'

/** A conversation over several turns, each under a key and repeated until it is answered; its items are read after each. */
export const conversation: Work = async (context) => {
  const tenant = context.random.pick(context.tenants)
  const startedMs = performance.now()
  const conversationId = await persistently(context, async () => {
    const answer = await send(context, tenant, { path: '/v1/conversations', body: {} })
    return answer.status === 200 ? (JSON.parse(answer.text) as { id: string }).id : null
  })
  if (conversationId === null) return null
  const note = new ConversationNote(tenant.tenant, conversationId)
  context.journal.conversations.push(note)
  const turns = context.random.integer(2, 4)
  for (let turn = 0; turn < turns; turn++) {
    if (!(await takeTurn(context, tenant, note))) return null
    await readItems(context, tenant, note)
  }
  return performance.now() - startedMs
}

/** Somebody else's conversation and response, asked for by their ids: both are as if they were not there. */
export const trespass: Work = async (context) => {
  const [owner, stranger] = context.random.shuffled(context.tenants)
  if (owner === undefined || stranger === undefined) return 0
  const startedMs = performance.now()
  const theirs = context.journal.conversations.filter(({ tenant }) => tenant === owner.tenant)
  const response = context.journal.clients.findLast(
    ({ tenant, responseIds }) => tenant === owner.tenant && responseIds.length > 0,
  )
  const paths = [
    ...theirs.slice(-1).map(({ conversationId }) => `/v1/conversations/${conversationId}/items`),
    ...(response === undefined ? [] : [`/v1/responses/${response.responseIds[0]}`]),
  ]
  const note = new ClientNote({
    model: context.nextModel('trespass'),
    kind: 'trespass',
    tenant: stranger.tenant,
    keyed: false,
    expectedText: '',
  })
  context.journal.clients.push(note)
  for (const path of paths) {
    const answer = await persistently(context, async () => {
      const got = await send(context, stranger, { path })
      return got.status >= 500 ? null : got
    })
    if (answer === null) return null
    note.receive(answer.text)
    if (answer.status !== 404) note.complaints.push(`${path} of another tenant was answered with ${answer.status}`)
  }
  note.outcome = 'refused'
  return performance.now() - startedMs
}

/** A request that cannot be accepted. */
export const refused: Work = async (context) => {
  const started = startWish(context, 'refused', { chunks: 1, intervalMs: 0, firstMs: 0 })
  const { note, wish, tenant } = started
  const startedMs = performance.now()
  const answer = await persistently(context, async () => {
    const body = { model: wish.model, input: wish.prompt, temperature: 'warm' }
    const got = await send(context, tenant, { path: '/v1/responses', body })
    return got.status >= 500 ? null : got
  })
  if (answer === null) return null
  note.fail(answer.status, answer.shouldRetry, answer.text)
  if (answer.status !== 400) note.complaints.push(`a wrong request was answered with ${answer.status}`)
  return performance.now() - startedMs
}

async function takeTurn(context: LoadContext, tenant: LoadTenant, conversation: ConversationNote): Promise<boolean> {
  const shape = { chunks: context.random.integer(2, 8), intervalMs: context.random.integer(5, 40), firstMs: 0 }
  const { note, wish } = startWish(context, 'turn', shape, { keyed: true, tenant })
  const key = randomUUID()
  const done = await persistently(context, async () => {
    const body = { model: wish.model, input: wish.prompt, conversation: conversation.conversationId }
    const headers = { 'idempotency-key': key }
    const answer = await send(context, tenant, { path: '/v1/responses', body, headers })
    note.receive(answer.text)
    if (answer.status === 200) return JSON.parse(answer.text) as { id: string; status: string }
    note.fail(answer.status, answer.shouldRetry, answer.text)
    return isEndOfProvider(answer.text) ? 'failed' : null
  })
  if (done === null || done === 'failed') return false
  note.acknowledge(done.id)
  if (done.status === 'completed') conversation.turns.push({ marker: wish.model, responseId: done.id })
  return true
}

async function readItems(context: LoadContext, tenant: LoadTenant, conversation: ConversationNote): Promise<void> {
  const path = `/v1/conversations/${conversation.conversationId}/items?order=asc&limit=100`
  const items = await persistently(context, async () => {
    const answer = await send(context, tenant, { path })
    return answer.status === 200 ? (JSON.parse(answer.text) as { data: unknown[] }).data : null
  })
  if (items === null) return
  const turns = conversation.turns.length
  conversation.reads.push({ items: items.map((item) => JSON.stringify(item)), turns })
}

function send(
  { raw }: LoadContext,
  tenant: LoadTenant,
  request: Pick<Parameters<typeof raw.send>[0], 'path' | 'body' | 'headers'>,
) {
  return raw.send({ ...request, key: tenant.key, signal: AbortSignal.timeout(exchangeMs) })
}
