import type { Transactor } from '@parley/chassis/values/transaction.ts'
import type { Frame, ResponseStep } from '@parley/kernel/frames.ts'
import { FrameNumbering } from '../domain/frame-numbering.ts'
import type { LiveRun } from './live-runs.ts'
import type { AttemptKey, FrameLog } from './ports.ts'

/** Numbers the steps of one run and hands them to its followers. */
export interface FrameWriter {
  /** Throws WriteRefused. */
  write(step: ResponseStep): void
  /** Undefined when there is room for more; otherwise a promise that resolves once there is. */
  room(): Promise<void> | undefined
  /** From now on nothing is shown before the end: frames wait for `takePending`. */
  hold(): void
  /**
   * Ends the writing: waits for the commit under way and resolves to how many frames someone may have seen, those of
   * earlier attempts included. Throws WriteRefused.
   */
  close(): Promise<number>
  /** Closes, and resolves to the frames that are not in the log yet, which the caller writes. Throws WriteRefused. */
  takePending(): Promise<Frame[]>
  number(step: ResponseStep): Frame
}

/** For a plain run: frames exist in memory only. */
export function createPlainWriter({ claim, feed }: LiveRun): FrameWriter {
  const numbering = new FrameNumbering(claim.framesBefore)
  let shown = claim.framesBefore
  return {
    write(step) {
      shown++
      feed.push(numbering.number(step))
    },
    room: () => feed.room(),
    hold() {},
    close: async () => shown,
    takePending: async () => [],
    number: (step) => numbering.number(step),
  }
}

export interface LoggedWriterPorts {
  log: FrameLog
  transactor: Transactor
  /** Frames waiting for the log beyond this many make the run wait. */
  pendingMax: number
}

/**
 * For a logged run: a frame is committed before any follower sees it. While one commit is under way the next frames
 * gather, and then go into the log as one statement; the faster the model, the larger the batch.
 */
export function createLoggedWriter(run: LiveRun, { log, transactor, pendingMax }: LoggedWriterPorts): FrameWriter {
  const { claim, feed } = run
  const key: AttemptKey = { responseId: claim.response.responseId, attempt: claim.attempt }
  const numbering = new FrameNumbering(claim.framesBefore)
  let shown = claim.framesBefore
  let pending: Frame[] = []
  let closing = false
  let held = false
  let flushing: Promise<void> | null = null
  let failure: { readonly error: unknown } | null = null

  return {
    write(step) {
      if (failure !== null) throw failure.error
      pending.push(numbering.number(step))
      if (!held) flushing ??= flush()
    },
    hold() {
      held = true
    },
    room: () => (flushing !== null && pending.length > pendingMax ? flushing : undefined),
    close,
    async takePending() {
      await close()
      const rest = pending
      pending = []
      return rest
    },
    number: (step) => numbering.number(step),
  }

  async function close(): Promise<number> {
    closing = true
    await flushing
    if (failure !== null) throw failure.error
    return shown
  }

  async function flush(): Promise<void> {
    try {
      while (pending.length > 0 && !closing) {
        let batch: Frame[] = []
        await transactor.transaction((tx) => {
          // Taken only now: frames that came while the store was busy with others join the batch.
          batch = pending
          pending = []
          return log.append(tx, key, batch)
        })
        shown += batch.length
        for (const frame of batch) feed.push(frame)
      }
    } catch (error) {
      failure = { error }
    } finally {
      flushing = null
    }
  }
}
