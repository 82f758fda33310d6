import { readFile, writeFile } from 'node:fs/promises'
import type { TestContext } from 'node:test'
import type { FetchInit, System } from '../../harness/system.ts'
import { type Journey, journey } from '../journey.ts'
import { untilSettled } from '../requests.ts'

/** What a client sees, byte by byte, ids and times aside. UPDATE_GOLDEN=1 writes it anew, from one process. */
const goldenFile = new URL('../golden/transcript.txt', import.meta.url)

type Step = readonly [path: string, init?: Omit<FetchInit, 'key'>]

const user = (content: string) => [{ role: 'user', content }]
const weather = {
  type: 'function',
  name: 'get_weather',
  parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
}
const chat = (body: object): Step => ['/v1/chat/completions', { body: { model: 'transcript', ...body } }]
const respond = (body: object): Step => ['/v1/responses', { body: { model: 'transcript', ...body } }]

const steps: readonly Step[] = [
  ['/v1/models'],
  ['/v1/models/listed-model'],
  chat({ messages: user('hello') }),
  chat({
    messages: user('/simulate chunks=3 reasoning=2\nhello'),
    stream: true,
    stream_options: { include_usage: true },
  }),
  chat({
    messages: user('get_weather'),
    tools: [{ type: 'function', function: { ...weather, type: undefined } }],
    stream: true,
  }),
  chat({ messages: user('hello'), max_tokens: 2 }),
  chat({ messages: user('hello'), temperature: 5 }),
  chat({ messages: user('/simulate fail_status=429\nhello') }),
  chat({ messages: user('/simulate fail_after=1 chunks=3\nhello'), stream: true }),
  respond({ input: 'hello', metadata: { a: 'b' }, instructions: 'Be brief.' }),
  respond({ input: '/simulate chunks=3\nhello', stream: true }),
  respond({ input: 'get_weather', tools: [weather], stream: true }),
  respond({ input: '/simulate fail_after=1 chunks=3\nhello', stream: true }),
  respond({ input: 'hello', store: false, max_output_tokens: 1 }),
  ['/v1/conversations', { body: { metadata: { a: 'b' }, items: [{ role: 'user', content: 'my name is Ada.' }] } }],
  respond({ input: 'what is my name?', conversation: '{conv}' }),
  ['/v1/conversations/{conv}/items'],
  ['/v1/conversations/{conv}/items?limit=1&order=asc'],
  ['/parley/sessions/{conv}'],
  ['/parley/sessions/{conv}/close', { method: 'POST' }],
  respond({ input: 'hello', conversation: '{conv}' }),
  ['/v1/responses/{resp}'],
  ['/v1/responses/{resp}?stream=true&starting_after=1'],
  ['/v1/responses/{resp}/input_items'],
  ['/v1/responses/{resp}/cancel', { method: 'POST' }],
  respond({ input: 'and?', previous_response_id: '{resp}' }),
  ['/v1/responses/{resp}', { method: 'DELETE' }],
  ['/v1/responses/{resp}'],
  ['/v1/conversations/{conv}', { method: 'DELETE' }],
  ['/v1/conversations/{conv}'],
  ['/parley/users/ada', { method: 'PUT', body: { profile: { a: 1 }, preferences: { temperature: 1 } } }],
  ['/parley/users'],
  ['/v1/nothing'],
  ['/v1/responses', { method: 'PUT', body: {} }],
]
const acceptedCount = 13

export const transcriptJourneys: readonly Journey[] = [
  journey('transcript: every answer has the same bytes in every topology', async (t: TestContext, system) => {
    const { key } = await system.newTenant()
    const normalise = createNormaliser()
    const latest: Record<string, string> = {}
    const parts: string[] = []
    const record = async ([path, init = {}]: Step) => {
      const request = JSON.stringify({ path, ...init })
      const { path: filledPath, ...filled } = JSON.parse(fill(request, latest)) as { path: string }
      const answer = await send(system, filledPath, { ...filled, key })
      Object.assign(latest, idsIn(answer))
      parts.push(`>>> ${request}\n${normalise(answer)}`)
    }
    for (const step of steps) await record(step)
    await untilSettled(system, key, acceptedCount)
    for (const path of ['/parley/requests', '/parley/ledger']) await record([path])
    const transcript = `${parts.join('\n\n')}\n`
    if (process.env['UPDATE_GOLDEN'] === '1' && system.topology === 'one-process-strict') {
      await writeFile(goldenFile, transcript)
    }
    t.assert.equal(transcript, await readFile(goldenFile, 'utf8'))
  }),
]

const headersShown = [
  'content-type',
  'cache-control',
  'allow',
  'retry-after',
  'x-should-retry',
  'openai-version',
  'www-authenticate',
]

async function send(system: System, path: string, init: FetchInit): Promise<string> {
  const answer = await system.fetch(path, init)
  const shown = headersShown.filter((name) => answer.headers.has(name))
  const head = shown.map((name) => `${name}: ${answer.headers.get(name)}`)
  return [`${answer.status}`, ...head, '', await answer.text()].join('\n')
}

function fill(text: string, latest: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(conv|resp)\}/g, (_, prefix: string) => latest[prefix] ?? 'none')
}

/** The id of a conversation, or of a completed response that is kept. */
function idsIn(answer: string): Record<string, string> {
  const conversation = /"id":"(conv_[0-9a-f]{32})","object":"conversation"/.exec(answer)?.[1]
  const response = /"id":"(resp_[0-9a-f]{32})","object":"response","created_at":\d+,"status":"completed"/.exec(
    answer,
  )?.[1]
  const kept = answer.includes('"store":true')
  return {
    ...(conversation !== undefined && { conv: conversation }),
    ...(response !== undefined && kept && { resp: response }),
  }
}

/** Ids by the order in which they appear, times as nothing. */
function createNormaliser(): (text: string) => string {
  const names = new Map<string, string>()
  return (text) =>
    text
      .replaceAll(/\b([a-z]+)([_-])([0-9a-f]{32})\b/g, (_, prefix: string, sign: string, digits: string) => {
        const name = names.get(digits) ?? `${names.size + 1}`
        names.set(digits, name)
        return `${prefix}${sign}#${name}`
      })
      .replaceAll(/"((?:\w+_)?(?:created|at))":\d{10}\b/g, '"$1":0')
      .replaceAll(/"(\w+_at)":\d{10}\b/g, '"$1":0')
}
