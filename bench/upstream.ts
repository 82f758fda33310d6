import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { english } from './load/chat-request.ts'
import { writeStamp } from './load/stamps.ts'
import { monotonicUs } from './measure/monotonic.ts'
import { ANSWER_TEXT_BYTES, HOST, MODEL, STREAM_CHUNKS } from './settings.ts'

/**
 * The upstream of the benchmark: chat completions that cost as little as `node:http` allows and have the instant of sending
 * stamped into every chunk, and embeddings of one vector. The prompt says how to stream: `/simulate chunks=50
 * interval_ms=20`, in the words of the simulated provider.
 */
const server = createServer((request, response) => {
  if (request.url === '/v1/models') {
    sendJson(
      response,
      JSON.stringify({ object: 'list', data: [{ id: MODEL, object: 'model', created: 0, owned_by: 'bench' }] }),
    )
    return
  }
  answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
})
server.keepAliveTimeout = 60_000
server.listen(0, HOST, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
process.once('SIGTERM', () => process.exit(0))

const ENVELOPE = { id: 'chatcmpl-bench', created: 1_750_000_000, model: MODEL }
const ANSWER_TEXT = english(ANSWER_TEXT_BYTES)
const CHUNK_TEXT = english(12)

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request)
  const wish: unknown = JSON.parse(body)
  if (request.url === '/v1/embeddings') sendJson(response, EMBEDDING)
  else if (isObject(wish) && wish.stream === true) await sendStream(response, body)
  else sendJson(response, completion(body))
}

/** The usage names the size of the prompt, so that a client can tell how much of a session reached the model. */
function usageOf(body: string) {
  const promptTokens = Math.ceil(body.length / 4)
  return { prompt_tokens: promptTokens, completion_tokens: 256, total_tokens: promptTokens + 256 }
}

const MESSAGE = { role: 'assistant', content: ANSWER_TEXT }
const CHOICES = [{ index: 0, message: MESSAGE, logprobs: null, finish_reason: 'stop' }]
const COMPLETION_HEAD = JSON.stringify({ ...ENVELOPE, object: 'chat.completion', choices: CHOICES }).slice(0, -1)

/** As many numbers as give a kilobyte of base64, the encoding that SDKs ask for. */
const VECTOR = Float32Array.from({ length: (ANSWER_TEXT_BYTES / 4) * 0.75 }, (_, index) => Math.sin(index) / 10)
const EMBEDDING = JSON.stringify({
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: Buffer.from(VECTOR.buffer).toString('base64') }],
  model: MODEL,
  usage: { prompt_tokens: 256, total_tokens: 256 },
})

function completion(body: string): string {
  return `${COMPLETION_HEAD},"usage":${JSON.stringify(usageOf(body))}}`
}

/** Every chunk is a write of its own: without an interval, one in each turn of the event loop. */
async function sendStream(response: ServerResponse, body: string): Promise<void> {
  const chunks = directive(body, 'chunks') ?? STREAM_CHUNKS
  const intervalMs = directive(body, 'interval_ms') ?? 0
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  response.write(chunkEvent({ role: 'assistant', content: '' }, null))
  const pause = intervalMs === 0 ? () => nextTurn() : pacer(intervalMs)
  for (let index = 0; index < chunks && !response.destroyed; index += 1) {
    await pause()
    response.write(chunkEvent({ content: `${writeStamp({ index, sentUs: monotonicUs() })}${CHUNK_TEXT} ` }, null))
  }
  response.write(chunkEvent({}, 'stop'))
  const usage = JSON.stringify({ ...ENVELOPE, object: 'chat.completion.chunk', choices: [], usage: usageOf(body) })
  response.end(`${body.includes('"include_usage":true') ? `data: ${usage}\n\n` : ''}data: [DONE]\n\n`)
}

function chunkEvent(delta: { role?: string; content?: string }, finishReason: 'stop' | null): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }]
  return `data: ${JSON.stringify({ ...ENVELOPE, object: 'chat.completion.chunk', choices })}\n\n`
}

/** Waits for the next multiple of the interval since its making, so that a stream does not drift. */
function pacer(intervalMs: number): () => Promise<void> {
  const start = performance.now()
  let count = 0
  return () => {
    count += 1
    const waitMs = Math.max(0, start + count * intervalMs - performance.now())
    return new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}

function directive(body: string, name: string): number | null {
  const value = new RegExp(`/simulate[^"]*\\b${name}=(\\d+)`).exec(body)?.[1]
  return value === undefined ? null : Number(value)
}

function sendJson(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function readBody(request: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
    body += chunk
  })
  request.on('end', () => resolve(body))
  request.on('error', reject)
  return promise
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
