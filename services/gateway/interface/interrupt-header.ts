import type { RequestInput } from '@parley/request/contract.ts'
import type { RequestHeaders } from './route.ts'
import { invalid } from './schemas.ts'

/** Says what becomes of a response whose process dies after it has told part of the answer. */
export const interruptHeader = 'x-parley-on-interrupt'

/** The input with the policy that the caller asked for; as it is when it asked for none. Throws INVALID_REQUEST. */
export function withInterruptPolicy(
  input: RequestInput,
  { headers, idempotencyKey }: { headers: RequestHeaders; idempotencyKey: string | null },
): RequestInput {
  const onInterrupt = headers[interruptHeader]
  if (onInterrupt === undefined) return input
  if (onInterrupt !== 'fail' && onInterrupt !== 'restart') {
    throw invalid(interruptHeader, `The header ${interruptHeader} must be fail or restart.`)
  }
  if (onInterrupt === 'restart' && !input.store && idempotencyKey === null) {
    throw invalid(
      interruptHeader,
      `A response can only be restarted when somebody can come back for it: send "store": true or an idempotency-key.`,
    )
  }
  return { ...input, onInterrupt }
}
