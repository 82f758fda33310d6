import type { Frame, ResponseStep } from '@parley/kernel/frames.ts'

/** Gives steps their numbers: dense, from 0 or from where an earlier attempt stopped. */
export class FrameNumbering {
  #nextSeq: number

  constructor(firstSeq: number) {
    this.#nextSeq = firstSeq
  }

  number(step: ResponseStep): Frame {
    return { seq: this.#nextSeq++, step }
  }
}

/** What every response begins with. */
export function responseStart({ createdAt, model }: { createdAt: number; model: string }): ResponseStep {
  return { type: 'response-start', createdAt, model }
}

/** The frames of a response that ended without ever being run. */
export function framesWithoutRun(start: ResponseStep, end: ResponseStep): Frame[] {
  return [
    { seq: 0, step: start },
    { seq: 1, step: end },
  ]
}
