import type { AppError } from '@parley/chassis/values/errors.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import { collectOutcome } from './collect-outcome.ts'
import { outcomeError } from './outcome-error.ts'
import type { Outcome } from './output-accumulator.ts'
import { type Answer, json } from './route.ts'

export interface StreamEncoder {
  encode(frame: Frame): readonly string[]
  encodeError(error: AppError): string | null
}

/**
 * How dialects answer that have room for one answer: as events of `encoder`, or without one in one piece. Throws what
 * ended a response badly.
 */
export async function answerOnce(
  frames: AsyncIterable<Frame>,
  { encoder, encodeWhole }: { encoder: StreamEncoder | null; encodeWhole: (outcome: Outcome) => object },
): Promise<Answer> {
  if (encoder !== null) {
    return {
      kind: 'event-stream',
      frames,
      encode: (frame) => encoder.encode(frame),
      encodeBreak: (error) => encoder.encodeError(error),
      earlyFailureAsStatus: true,
    }
  }
  const outcome = await collectOutcome(frames)
  const error = outcomeError(outcome.end)
  if (error !== null) throw error
  return json(encodeWhole(outcome))
}
