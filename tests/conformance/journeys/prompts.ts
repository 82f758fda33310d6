import type { TestContext } from 'node:test'
import { BadRequestError, NotFoundError } from 'openai'
import { type Journey, journey } from '../journey.ts'

export const promptJourneys: readonly Journey[] = [
  journey('prompts: a configured template is filled and becomes the instructions', async (t: TestContext, system) => {
    const { responses } = system.client()
    const prompt = {
      id: 'tutor',
      variables: { subject: 'history', tone: { type: 'input_text' as const, text: 'dry' } },
    }
    const response = await responses.create({ model: 'prompted', input: 'hello', prompt })
    t.assert.equal(response.instructions, 'You teach history in a dry tone.')
    const extended = await responses.create({ model: 'prompted', input: 'hello', prompt, instructions: 'Be brief.' })
    t.assert.equal(extended.instructions, 'You teach history in a dry tone.\n\nBe brief.')
    const stream = await responses.create({ model: 'prompted', input: 'hello', prompt, stream: true })
    const [created] = await Array.fromAsync(stream)
    t.assert.ok(created?.type === 'response.created')
    t.assert.equal(created.response.instructions, 'You teach history in a dry tone.')
  }),

  journey('prompts: a wrong template, version or variable is refused by name', async (t: TestContext, system) => {
    const { responses } = system.client()
    const ask = (prompt: { id: string; version?: string; variables?: Record<string, string> }) =>
      responses.create({ model: 'prompted', input: 'hello', prompt })
    await t.assert.rejects(ask({ id: 'absent' }), NotFoundError)
    await t.assert.rejects(ask({ id: 'tutor', version: '9', variables: { subject: 'a', tone: 'b' } }), NotFoundError)
    await t.assert.rejects(
      ask({ id: 'tutor', variables: { subject: 'history' } }),
      (error: unknown) => error instanceof BadRequestError && error.param === 'prompt.variables.tone',
    )
    await t.assert.rejects(
      ask({ id: 'tutor', variables: { subject: 'a', tone: 'b', more: 'c' } }),
      (error: unknown) => error instanceof BadRequestError && error.param === 'prompt.variables.more',
    )
  }),
]
