import { AppError } from '@parley/chassis/values/errors.ts'
import { forEachReady } from '@parley/chassis/values/ready-values.ts'
import type { Frame, ResponseEnd } from '@parley/kernel/frames.ts'
import { type Outcome, OutputAccumulator, type ResponseStart } from './output-accumulator.ts'

/** Waits for a response to end. Throws OUTCOME_UNKNOWN when the frames break off before. */
export async function collectOutcome(frames: AsyncIterable<Frame>): Promise<Outcome> {
  const output = new OutputAccumulator()
  let start: ResponseStart | null = null
  let end: ResponseEnd | null = null
  await forEachReady(frames, (frame) => {
    const { step } = frame
    output.add(frame)
    if (step.type === 'response-start') start = step
    if (step.type === 'response-end') end = step
  })
  if (start !== null && end !== null) return { start, output: output.items, end }
  throw new AppError('OUTCOME_UNKNOWN', 'The response broke off before it ended.')
}
