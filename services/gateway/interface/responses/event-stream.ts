import type { Frame } from '@parley/kernel/frames.ts'
import type { EventStreamAnswer } from '../route.ts'
import { ResponseEventEncoder } from './encode-events.ts'
import type { ResponseBasis } from './encode-response.ts'

export interface StreamOptions {
  basis: ResponseBasis
  frames: AsyncIterable<Frame>
  startingAfter: number
  earlyFailureAsStatus: boolean
}

/** A break is told by breaking the connection: the response may still be running, and can be taken up again. */
export function eventStream({ basis, frames, startingAfter, earlyFailureAsStatus }: StreamOptions): EventStreamAnswer {
  const encoder = new ResponseEventEncoder({ basis, startingAfter })
  return {
    kind: 'event-stream',
    frames,
    encode: (frame) => encoder.encode(frame),
    encodeBreak: () => null,
    earlyFailureAsStatus,
  }
}
