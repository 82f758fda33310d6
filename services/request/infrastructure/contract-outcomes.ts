import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { ResponseContract } from '@parley/response/contract.ts'
import type { SessionContract } from '@parley/session/contract.ts'
import type { Outcomes } from '../application/upkeep-ports.ts'

export class ContractOutcomes implements Outcomes {
  readonly #response: Pick<CallsOf<typeof ResponseContract>, 'auditResponses'>
  readonly #session: Pick<CallsOf<typeof SessionContract>, 'auditTurns'>

  constructor(neighbours: {
    response: Pick<CallsOf<typeof ResponseContract>, 'auditResponses'>
    session: Pick<CallsOf<typeof SessionContract>, 'auditTurns'>
  }) {
    this.#response = neighbours.response
    this.#session = neighbours.session
  }

  findResponses: Outcomes['findResponses'] = async (context, responseIds) => {
    if (responseIds.length === 0) return []
    return (await this.#response.auditResponses(context, { responseIds: [...responseIds], limit: 1 })).data
  }

  listResponses: Outcomes['listResponses'] = (context, page) => this.#response.auditResponses(context, page)

  findTurns: Outcomes['findTurns'] = async (context, turns) => {
    if (turns.length === 0) return []
    return (await this.#session.auditTurns(context, { turns: [...turns], limit: 1 })).data
  }

  listTurns: Outcomes['listTurns'] = (context, page) => this.#session.auditTurns(context, page)
}
