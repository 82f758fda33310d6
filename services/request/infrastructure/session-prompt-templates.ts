import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { SessionContract } from '@parley/session/contract.ts'
import type { PromptTemplates } from '../application/ports.ts'

/** The prompts that a tenant has made. */
export class SessionPromptTemplates implements PromptTemplates {
  readonly #session: Pick<CallsOf<typeof SessionContract>, 'renderPrompt'>

  constructor(session: Pick<CallsOf<typeof SessionContract>, 'renderPrompt'>) {
    this.#session = session
  }

  render: PromptTemplates['render'] = async (context, { id, version, variables }) => {
    const prompt = { promptId: id, variables: variables ?? {}, ...(typeof version === 'string' && { version }) }
    return (await this.#session.renderPrompt(context, prompt)).instructions
  }
}
