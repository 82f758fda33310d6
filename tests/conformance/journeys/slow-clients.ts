import { type IncomingMessage, request } from 'node:http'
import type { TestContext } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { doneMark, parseEvents } from '../../harness/event-stream.ts'
import { floodBytes } from '../../harness/flood-upstream.ts'
import type { System } from '../../harness/system.ts'
import type { Journey } from '../journey.ts'

/** What all buffers between the provider and a client that does not read may hold, those of the kernel included. */
const bufferedBytesMax = 36 * 1024 * 1024

/** Held up as the slow client is, they would have no answer at all. */
const othersTimeoutMs = 15_000

export const slowClientJourneys: readonly Journey[] = [
  {
    name: 'slow client: it slows its provider and nobody else, and gets everything once it reads',
    alone: true,
    run: checkSlowClient,
  },
]

async function checkSlowClient(t: TestContext, system: System): Promise<void> {
  const { response, end } = await openUnread(system)
  t.after(end)
  let bytes = -1
  const stoodStill = () => {
    const before = bytes
    bytes = system.flood.bytes
    return bytes > 0 && before === bytes
  }
  await waitUntil(stoodStill, { pollMs: 300, timeoutMs: 15_000, what: 'the provider to be held up' })
  t.assert.ok(bytes < bufferedBytesMax, `${bytes} bytes were taken from the provider`)
  const messages = [{ role: 'user' as const, content: 'hello' }]
  const startedMs = performance.now()
  await Promise.all(
    Array.from({ length: 10 }, () => system.client().chat.completions.create({ model: 'beside-slow', messages })),
  )
  t.assert.ok(performance.now() - startedMs < othersTimeoutMs, 'others are answered meanwhile')
  t.assert.ok(system.flood.bytes < bufferedBytesMax, 'and the provider is still held up')
  t.assert.deepEqual(await readToEnd(response), { chars: floodBytes, isDone: true })
}

/** A stream whose client reads nothing beyond what its socket takes in. */
async function openUnread(system: System): Promise<{ response: IncomingMessage; end: () => void }> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const sent = request(
    `${system.url}/v1/chat/completions`,
    { method: 'POST', headers: { authorization: `Bearer ${system.key}`, 'content-type': 'application/json' } },
    resolve,
  )
  sent.once('error', reject)
  sent.end(JSON.stringify({ model: 'flood', messages: [{ role: 'user', content: 'go' }], stream: true }))
  const response = await promise
  response.pause()
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
  return { response, end: () => sent.destroy() }
}

/** Event by event: parsing so much text at once would hold up everything else in this process. */
async function readToEnd(response: IncomingMessage): Promise<{ chars: number; isDone: boolean }> {
  response.setEncoding('utf8')
  let rest = ''
  let chars = 0
  let isDone = false
  for await (const piece of response) {
    const blocks = (rest + String(piece)).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const { data } of parseEvents([...blocks, ''].join('\n\n'))) {
      chars += contentOf(data).length
      isDone = data === doneMark
    }
  }
  return { chars, isDone: isDone && rest === '' }
}

function contentOf(data: unknown): string {
  if (typeof data !== 'object' || data === null || !('choices' in data)) return ''
  const [choice] = data.choices as { delta: { content?: string | null } }[]
  return choice?.delta.content ?? ''
}
