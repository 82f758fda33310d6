import { check } from 'k6'
import http, { type RefinedResponse } from 'k6/http'
import { Counter, Rate, Trend } from 'k6/metrics'
import { headers, model, url } from './settings.ts'

type Answer = RefinedResponse<'text'>

/** Generations that were answered in full: each must be in the ledger afterwards. */
const settled = new Counter('parley_settled')
/** Requests that were refused in words because there was no room for them, with a time to wait. */
const shed = new Rate('parley_shed')
/** Requests that ended otherwise: neither answered in full nor refused in words. */
const lost = new Rate('parley_lost')
/** k6 reads whole bodies, so this is when the head of the answer came, which Parley sends with the first event. */
const firstByte = new Trend('parley_stream_first_byte', true)

const kilobyte = `/simulate text_bytes=1024\n${'The quick brown fox jumps over the lazy dog. '.repeat(20)}`
const streamed = `/simulate chunks=50 interval_ms=20\n${'Tell me a story. '.repeat(20)}`
const turnsPerSession = 5

/** A chat completion of a kilobyte there and a kilobyte back. */
export function json(): void {
  const answer = post('/v1/chat/completions', { model, messages: [{ role: 'user', content: kilobyte }] }, 'json')
  note(answer, () => (answer.json('choices.0.message.content') as string).length > 0)
}

/** A stored response of 50 chunks over a second, read to its end. */
export function streaming(): void {
  const answer = post('/v1/responses', { model, input: streamed, stream: true, store: true }, 'streaming')
  if (answer.status === 200) firstByte.add(answer.timings.waiting)
  note(answer, () => answer.body.includes('event: response.completed'))
}

/** A conversation of five turns, which must have ten items in the end. */
export function sessions(): void {
  const conversation = post('/v1/conversations', {}, 'conversation')
  if (!accepted(conversation)) return
  const id = conversation.json('id') as string
  let turns = 0
  for (let turn = 1; turn <= turnsPerSession; turn++) {
    const answer = post('/v1/responses', { model, conversation: id, input: `This is turn ${turn}.` }, 'turn')
    if (note(answer, () => answer.json('status') === 'completed')) turns += 1
  }
  const items = http.get(`${url}/v1/conversations/${id}/items?limit=100`, { headers, tags: { name: 'items' } })
  if (items.status !== 200) return
  const count = (items.json('data') as unknown[]).length
  lost.add(!check(items, { 'a conversation has two items for every turn that was answered': () => count >= 2 * turns }))
}

function post(path: string, body: object, name: string): Answer {
  return http.post(url + path, JSON.stringify(body), { headers, tags: { name }, responseType: 'text' }) as Answer
}

/** Notes what became of a generation; true when it was answered in full. */
function note(answer: Answer, isWhole: () => boolean): boolean {
  if (!accepted(answer)) return false
  const whole = check(answer, { 'an answer is whole': () => isWhole() })
  lost.add(!whole)
  if (whole) settled.add(1)
  return whole
}

/** Notes a refusal; false when it was one. */
function accepted(answer: Answer): boolean {
  const isShed = (answer.status === 429 || answer.status === 503) && answer.body?.includes('"error"') === true
  shed.add(isShed)
  if (isShed) return false
  if (answer.status !== 200) lost.add(true)
  return check(answer, { 'the status is 200': ({ status }) => status === 200 })
}
