import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from 'undici'
import { english } from '../load/chat-request.ts'
import { openClient } from '../load/closed-loop.ts'
import { fetchText } from '../load/exchange.ts'
import { median, type Spread, spread } from '../measure/statistics.ts'
import { ANSWER_TEXT_BYTES, API_KEY, MODEL, SESSION } from '../settings.ts'
import { startParley } from '../subjects/parley.ts'
import type { Bed } from '../subjects/subject.ts'

export interface SessionResult {
  readonly smallItems: number
  readonly largeItems: number
  readonly turnsEach: number
  readonly smallMs: Spread
  readonly largeMs: Spread
  /** Median of the large session's turns over the small ones'. */
  readonly ratio: number
  /** Prompt tokens that reached the model, in the median: equal windows make a fair comparison. */
  readonly smallPromptTokens: number
  readonly largePromptTokens: number
  readonly seedMs: number
}

const ITEMS_PER_CALL = 20

/** Turns over `/v1/responses` with `conversation`, alternately in a long session and in short ones. */
export async function measureSession({ bed, turns }: { bed: Bed; turns: number }): Promise<SessionResult> {
  const cwd = join(bed.folder, 'session')
  await mkdir(cwd, { recursive: true })
  await writeFile(join(cwd, 'parley.config.ts'), configFile(bed))
  const subject = await startParley({ bed, name: 'parley', program: 'apps/all-in-one/main.ts', cwd })
  const client = openClient(subject.origin)
  try {
    return await compareTurns(client, turns)
  } finally {
    await client.destroy()
    await subject.stop()
  }
}

async function compareTurns(client: Client, turns: number): Promise<SessionResult> {
  const began = performance.now()
  const large = await createSession(client, SESSION.largeItems)
  const seedMs = performance.now() - began
  const seen = { small: [] as Turn[], large: [] as Turn[] }
  let small = ''
  for (let count = 0; count < turns + WARM_UP_TURNS; count += 1) {
    if (count % SESSION.turnsPerSmallSession === 0) small = await createSession(client, SESSION.smallItems)
    const order = count % 2 === 0 ? (['small', 'large'] as const) : (['large', 'small'] as const)
    for (const which of order) {
      const turn = await takeTurn(client, which === 'small' ? small : large)
      if (count >= WARM_UP_TURNS) seen[which].push(turn)
    }
  }
  const [smallMs, largeMs] = [seen.small.map((turn) => turn.ms), seen.large.map((turn) => turn.ms)]
  return {
    smallItems: SESSION.smallItems,
    largeItems: SESSION.largeItems,
    turnsEach: turns,
    smallMs: spread(smallMs),
    largeMs: spread(largeMs),
    ratio: median(largeMs) / median(smallMs),
    smallPromptTokens: median(seen.small.map((turn) => turn.promptTokens)),
    largePromptTokens: median(seen.large.map((turn) => turn.promptTokens)),
    seedMs,
  }
}

const WARM_UP_TURNS = 20
const USER_TEXT = english(SESSION.userTextBytes)
const ASSISTANT_TEXT = english(ANSWER_TEXT_BYTES)

/** A session of so many items in the shape that turns give it: a long question, a short answer. */
async function createSession(client: Client, items: number): Promise<string> {
  const { id } = await post<{ id: string }>(client, '/v1/conversations', {})
  for (let count = 0; count < items; count += ITEMS_PER_CALL) {
    const length = Math.min(ITEMS_PER_CALL, items - count)
    await post(client, `/v1/conversations/${id}/items`, { items: Array.from({ length }, (_, index) => message(index)) })
  }
  return id
}

function message(index: number) {
  return index % 2 === 0
    ? { type: 'message', role: 'user', content: [{ type: 'input_text', text: USER_TEXT }] }
    : { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: ASSISTANT_TEXT, annotations: [] }] }
}

interface Turn {
  readonly ms: number
  readonly promptTokens: number
}

async function takeTurn(client: Client, conversation: string): Promise<Turn> {
  const began = performance.now()
  const answer = await post<{ status: string; usage: { input_tokens: number } }>(client, '/v1/responses', {
    model: MODEL,
    conversation,
    input: USER_TEXT,
  })
  const ms = performance.now() - began
  if (answer.status !== 'completed') throw new Error(`a turn ended ${answer.status}`)
  return { ms, promptTokens: answer.usage.input_tokens }
}

async function post<T>(client: Client, path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` }
  const { status, text } = await fetchText(client, { method: 'POST', path, headers, body: JSON.stringify(body) })
  if (status !== 200) throw new Error(`POST ${path} answered ${status} ${text.slice(0, 300)}`)
  return JSON.parse(text) as T
}

/** One provider whose model has a window small enough to be filled by ten items. */
function configFile({ upstreamOrigin }: Bed): string {
  const models = { [MODEL]: { contextTokensMax: SESSION.contextTokensMax } }
  const providers = { bench: { baseUrl: `${upstreamOrigin}/v1`, apiKeyEnv: 'OPENAI_API_KEY', models } }
  return `export default ${JSON.stringify({ providers }, null, 2)}\n`
}
