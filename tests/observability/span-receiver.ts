import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { waitUntil } from '@parley/testkit/latch.ts'

/** A span as it was sent over OTLP, with the names that tests ask by. */
export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | null
  readonly name: string
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  readonly service: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly traceState: string
  readonly failed: boolean
}

/** Takes spans over OTLP/HTTP in JSON, as a collector would. */
export interface SpanReceiver extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string
  readonly spans: readonly ReceivedSpan[]
  /** The spans of a trace once there are as many of each name as `names` says, or the test's time is over. */
  untilTrace(traceId: string, names: readonly string[]): Promise<readonly ReceivedSpan[]>
  /** Bytes as they came, for whoever looks for what must not be in them. */
  text(): string
}

const waitMs = 30_000

export async function startSpanReceiver(): Promise<SpanReceiver> {
  const spans: ReceivedSpan[] = []
  const bodies: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      bodies.push(body)
      spans.push(...readSpans(JSON.parse(body)))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const ofTrace = (traceId: string) => spans.filter((span) => span.traceId === traceId)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    async untilTrace(traceId, names) {
      const isWhole = () => {
        const there = ofTrace(traceId).map(({ name }) => name)
        return names.every((name) => count(there, name) >= count(names, name))
      }
      await waitUntil(isWhole, { timeoutMs: waitMs }).catch(() => {})
      return ofTrace(traceId)
    },
    text: () => bodies.join('\n'),
    [Symbol.asyncDispose]: () => close(server),
  }
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

function count(names: readonly string[], name: string): number {
  return names.filter((other) => other === name).length
}

interface WireAttribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface WireSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly traceState?: string
  readonly name: string
  readonly kind: number
  readonly attributes?: readonly WireAttribute[]
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly status?: { readonly code?: number }
}

interface WireRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly WireAttribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[]
  }[]
}

const kinds = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const
const errorStatus = 2

function readSpans({ resourceSpans }: WireRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesOf(resource.attributes)['service.name'])
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => toReceived(span, service)))
  })
}

function toReceived(span: WireSpan, service: string): ReceivedSpan {
  const { traceId, spanId, parentSpanId, traceState = '', name, kind, attributes = [], links = [], status } = span
  return {
    traceId,
    spanId,
    parentSpanId: parentSpanId === undefined || parentSpanId === '' ? null : parentSpanId,
    name,
    kind: kinds[kind] ?? 'internal',
    service,
    attributes: attributesOf(attributes),
    links,
    traceState,
    failed: status?.code === errorStatus,
  }
}

function attributesOf(attributes: readonly WireAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, contentOf(value)]))
}

function contentOf(value: Readonly<Record<string, unknown>>): unknown {
  const [kind, content] = Object.entries(value)[0] ?? []
  if (kind === 'intValue') return Number(content)
  if (kind !== 'arrayValue') return content
  return (content as { values: Readonly<Record<string, unknown>>[] }).values.map(contentOf)
}
