import { AsyncLocalStorage } from 'node:async_hooks'

/** What the scope knows of a unit of work: whether it still runs. */
export interface ScopedUnit {
  readonly isOpen: boolean
}

const scope = new AsyncLocalStorage<ScopedUnit>()

/**
 * True for code that a unit of work runs, directly or through awaits. Calls to other services are refused there: they
 * would hold the database while waiting, and could not be rolled back.
 */
export function isInsideTransaction(): boolean {
  // A timer or connection made inside a unit keeps its scope for life, so the unit itself says whether it still runs.
  return scope.getStore()?.isOpen === true
}

export function runInTransactionScope<Unit extends ScopedUnit, T>(unit: Unit, work: (unit: Unit) => T): T {
  return scope.run(unit, work, unit)
}
