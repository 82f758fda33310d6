import { setTimeout as delay } from 'node:timers/promises'
import type OpenAI from 'openai'
import type { SplitSystem } from './split-system.ts'

/** Plays callers until it is stopped: plain and streamed answers, sessions, failures, refusals, budgets. */
export interface Load {
  /** Rounds that have ended. */
  readonly rounds: number
  stop(): Promise<void>
}

/** Short until every kind of call was made, then long enough to leave the machine to other tests. */
const firstPauseMs = 200
const pauseMs = 1_000
const firstRounds = 5

export async function startLoad(system: SplitSystem): Promise<Load> {
  const gold = await system.newTenant({ tenant: 'golden-tenant' })
  const limited = await system.newTenant({ requestsPerMinute: 1 })
  await makeBudget(system, gold.tenant, 10_000_000)
  const sessions = await gold.client.conversations.create({})
  let rounds = 0
  let isStopped = false
  const round = async () => {
    await Promise.all([
      plain(gold.client, 'hello'),
      plain(system.client(), '/simulate fail_status=503\nhello'),
      plain(limited.client, 'hello'),
      stream(system.client()),
      gold.client.responses.create({ model, conversation: sessions.id, input: 'my name is Ada' }).catch(ignored),
      gold.client.responses.create({ model, background: true, input: 'later' }).catch(ignored),
      gold.client.conversations.items.list(sessions.id).catch(ignored),
      system.client().models.list().catch(ignored),
      system.client().embeddings.create({ model, input: 'words' }).catch(ignored),
      system.fetch('/parley/requests').then(read, ignored),
    ])
    rounds++
  }
  const running = (async () => {
    while (!isStopped) {
      await round()
      await delay(rounds < firstRounds ? firstPauseMs : pauseMs)
    }
  })()
  return {
    get rounds() {
      return rounds
    },
    async stop() {
      isStopped = true
      await running
    },
  }
}

/** Of everything that a tenant uses; in millionths of the currency. */
export async function makeBudget(system: SplitSystem, tenant: string, limitMicros: number): Promise<void> {
  const answer = await system.fetch('/parley/budgets', { body: { tenant, name: 'seen', limit_micros: limitMicros } })
  if (!answer.ok) throw new Error(`no budget was made: ${answer.status} ${await answer.text()}`)
  await answer.text()
}

const model = 'priced-model'

/** What it fails with is seen in the metrics. */
export async function plain(client: OpenAI, content: string): Promise<void> {
  const messages = [{ role: 'user' as const, content }]
  await client.chat.completions.create({ model, max_tokens: 50, messages }).catch(ignored)
}

async function stream(client: OpenAI): Promise<void> {
  const content = '/simulate chunks=8 interval_ms=5\ntell me more'
  const messages = [{ role: 'user' as const, content }]
  try {
    for await (const _ of await client.chat.completions.create({ model, messages, stream: true }));
  } catch {
    // What it fails with is seen in the metrics.
  }
}

async function read(answer: Response): Promise<void> {
  await answer.text()
}

function ignored(): void {}
