import type { TestContext } from 'node:test'
import { APIError } from 'openai'
import { doneMark, parseEvents } from '../../harness/event-stream.ts'
import { idleTimeoutMs } from '../../harness/start-system.ts'
import type { System } from '../../harness/system.ts'
import { type Journey, journey } from '../journey.ts'
import { untilSettled } from '../requests.ts'

/** An answer must come this soon after the provider fell silent. */
const noticeMs = idleTimeoutMs + 5_000

interface Answered {
  readonly status: number
  readonly code: string
}

async function askWhole(system: System, directives: string): Promise<Answered> {
  const answer = await system.fetch('/v1/chat/completions', {
    body: { model: 'faults-whole', messages: [{ role: 'user', content: `/simulate ${directives}\nhello` }] },
  })
  const body = (await answer.json()) as { error?: { code: string } }
  return { status: answer.status, code: body.error?.code ?? 'none' }
}

export const providerFaultJourneys: readonly Journey[] = [
  journey('provider: one that falls silent is given up in time', async (t: TestContext, system) => {
    const startedMs = performance.now()
    const asked = { model: 'stall', stream: true } as const
    const [whole, atOnce, midway, pinging] = await Promise.all([
      askWhole(system, 'stall_after=1'),
      readBroken(system, '/v1/chat/completions', {
        ...asked,
        messages: [{ role: 'user', content: '/simulate stall_after=0\nhello' }],
      }),
      readBroken(system, '/v1/chat/completions', {
        ...asked,
        messages: [{ role: 'user', content: '/simulate stall_after=2\nhello' }],
      }),
      readBroken(system, '/v1/chat/completions', {
        ...asked,
        messages: [{ role: 'user', content: '/simulate pings_after=2\nhello' }],
      }),
    ])
    t.assert.ok(performance.now() - startedMs < noticeMs, 'in time')
    t.assert.deepEqual(whole, { status: 504, code: 'provider_stalled' })
    for (const { code, looksComplete } of [atOnce, midway, pinging]) {
      t.assert.equal(code, 'provider_stalled')
      t.assert.equal(looksComplete, false)
    }
    t.assert.equal(midway.deltas, 2)
  }),

  journey(
    'provider: a whole answer that is garbage, cut off or missing is an error of its own',
    async (t: TestContext, system) => {
      for (const garble of ['json', 'html', 'truncate', 'sse', 'empty']) {
        const { status, code } = await askWhole(system, `garble=${garble}`)
        t.assert.equal(status, 502, garble)
        t.assert.match(code, /^provider_(garbled|unavailable)$/, garble)
      }
      for (const directives of ['disconnect_after=0', 'disconnect_after=1', 'end_after=1']) {
        const { status, code } = await askWhole(system, directives)
        t.assert.equal(status, 502, directives)
        t.assert.match(code, /^provider_(garbled|unavailable)$/, directives)
      }
    },
  ),

  journey('provider: a chat stream that breaks never looks complete', async (t: TestContext, system) => {
    for (const directives of brokenStreams) {
      const { code, looksComplete } = await readBroken(system, '/v1/chat/completions', {
        model: 'faults-stream',
        messages: [{ role: 'user', content: `/simulate ${directives}\nhello` }],
        stream: true,
      })
      t.assert.equal(looksComplete, false, directives)
      t.assert.match(code, /^provider_/, directives)
    }
    const stream = system.client().chat.completions.stream({
      model: 'faults-sdk',
      messages: [{ role: 'user', content: '/simulate fail_after=2\nhello' }],
    })
    await t.assert.rejects(stream.finalChatCompletion(), APIError)
  }),

  journey(
    'provider: a response whose stream breaks ends as failed or incomplete, and is kept so',
    async (t: TestContext, system) => {
      const { client, key } = await system.newTenant()
      for (const [index, directives] of brokenStreams.entries()) {
        const text = await system
          .fetch('/v1/responses', {
            key,
            body: { model: 'faults-responses', input: `/simulate ${directives}\nhello`, stream: true },
          })
          .then((answer) => answer.text())
        if (text.startsWith('{')) {
          const { error } = JSON.parse(text) as { error: { code: string } }
          t.assert.match(error.code, /^provider_/, directives)
        } else {
          const events = parseEvents(text)
          const last = events.at(-2)?.data as { type: string; response: { id: string; status: string } }
          t.assert.match(last.type, /^response\.(failed|incomplete)$/, directives)
          t.assert.deepEqual(events.at(-1)?.data, doneMark)
          const kept = await client.responses.retrieve(last.response.id)
          t.assert.equal(kept.status, last.response.status, directives)
          t.assert.ok(kept.error !== null || kept.incomplete_details !== null)
          const helper = client.responses.stream({ response_id: last.response.id })
          t.assert.equal((await helper.finalResponse()).status, kept.status, 'a replay ends the same way')
        }
        const entries = await untilSettled(system, key, index + 1)
        t.assert.notEqual(entries[0]?.status, 'completed', directives)
      }
    },
  ),

  journey('provider: odd but valid streams are read as they are meant', async (t: TestContext, system) => {
    const plain = await deltasOf(system, 'chunks=6')
    for (const directives of oddStreams) {
      t.assert.equal(await deltasOf(system, `chunks=6 ${directives}`), plain, directives)
    }
  }),
]

const brokenStreams = [
  'garble=json',
  'garble=html',
  'garble=truncate',
  'garble=sse',
  'garble=empty',
  'fail_after=0',
  'fail_after=2',
  'end_after=2',
  'disconnect_after=0',
  'disconnect_after=2',
]

const oddStreams = [
  'newline=crlf',
  'newline=cr',
  'bom',
  'comments',
  'split_bytes=1',
  'split_bytes=7',
  'usage=missing',
  'usage=cumulative',
  'comments newline=crlf split_bytes=3',
]

async function deltasOf(system: System, directives: string): Promise<string> {
  const stream = await system.client().chat.completions.create({
    model: 'odd-streams',
    messages: [{ role: 'user', content: `/simulate ${directives}\ngrüße 🌍` }],
    stream: true,
    stream_options: { include_usage: true },
  })
  const chunks = await Array.fromAsync(stream)
  const usage = chunks.at(-1)?.usage
  if (!usage || usage.completion_tokens <= 0) throw new Error(`no usage with ${directives}`)
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('|')
}

/** A stream that is meant to break: the error it told of, with its status or as an event, and whether it looks complete. */
async function readBroken(system: System, path: string, body: object) {
  const answer = await system.fetch(path, { body })
  const text = await answer.text().catch(() => null)
  if (answer.status !== 200) {
    const { error } = JSON.parse(text ?? '') as { error: { code: string } }
    return { code: error.code, looksComplete: false, deltas: 0 }
  }
  if (text === null) return { code: 'connection broken', looksComplete: false, deltas: 0 }
  const events = parseEvents(text).map(({ data }) => data)
  const error = events.map((data) => (data as { error?: { code: string } }).error).find((found) => found !== undefined)
  const deltas = events.filter((data) => {
    const [choice] = (data as { choices?: { delta?: { content?: string | null } }[] }).choices ?? []
    return choice?.delta?.content
  })
  return { code: error?.code ?? 'none', looksComplete: events.includes(doneMark), deltas: deltas.length }
}
