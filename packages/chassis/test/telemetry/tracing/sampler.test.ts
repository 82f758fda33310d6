import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { ROOT_CONTEXT, SamplingDecision } from '@opentelemetry/api'
import { TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace'
import { createSampler } from '../../../telemetry/tracing/sampler.ts'

const newTraceId = () => randomBytes(16).toString('hex')

test('a share of traces is recorded, the same ones that the SDK of OpenTelemetry would choose', (t: TestContext) => {
  const ours = createSampler({ parentBased: true, ratio: 0.05 })
  const theirs = new TraceIdRatioBasedSampler(0.05)
  let sampled = 0
  for (let count = 0; count < 10_000; count++) {
    const traceId = newTraceId()
    const isSampled = ours(null, traceId)
    if (isSampled) sampled++
    const { decision } = theirs.shouldSample(ROOT_CONTEXT, traceId)
    t.assert.strictEqual(isSampled, decision === SamplingDecision.RECORD_AND_SAMPLED, traceId)
  }
  t.assert.ok(sampled > 300 && sampled < 700, `${sampled} of 10,000`)
})

test('all and none are all and none', (t: TestContext) => {
  const all = createSampler({ parentBased: false, ratio: 1 })
  const none = createSampler({ parentBased: false, ratio: 0 })
  for (let count = 0; count < 1_000; count++) {
    const traceId = newTraceId()
    t.assert.deepStrictEqual([all(null, traceId), none(null, traceId)], [true, false])
  }
})

test('the client decides for its traces, unless it is not asked', (t: TestContext) => {
  const traceId = newTraceId()
  const sampled = `00-${traceId}-00f067aa0ba902b7-01`
  const unsampled = `00-${traceId}-00f067aa0ba902b7-00`
  const asks = createSampler({ parentBased: true, ratio: 0 })
  t.assert.deepStrictEqual([asks(sampled, traceId), asks(unsampled, traceId)], [true, false])
  const asksNobody = createSampler({ parentBased: false, ratio: 0 })
  t.assert.strictEqual(asksNobody(sampled, traceId), false)
})
