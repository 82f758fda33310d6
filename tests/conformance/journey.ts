import type { TestContext } from 'node:test'
import type { System } from '../harness/system.ts'

/** Something a client does with the system and what must come of it, the same wherever the services run. */
export interface Journey {
  /** States observable behaviour. */
  readonly name: string
  /** Moves so much data that others beside it would run into their time limits. */
  readonly alone?: boolean
  run(t: TestContext, system: System): Promise<void>
}

export function journey(name: string, run: Journey['run']): Journey {
  return { name, run }
}
