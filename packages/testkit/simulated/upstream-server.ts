import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chatUpstream } from './chat-answer.ts'
import { answerEmbeddings } from './embeddings-answer.ts'
import { messagesUpstream } from './messages-answer.ts'
import { answerTokenCount } from './messages-token-count.ts'
import { type PreparedAnswer, prepareAnswer, toError } from './prepared-answer.ts'
import { responsesUpstream } from './responses-answer.ts'
import { sendAnswer } from './send-answer.ts'
import type { UpstreamDialect } from './upstream-dialect.ts'
import type { UpstreamRequest } from './upstream-request.ts'

export type { UpstreamRequest }

/** The simulated model as a provider over HTTP that speaks the dialects of OpenAI and of Anthropic. */
export interface SimulatedUpstream extends AsyncDisposable {
  /** The API root to configure: `http://127.0.0.1:<port>/v1`; Anthropic's SDKs want it without `/v1`. */
  readonly url: string
  /** The latest calls of `chat/completions`, `responses` and `messages`, oldest first. */
  readonly requests: readonly UpstreamRequest[]
  /** All calls of `chat/completions`, `responses` and `messages` since the start. */
  readonly requestCount: number
  /** Closes every connection at once. */
  close(): Promise<void>
}

export interface SimulatedUpstreamOptions {
  /** 0 takes any free port. */
  port?: number
  host?: string
  requestsKeptMax?: number
}

const preparedMax = 2_000
const preparedBytesMax = 256 * 1024
const bodyBytesMax = 64 * 1024 * 1024

export async function startSimulatedUpstream(options: SimulatedUpstreamOptions = {}): Promise<SimulatedUpstream> {
  const { port = 0, host = '127.0.0.1', requestsKeptMax = 10_000 } = options
  const requests: UpstreamRequest[] = []
  const prepared = new Map<string, PreparedAnswer>()
  let requestCount = 0

  const answerModel = (request: IncomingMessage, response: ServerResponse, body: string) => {
    const name = pathOf(request)
    const dialect = dialects[name] ?? chatUpstream
    const answer = prepared.get(`${name}${body}`) ?? prepare(prepared, { name, dialect, body })
    const { 'x-client-request-id': clientRequestId, traceparent } = request.headers
    const entry: UpstreamRequest = {
      id: `sim-${++requestCount}`,
      clientRequestId: typeof clientRequestId === 'string' ? clientRequestId : null,
      traceparent: typeof traceparent === 'string' ? traceparent : null,
      model: answer.asked?.model ?? null,
      stream: answer.asked?.stream ?? false,
      status: answer.status,
      bytes: 0,
      aborted: false,
      ended: false,
    }
    requests.push(entry)
    if (requests.length >= 2 * requestsKeptMax) requests.splice(0, requests.length - requestsKeptMax)
    sendAnswer(response, answer, entry)
  }

  const server = createServer({ noDelay: true, keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) => {
    const route = `${request.method} ${pathOf(request)}`
    if (request.method === 'POST' && dialects[pathOf(request)] !== undefined) {
      readBody(request, response, (body) => answerModel(request, response, body))
    } else if (route === 'POST /v1/messages/count_tokens') {
      readBody(request, response, (body) => {
        const { status, text } = answerTokenCount(body)
        sendJson(response, status, text)
      })
    } else if (route === 'POST /v1/embeddings') {
      readBody(request, response, (body) => {
        const { status, headers = {}, text } = answerEmbeddings(body)
        sendJson(response, status, text, headers)
      })
    } else if (route === 'GET /v1/models') {
      sendJson(response, 200, modelList)
    } else {
      request.resume()
      sendError(response, 404, `Unknown request URL: ${request.method} ${request.url}.`)
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, backlog: 1024 }, resolve)
  })
  const address = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}/v1`,
    requests,
    get requestCount() {
      return requestCount
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const dialects: Readonly<Record<string, UpstreamDialect>> = {
  '/v1/chat/completions': chatUpstream,
  '/v1/messages': messagesUpstream,
  '/v1/responses': responsesUpstream,
}

const idPrefixes: Readonly<Record<string, string>> = { '/v1/messages': 'msg_', '/v1/responses': 'resp_' }

/** Without the query, which Anthropic's SDK sends for its beta. */
function pathOf({ url = '' }: IncomingMessage): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

const modelList = JSON.stringify({
  object: 'list',
  data: [{ id: 'simulated', object: 'model', created: 1_735_689_600, owned_by: 'parley' }],
})

/** The same body gets the same bytes: benchmarks repeat few bodies, and answering must cost little. */
function prepare(
  prepared: Map<string, PreparedAnswer>,
  { name, dialect, body }: { name: string; dialect: UpstreamDialect; body: string },
): PreparedAnswer {
  const id = `${idPrefixes[name] ?? 'chatcmpl-'}${fingerprint(body)}`
  const answer = prepareAnswer(dialect, body, { id, created: Math.floor(Date.now() / 1000) })
  const bytes = body.length + answer.parts.reduce((sum, part) => sum + part.length, 0)
  if (bytes > preparedBytesMax) return answer
  const oldest = prepared.size >= preparedMax ? prepared.keys().next() : null
  if (oldest?.value !== undefined) prepared.delete(oldest.value)
  prepared.set(`${name}${body}`, answer)
  return answer
}

/** 32-bit FNV-1a. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

function readBody(request: IncomingMessage, response: ServerResponse, onBody: (body: string) => void): void {
  const chunks: Buffer[] = []
  let length = 0
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= bodyBytesMax) chunks.push(chunk)
  })
  request.on('end', () => {
    if (length > bodyBytesMax) sendError(response, 413, 'The body is too large.')
    else onBody((chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)).toString())
  })
}

function sendError(response: ServerResponse, status: number, message: string): void {
  const { headers, parts } = toError(chatUpstream, status, { message, param: null, code: null })
  response.writeHead(status, [...headers])
  response.end(parts[0])
}

function sendJson(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const length = String(Buffer.byteLength(text))
  response.writeHead(status, { ...headers, 'content-type': 'application/json', 'content-length': length })
  response.end(text)
}
