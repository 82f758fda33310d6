import { AsyncLocalStorage } from 'node:async_hooks'
import type { Deadline } from '../values/context.ts'

interface Serving {
  readonly deadline: Deadline
  isOver: boolean
}

const scope = new AsyncLocalStorage<Serving>()
let isWanted = false

/** Turns the passing on of deadlines on, for stores whose server can be told how long a statement may take. */
export function wantDeadlines(): void {
  isWanted = true
}

/**
 * Runs `work` so that a store it uses knows how much time is left, until it settles: what it has started by then and goes
 * on without it is bound by nobody's deadline. Costs nothing unless a store wants to know.
 */
export function runWithDeadline<T>(deadline: Deadline, work: () => T): T {
  if (!isWanted) return work()
  const serving = { deadline, isOver: false }
  const end = () => {
    serving.isOver = true
  }
  const result = scope.run(serving, work)
  if (result instanceof Promise) result.then(end, end)
  else end()
  return result
}

/** What is left to the call that the present code serves; null where no call is known, as in timers. */
export function remainingCallMs(): number | null {
  const serving = scope.getStore()
  return serving === undefined || serving.isOver ? null : serving.deadline.remainingMs()
}
