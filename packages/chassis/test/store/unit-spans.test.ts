import { type TestContext, test } from 'node:test'
import { testDialect } from '@parley/testkit/store.ts'
import type { TracePlace } from '../../telemetry/tracing/trace-context.ts'
import type { Span, SpanDescription, Tracer } from '../../telemetry/tracing/tracer.ts'
import { AppError } from '../../values/errors.ts'
import { openNotes } from './notes-store.ts'

interface Seen {
  readonly description: SpanDescription
  readonly parent: string | null
  failure: unknown
  isOver: boolean
}

const recorded: TracePlace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }
const unrecorded: TracePlace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` }

async function startStore(t: TestContext) {
  const spans: Seen[] = []
  const tracer: Pick<Tracer, 'start'> = {
    start(parent, description) {
      if (parent.traceparent !== recorded.traceparent) return null
      const seen: Seen = { description, parent: parent.traceparent, failure: null, isOver: false }
      spans.push(seen)
      return spanOf(seen)
    },
  }
  const store = await openNotes({ tracer })
  t.after(() => store[Symbol.asyncDispose]())
  return { store, spans }
}

function spanOf(seen: Seen): Span {
  return {
    traceparent: recorded.traceparent ?? '',
    tracestate: null,
    set() {},
    fail(error) {
      seen.failure = error
    },
    end() {
      seen.isOver = true
    },
  }
}

test('a unit of work of a recorded trace has a span until it is durable', async (t: TestContext) => {
  const { store, spans } = await startStore(t)
  let overWithin: boolean | undefined
  await store.transaction(async () => {
    overWithin = spans[0]?.isOver
  }, recorded)
  t.assert.equal(overWithin, false)
  t.assert.deepStrictEqual(spans, [
    {
      description: {
        name: 'transaction notes',
        kind: 'client',
        attributes: {
          'db.system.name': testDialect === 'postgres' ? 'postgresql' : 'sqlite',
          'db.namespace': 'notes',
          'db.operation.name': 'transaction',
        },
      },
      parent: recorded.traceparent,
      failure: null,
      isOver: true,
    },
  ])
})

test('one that fails says why', async (t: TestContext) => {
  const { store, spans } = await startStore(t)
  const refusal = new AppError('STORE_UNAVAILABLE', 'Not now.')
  await t.assert.rejects(
    store.transaction(() => Promise.reject(refusal), recorded),
    (error: unknown) => error === refusal,
  )
  t.assert.deepStrictEqual([spans[0]?.failure, spans[0]?.isOver], [refusal, true])
})

test('there is no span for a trace that is not recorded, or for work of nobody', async (t: TestContext) => {
  const { store, spans } = await startStore(t)
  await store.transaction(async () => {}, unrecorded)
  await store.transaction(async () => {})
  t.assert.deepStrictEqual(spans, [])
})
