import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { CallContext } from '@parley/chassis/values/context.ts'
import type { SessionContract } from '@parley/session/contract.ts'
import type { Turns } from '../application/ports.ts'

type SessionCalls = Pick<CallsOf<typeof SessionContract>, 'beginTurn' | 'abandonTurn'>
type Background = (options: {
  tenant: string
  deadlineMs: number
  cause: CallContext
}) => CallContext & { close(): void }

const abandonDeadlineMs = 2_000

export class SessionTurns implements Turns {
  readonly #session: SessionCalls
  readonly #background: Background

  constructor(session: SessionCalls, background: Background) {
    this.#session = session
    this.#background = background
  }

  begin: Turns['begin'] = async (context, turn) => {
    const { preferences } = await this.#session.beginTurn(context, { ...turn, until: 'accepted' })
    return { preferredModel: preferences.model ?? null }
  }

  /** Runs in a context of its own: the caller's may be what ended. */
  abandon: Turns['abandon'] = async (context, turn) => {
    const scope = this.#background({ tenant: context.principal.tenant, deadlineMs: abandonDeadlineMs, cause: context })
    try {
      await this.#session.abandonTurn(scope, turn)
    } finally {
      scope.close()
    }
  }
}
