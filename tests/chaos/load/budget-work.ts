import { exchangeMs, type LoadContext, startWish, type Work } from './load-context.ts'
import { isEndOfProvider, persistently } from './stored-work.ts'
import type { LoadTenant } from './wish.ts'

const requestsAtOnce = 4
/** With the input, two requests at a time can hold it. */
const limitTokens = 400
const outputTokensMax = 150

/** More requests at once than their key has budget for: each is answered, or refused for the budget. */
export const budgeted: Work = async (context) => {
  const startedMs = performance.now()
  const owner = context.random.pick(context.tenants)
  const key = await persistently(context, () => makeKey(context, owner.tenant))
  if (key === null) return null
  const ends = await Promise.all(Array.from({ length: requestsAtOnce }, () => ask(context, { ...owner, key })))
  return ends.includes(null) ? null : performance.now() - startedMs
}

async function makeKey({ raw, administratorKey }: LoadContext, tenant: string): Promise<string | null> {
  const answer = await raw.send({
    path: '/parley/keys',
    key: administratorKey,
    body: { tenant, name: 'frugal', scopes: ['inference'], budget: { limit_tokens: limitTokens } },
    signal: AbortSignal.timeout(exchangeMs),
  })
  return answer.status === 200 ? (JSON.parse(answer.text) as { secret: string }).secret : null
}

async function ask(context: LoadContext, tenant: LoadTenant): Promise<'answered' | 'refused' | null> {
  const { note, wish } = startWish(
    context,
    'budgeted',
    { chunks: 3, intervalMs: 20, firstMs: 20 },
    { keyed: true, tenant },
  )
  return persistently(context, async () => {
    const answer = await context.raw.send({
      path: '/v1/responses',
      key: tenant.key,
      headers: { 'idempotency-key': `key-${wish.model}` },
      body: { model: wish.model, input: wish.prompt, max_output_tokens: outputTokensMax },
      signal: AbortSignal.timeout(exchangeMs),
    })
    if (answer.status === 200) {
      note.receive(answer.text)
      note.acknowledge((JSON.parse(answer.text) as { id: string }).id)
      return 'answered'
    }
    note.fail(answer.status, answer.shouldRetry, answer.text)
    if (isEndOfProvider(answer.text)) return 'answered'
    return answer.text.includes(exhausted) ? 'refused' : null
  })
}

const exhausted = '"type":"insufficient_quota"'
