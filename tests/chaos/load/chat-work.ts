import OpenAI, { APIError } from 'openai'
import type { ClientNote } from './journal.ts'
import { exchangeMs, type LoadContext, type StartedWish, startWish, type Work } from './load-context.ts'

/** A plain call by the official SDK. */
export const plainChat: Work = async (context) => {
  const started = startWish(context, 'chat', { chunks: 1, intervalMs: 0, firstMs: context.random.pick([0, 0, 0, 60]) })
  const { note, wish } = started
  const startedMs = performance.now()
  return told(note, async () => {
    const completion = await sdkOf(context, started).chat.completions.create(bodyOf(started))
    note.acknowledge(null)
    note.text = completion.choices[0]?.message.content ?? ''
    note.isComplete = true
    note.receive(note.text)
    if (completion.model !== wish.model) note.complaints.push(`answered by the model ${completion.model}`)
    return performance.now() - startedMs
  })
}

/** A plain stream by the official SDK, read to its end. */
export const chatStream: Work = async (context) => {
  const shape = { chunks: context.random.integer(3, 12), intervalMs: context.random.integer(5, 40), firstMs: 0 }
  const started = startWish(context, 'chat-stream', shape)
  return told(started.note, () => readChat(context, started, null))
}

/** A plain stream that its client leaves in the middle. */
export const leftChatStream: Work = async (context) => {
  const shape = { chunks: 20, intervalMs: 30, firstMs: 0 }
  const started = startWish(context, 'left-chat-stream', shape)
  return told(started.note, () => readChat(context, started, context.random.integer(1, 6)))
}

async function readChat(context: LoadContext, started: StartedWish, leaveAfter: number | null): Promise<number> {
  const { note } = started
  const startedMs = performance.now()
  let firstMs: number | null = null
  let chunks = 0
  const stream = await sdkOf(context, started).chat.completions.create({ ...bodyOf(started), stream: true })
  note.text = ''
  for await (const chunk of stream) {
    firstMs ??= performance.now() - startedMs
    note.acknowledge(null)
    const [choice] = chunk.choices
    note.text += choice?.delta.content ?? ''
    if (choice !== undefined && choice.finish_reason !== null) note.isComplete = true
    if (leaveAfter !== null && ++chunks > leaveAfter) break
  }
  note.receive(note.text)
  if (leaveAfter === null && !note.isComplete) throw new Error('the stream ended without saying why')
  return firstMs ?? performance.now() - startedMs
}

function bodyOf({ wish }: StartedWish) {
  return { model: wish.model, messages: [{ role: 'user' as const, content: wish.prompt }] }
}

function sdkOf({ url }: LoadContext, { tenant }: StartedWish): OpenAI {
  return new OpenAI({ apiKey: tenant.key, baseURL: `${url}/v1`, maxRetries: 0, timeout: exchangeMs })
}

/** Runs an exchange and notes how it failed. */
async function told(note: ClientNote, exchange: () => Promise<number>): Promise<number | null> {
  try {
    return await exchange()
  } catch (error) {
    if (error instanceof APIError && error.status !== undefined) {
      const said = error.headers?.get('x-should-retry') ?? null
      note.fail(error.status, said === null ? null : said === 'true', JSON.stringify(error.error) ?? '')
    } else note.errors.push(String(error))
    return null
  }
}
