import { randomUUID } from 'node:crypto'
import type { CallContext, Scope } from '@parley/chassis/values/context.ts'

export interface TestContextOptions {
  tenant?: string
  keyId?: string | null
  scopes?: readonly Scope[]
  deadlineMs?: number
  signal?: AbortSignal
  correlationId?: string
  depth?: number
}

/** The context of a call that a tenant's application would make. */
export function testContext(options: TestContextOptions = {}): CallContext {
  const { tenant = 'tenant-a', keyId = 'key_test', scopes = ['inference', 'sessions'], deadlineMs = 5_000 } = options
  const endsAtMs = performance.now() + deadlineMs
  const requestId = `req_${randomUUID().replaceAll('-', '')}`
  return {
    principal: { tenant, keyId, scopes },
    requestId,
    correlationId: options.correlationId ?? requestId,
    causationId: null,
    traceparent: null,
    deadline: { remainingMs: () => endsAtMs - performance.now() },
    signal: options.signal ?? new AbortController().signal,
    depth: options.depth ?? 0,
  }
}
