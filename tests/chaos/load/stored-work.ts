import { setTimeout as delay } from 'node:timers/promises'
import { OpenStream } from './journal.ts'
import { exchangeMs, type LoadContext, type StartedWish, startWish, type Work } from './load-context.ts'
import { ConnectionBroken, readStream, shouldRetryOf } from './raw-client.ts'

const resumePauseMs = 60

/** A stored stream, taken up again by its cursor after every break until its end. */
export const storedStream: Work = async (context) => {
  const shape = { chunks: context.random.integer(4, 30), intervalMs: context.random.integer(5, 60), firstMs: 0 }
  return beginAndFollow(context, startWish(context, 'stored-stream', shape), { leaveAfter: null, pauseMs: 0 })
}

/** The same, with a client that reads slowly and lets go of its connection now and then. */
export const slowReader: Work = async (context) => {
  const started = startWish(context, 'slow-reader', { chunks: 24, intervalMs: 10, firstMs: 0 })
  return beginAndFollow(context, started, { leaveAfter: context.random.integer(2, 9), pauseMs: 25 })
}

/** A stored response whose first text takes long, so that its process may die before it has any. */
export const lateStored: Work = async (context) => {
  const shape = { chunks: 4, intervalMs: 20, firstMs: context.random.integer(200, 900) }
  return beginAndFollow(context, startWish(context, 'late-stored', shape), { leaveAfter: null, pauseMs: 0 })
}

/** A stored stream that is cancelled once there is text; the cancel is repeated until it is answered. */
export const cancelled: Work = async (context) => {
  const started = startWish(context, 'cancelled', { chunks: 200, intervalMs: 40, firstMs: 0 })
  const startedMs = performance.now()
  const id = await openAndRead(context, started, { leaveAfter: 5, pauseMs: 0 })
  if (id === null) return null
  const status = await persistently(context, async () => {
    const { key } = started.tenant
    const path = `/v1/responses/${id}/cancel`
    const answer = await context.raw.send({ path, key, body: {}, signal: AbortSignal.timeout(exchangeMs) })
    if (answer.status !== 200) return null
    started.note.receive(answer.text)
    return (JSON.parse(answer.text) as { status: string }).status
  })
  if (status === null) return null
  if (status === 'in_progress' || status === 'queued') started.note.complaints.push(`still ${status} after its cancel`)
  return performance.now() - startedMs
}

/** The same request in several copies under one key, each repeated until it is answered. */
export const repeated: Work = async (context) => {
  const copies = context.random.integer(2, 6)
  const started = startWish(context, 'repeated', { chunks: 4, intervalMs: 20, firstMs: 20 }, { keyed: true })
  return repeatWith(context, started, copies)
}

export async function repeatWith(context: LoadContext, started: StartedWish, copies: number): Promise<number | null> {
  const { note, wish, tenant } = started
  const startedMs = performance.now()
  const send = () =>
    persistently(context, async () => {
      const answer = await context.raw.send({
        path: '/v1/responses',
        key: tenant.key,
        headers: { 'idempotency-key': `key-${wish.model}` },
        body: { model: wish.model, input: wish.prompt },
        signal: AbortSignal.timeout(exchangeMs),
      })
      if (answer.status === 200) return answer.text
      note.fail(answer.status, answer.shouldRetry, answer.text)
      return isEndOfProvider(answer.text) ? '' : null
    })
  const answers = (await Promise.all(Array.from({ length: copies }, send))).filter((text) => text !== null)
  const texts = answers.filter((text) => text !== '')
  for (const text of texts) {
    note.receive(text)
    note.acknowledge((JSON.parse(text) as { id: string }).id)
  }
  const isSame = new Set(texts).size <= 1 && (texts.length === 0 || answers.length === texts.length)
  if (!isSame) note.complaints.push('copies of one request were answered differently')
  return texts.length === copies ? performance.now() - startedMs : null
}

interface Reading {
  /** Lets go of the connection after so many events. */
  readonly leaveAfter: number | null
  readonly pauseMs: number
}

async function beginAndFollow(context: LoadContext, started: StartedWish, reading: Reading): Promise<number | null> {
  const startedMs = performance.now()
  const id = await openAndRead(context, started, reading)
  const firstMs = performance.now() - startedMs
  return id !== null && (await follow(context, started, id, reading)) ? firstMs : null
}

/** Begins a stored stream and lets go of it after some events; resolves to the response's id. */
export function beginStored(context: LoadContext, started: StartedWish, leaveAfter: number): Promise<string | null> {
  return openAndRead(context, started, { leaveAfter, pauseMs: 0 })
}

/** Takes a response up again from the last event seen, as often as it needs to. False when it never came to its end. */
export async function follow(
  context: LoadContext,
  started: StartedWish,
  id: string,
  reading: Reading,
): Promise<boolean> {
  const { note } = started
  while (performance.now() < context.patientUntilMs()) {
    if (note.streams.at(-1)?.isComplete === true) {
      note.isComplete = true
      return true
    }
    await resume(context, started, id, reading)
    await delay(resumePauseMs)
  }
  note.complaints.push('an acknowledged response could not be followed to its end')
  return false
}

/** Resolves to the response's id; null when nothing of it has come. */
async function openAndRead(context: LoadContext, started: StartedWish, reading: Reading): Promise<string | null> {
  const { note, wish, tenant } = started
  try {
    const answer = await context.raw.open({
      path: '/v1/responses',
      key: tenant.key,
      body: { model: wish.model, input: wish.prompt, stream: true },
      signal: AbortSignal.timeout(exchangeMs),
    })
    if (answer.statusCode !== 200) {
      const text = await textOf(answer)
      note.fail(answer.statusCode ?? 0, shouldRetryOf(answer), text)
      return null
    }
    const stream = new OpenStream(-1)
    note.streams.push(stream)
    await readInto(stream, readStream(answer), reading)
    const [first] = stream.events
    if (first === undefined) return null
    const { response } = JSON.parse(first.raw.slice(first.raw.indexOf('{'))) as { response: { id: string } }
    note.acknowledge(response.id)
    return response.id
  } catch (error) {
    if (!(error instanceof ConnectionBroken)) throw error
    note.errors.push(error.message)
    return null
  }
}

async function resume({ raw }: LoadContext, { note, tenant }: StartedWish, id: string, reading: Reading) {
  const after = note.streams.at(-1)?.lastSeq ?? -1
  const cursor = after < 0 ? '' : `&starting_after=${after}`
  try {
    const answer = await raw.open({
      path: `/v1/responses/${id}?stream=true${cursor}`,
      key: tenant.key,
      signal: AbortSignal.timeout(exchangeMs),
    })
    if (answer.statusCode === 200) {
      const stream = new OpenStream(after)
      note.streams.push(stream)
      await readInto(stream, readStream(answer), reading)
    } else {
      note.errors.push(await textOf(answer))
      if (answer.statusCode === 404) note.complaints.push('an acknowledged response was not found')
    }
  } catch (error) {
    if (!(error instanceof ConnectionBroken)) throw error
  }
}

async function readInto(stream: OpenStream, source: ReturnType<typeof readStream>, { leaveAfter, pauseMs }: Reading) {
  for await (const event of source.events) {
    stream.events.push(event)
    if (pauseMs > 0) await delay(pauseMs)
    if (leaveAfter !== null && stream.events.length >= leaveAfter) break
  }
  stream.isComplete = source.isComplete()
  source.answer.destroy()
}

async function textOf(answer: AsyncIterable<unknown>): Promise<string> {
  try {
    let text = ''
    for await (const chunk of answer) text += String(chunk)
    return text
  } catch {
    return ''
  }
}

/**
 * A request that ended because its provider failed, or the process that was calling it died, has its answer: under its
 * key it is answered so for good.
 */
export function isEndOfProvider(text: string): boolean {
  return /"code":"provider_|connection to the gpt service broke/.test(text)
}

/** Tries until there is an answer, as a client with patience does; null when its patience is over. */
export async function persistently<T>(
  { patientUntilMs }: Pick<LoadContext, 'patientUntilMs'>,
  attempt: () => Promise<T | null>,
): Promise<T | null> {
  while (performance.now() < patientUntilMs()) {
    try {
      const result = await attempt()
      if (result !== null) return result
    } catch (error) {
      if (!(error instanceof ConnectionBroken)) throw error
    }
    await delay(retryPauseMs)
  }
  return null
}

const retryPauseMs = 100
