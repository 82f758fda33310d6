import { AppError } from '@parley/chassis/values/errors.ts'
import type { Accepted, SubmitRequest } from '../contract.ts'
import { comparableText } from '../domain/same-request.ts'
import type { Digest, RequestStore } from './ports.ts'

export interface KeyedSubmission {
  readonly key: string
  readonly fingerprint: string
}

/** Thrown to give up a transaction that came second. */
export class KeyTaken extends Error {
  override readonly name = 'KeyTaken'
}

export type AcceptOnce = (
  tenant: string,
  submission: SubmitRequest,
  accept: (keyed: KeyedSubmission) => Promise<Accepted>,
) => Promise<Accepted>

/**
 * Runs `accept` for the first submission under a key and answers every other with that acceptance. Throws
 * IDEMPOTENCY_KEY_REUSED when a later one differs.
 *
 * Submissions with one key queue up within a process, so that a second one never meets the session that the first has
 * just reserved. Between processes the unique key decides, and the one that came second reads what the first wrote.
 */
export function createAcceptOnce({ store, digest }: { store: RequestStore; digest: Digest }): AcceptOnce {
  const queues = new Map<string, Promise<unknown>>()

  return async function acceptOnce(tenant, submission, accept) {
    const key = submission.idempotencyKey ?? ''
    const queueName = `${tenant}\n${key}`
    const before = queues.get(queueName) ?? Promise.resolve()
    const mine = before.then(() => decide(tenant, key, digest(comparableText(submission)), accept))
    const settled = mine.catch(() => {})
    queues.set(queueName, settled)
    try {
      return await mine
    } finally {
      if (queues.get(queueName) === settled) queues.delete(queueName)
    }
  }

  async function decide(
    tenant: string,
    key: string,
    fingerprint: string,
    accept: (keyed: KeyedSubmission) => Promise<Accepted>,
  ): Promise<Accepted> {
    const earlier = await replay(tenant, key, fingerprint)
    if (earlier !== undefined) return earlier
    try {
      return await accept({ key, fingerprint })
    } catch (error) {
      const meanwhile = mayBeTaken(error) ? await replay(tenant, key, fingerprint) : undefined
      if (meanwhile !== undefined) return meanwhile
      throw error
    }
  }

  async function replay(tenant: string, key: string, fingerprint: string): Promise<Accepted | undefined> {
    const found = await store.findByKey(tenant, key)
    if (found === undefined) return undefined
    if (found.fingerprint !== fingerprint) {
      throw new AppError(
        'IDEMPOTENCY_KEY_REUSED',
        'This idempotency key was used with another body. Use a new key for a new request.',
        { param: 'Idempotency-Key' },
      )
    }
    const { requestId, responseId, acceptedAt } = found
    return { requestId, responseId, acceptedAt, replayed: true }
  }
}

/** A busy session may be busy with this very request, accepted a moment ago by another process. */
function mayBeTaken(error: unknown): boolean {
  return error instanceof KeyTaken || (error instanceof AppError && error.code === 'SESSION_BUSY')
}
