import type { ServerResponse } from 'node:http'
import { callerGone } from '@parley/chassis/contract/call-scope.ts'

export interface StallOptions {
  writeStallMs: number
  /** Called when a client was dropped because it read nothing for that long. */
  onStalled: () => void
}

/** Resolves once the client has read what was written; rejects with CALL_CANCELLED when it goes or is dropped. */
export function drained(raw: ServerResponse, { writeStallMs, onStalled }: StallOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      onStalled()
      raw.destroy()
    }, writeStallMs)
    const settle = (action: () => void) => () => {
      clearTimeout(timer)
      raw.removeListener('drain', goOn)
      raw.removeListener('close', leave)
      action()
    }
    const goOn = settle(resolve)
    const leave = settle(() => reject(callerGone))
    raw.once('drain', goOn)
    raw.once('close', leave)
  })
}

/** Ends the answer, and drops a client that does not read it. */
export function endGuarded(
  raw: ServerResponse,
  lastText: string | undefined,
  { writeStallMs, onStalled }: StallOptions,
): void {
  raw.end(lastText)
  if (raw.writableLength === 0) return
  const timer = setTimeout(() => {
    onStalled()
    raw.destroy()
  }, writeStallMs)
  raw.once('close', () => clearTimeout(timer))
  raw.once('finish', () => clearTimeout(timer))
}
