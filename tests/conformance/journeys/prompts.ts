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

  journey(
    'prompts: a tenant makes versions, and a response uses the newest or the one asked for',
    async (t: TestContext, system) => {
      const { key, client } = await system.newTenant()
      const call = async (path: string, body?: object) => {
        const answer = await system.fetch(`/parley/prompts${path}`, { key, ...(body !== undefined && { body }) })
        return { status: answer.status, body: (await answer.json()) as PromptObject }
      }
      const first = await call('', { id: 'reviewer', text: 'Review {{what}}.' })
      t.assert.deepEqual([first.body.version, first.body.variables, first.body.retired_at], ['1', ['what'], null])
      const second = await call('', { id: 'reviewer', text: 'Review {{what}} kindly.' })
      t.assert.equal(second.body.version, '2')
      const ask = async (version?: string) => {
        const prompt = { id: 'reviewer', variables: { what: 'this' }, ...(version !== undefined && { version }) }
        return (await client.responses.create({ model: 'prompted', input: 'hello', prompt })).instructions
      }
      t.assert.equal(await ask(), 'Review this kindly.')
      t.assert.equal(await ask('1'), 'Review this.')
      await t.assert.rejects(ask('3'), NotFoundError)
      const { status } = await system.fetch('/parley/prompts/reviewer/versions/2/retire', { key, method: 'POST' })
      t.assert.equal(status, 200)
      t.assert.equal(await ask(), 'Review this.')
      await t.assert.rejects(ask('2'), NotFoundError)
      t.assert.ok(((await call('/reviewer/versions/2')).body.retired_at ?? 0) > 0)
      t.assert.deepEqual(
        (await call('/reviewer/versions')).body.data?.map(({ version }) => version),
        ['2', '1'],
      )
      t.assert.deepEqual(
        (await call('')).body.data?.map(({ id, version }) => [id, version]),
        [['reviewer', '2']],
      )
      t.assert.equal((await call('/reviewer')).body.version, '1')
      t.assert.equal((await call('/absent')).status, 404)
      t.assert.equal((await call('', { id: 'no spaces', text: 'x' })).status, 400)
      const stranger = await system.newTenant()
      await t.assert.rejects(
        stranger.client.responses.create({ model: 'prompted', input: 'hello', prompt: { id: 'reviewer' } }),
        NotFoundError,
      )
    },
  ),
]

interface PromptObject {
  readonly id: string
  readonly version: string
  readonly variables: readonly string[]
  readonly retired_at: number | null
  readonly data?: readonly PromptObject[]
}
