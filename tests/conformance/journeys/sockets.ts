import type { TestContext } from 'node:test'
import { NotFoundError } from 'openai'
import type { ResponsesServerEvent } from 'openai/resources/responses/responses'
import { openSocket } from '../../harness/socket-client.ts'
import { untilUpstreamCall } from '../../harness/upstream-calls.ts'
import { type Journey, journey } from '../journey.ts'

export const socketJourneys: readonly Journey[] = [
  journey('sockets: turns follow each other on one connection, and are stored', async (t: TestContext, system) => {
    const client = system.client()
    using socket = openSocket(client)
    const first = await socket.ask({ model: 'socket', input: 'my name is Ada.' })
    t.assert.deepEqual(
      first.map(({ type }) => type).filter((type) => type !== 'response.output_text.delta'),
      [
        'response.created',
        'response.in_progress',
        'response.output_item.added',
        'response.content_part.added',
        'response.output_text.done',
        'response.content_part.done',
        'response.output_item.done',
        'response.completed',
      ],
    )
    const { id } = endOf(first)
    const second = await socket.ask({ model: 'socket', input: 'what is my name?', previous_response_id: id })
    t.assert.match(JSON.stringify(endOf(second).output), /your name is Ada/)
    t.assert.equal(endOf(second).previous_response_id, id)
    t.assert.equal((await client.responses.retrieve(endOf(second).id)).status, 'completed')
  }),

  journey('sockets: what is not stored is continued on its connection alone', async (t: TestContext, system) => {
    const client = system.client()
    using socket = openSocket(client)
    const plain = { model: 'socket-plain', store: false }
    const first = endOf(await socket.ask({ ...plain, input: 'my colour is green.' }))
    const second = endOf(await socket.ask({ ...plain, input: 'what is my colour?', previous_response_id: first.id }))
    t.assert.match(JSON.stringify(second.output), /your colour is green/)
    t.assert.equal(second.previous_response_id, first.id)
    await t.assert.rejects(client.responses.retrieve(first.id), NotFoundError)
    using other = openSocket(client)
    const [refused] = await other.ask({ ...plain, input: 'what is my colour?', previous_response_id: second.id })
    t.assert.deepEqual([errorOf(refused).code, statusOf(refused)], ['previous_response_not_found', 400])
    const warm = endOf(await socket.ask({ ...plain, input: 'my name is Bob.', generate: false }))
    t.assert.deepEqual(warm.output, [])
    const third = endOf(await socket.ask({ ...plain, input: 'what is my name?', previous_response_id: warm.id }))
    t.assert.match(JSON.stringify(third.output), /your name is Bob/)
  }),

  journey('sockets: a wrong turn is refused in words, and the next one is answered', async (t: TestContext, system) => {
    using socket = openSocket(system.client())
    for (const [sent, param, code] of [
      ['{"type":', null, 'invalid_json'],
      [{ type: 'response.steer' }, 'type', 'unsupported_parameter'],
      [{ type: 'response.create', model: 'socket', input: 5 }, 'input', 'invalid_request'],
      [{ type: 'response.create', input: 'x', background: true }, 'background', 'unsupported_parameter'],
      [{ type: 'response.create', input: 'x', seed: 2 }, 'seed', 'unsupported_parameter'],
      [{ type: 'response.create', input: 'x', conversation: `conv_${'0'.repeat(32)}` }, null, 'session_not_found'],
    ] as const) {
      socket.send(sent)
      const event = await socket.next()
      t.assert.deepEqual([event.type, errorOf(event).param, errorOf(event).code], ['error', param, code])
    }
    socket.send({ type: 'response.create', model: 'socket', input: 'x', stream_id: 'lane', nothing: 1, tools: 'x' })
    const refused = await socket.next()
    t.assert.equal('stream_id' in refused && refused.stream_id, 'lane')
    const answered = await socket.ask({ model: 'socket', input: 'hello', stream_id: 'lane' })
    t.assert.ok(answered.every((event) => 'stream_id' in event && event.stream_id === 'lane'))
    t.assert.equal(endOf(answered).status, 'completed')
  }),

  journey('sockets: turns that are sent at once are answered one after the other', async (t: TestContext, system) => {
    using socket = openSocket(system.client())
    for (const input of ['one', 'two', 'three']) socket.send({ type: 'response.create', model: 'socket-queue', input })
    const texts: string[] = []
    while (texts.length < 3) {
      const event = await socket.next()
      t.assert.doesNotMatch(event.type, /^(error|response\.(failed|incomplete))$/, JSON.stringify(event))
      if (event.type === 'response.completed') texts.push(JSON.stringify(event.response.output))
    }
    t.assert.deepEqual(
      texts.map((text) => /“(\w+)”/.exec(text)?.[1]),
      ['one', 'two', 'three'],
    )
  }),

  journey('sockets: a client that leaves stops what is not stored', async (_t, system) => {
    const socket = openSocket(system.client())
    const input = '/simulate chunks=200 interval_ms=50\nhello'
    socket.send({ type: 'response.create', model: 'socket-gone', store: false, input })
    await socket.next()
    const call = await untilUpstreamCall(system, 'socket-gone')
    socket[Symbol.dispose]()
    await socket.closed
    const deadline = AbortSignal.timeout(5_000)
    while (!call.aborted) {
      deadline.throwIfAborted()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }),

  journey('sockets: without a key there is none, and other upgrades are ignored', async (t: TestContext, system) => {
    using socket = openSocket(system.client({ key: 'wrong' }))
    await t.assert.rejects(socket.ask({ model: 'socket', input: 'hello' }))
    const upgrade = { connection: 'upgrade', upgrade: 'h2c' }
    t.assert.equal(await rawStatus(system.url, upgrade), 405)
    t.assert.equal(await rawStatus(system.url, { ...upgrade, upgrade: 'websocket' }), 401)
  }),
]

type Ended = Extract<ResponsesServerEvent, { response: { output: unknown } }>['response']

function endOf(events: readonly ResponsesServerEvent[]): Ended {
  const last = events.at(-1)
  if (last === undefined || !('response' in last)) throw new Error(`the turn ended with ${JSON.stringify(last)}`)
  return last.response
}

interface SentError {
  readonly code: string | null
  readonly param: string | null
}

function errorOf(event: ResponsesServerEvent | undefined): SentError {
  if (event !== undefined && 'error' in event) return event.error as SentError
  throw new Error(`not an error: ${JSON.stringify(event)}`)
}

function statusOf(event: ResponsesServerEvent | undefined): number | undefined {
  return event !== undefined && 'status' in event && typeof event.status === 'number' ? event.status : undefined
}

async function rawStatus(url: string, headers: Record<string, string>): Promise<number> {
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/v1/responses`, { headers, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    asked.on('error', reject)
    asked.end()
  })
}
