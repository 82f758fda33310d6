import { AppError } from '@parley/chassis/values/errors.ts'
import type { SessionCalls } from '@parley/session/contract.ts'
import type { SessionTurns } from '../application/ports.ts'

type TurnCalls = Pick<SessionCalls, 'beginTurn' | 'buildContext' | 'appendTurn' | 'abandonTurn'>

export class ContractSessionTurns implements SessionTurns {
  readonly #session: TurnCalls

  constructor(session: TurnCalls) {
    this.#session = session
  }

  hold: SessionTurns['hold'] = async (context, { sessionId, responseId }) => {
    await this.#session.beginTurn(context, { sessionId, responseId, until: 'ended' })
  }

  context: SessionTurns['context'] = (context, query) => this.#session.buildContext(context, query)

  append: SessionTurns['append'] = async (context, turn) => {
    await this.#session.appendTurn(context, turn).catch(unlessGone)
  }

  abandon: SessionTurns['abandon'] = async (context, { sessionId, responseId }) => {
    await this.#session.abandonTurn(context, { sessionId, responseId }).catch(unlessGone)
  }
}

function unlessGone(error: unknown): void {
  if (!(error instanceof AppError) || error.code !== 'SESSION_NOT_FOUND') throw error
}
