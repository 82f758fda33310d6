import { type TestContext, test } from 'node:test'
import { context, page, startService } from '../harness.ts'

const promptId = 'greeting'

test('versions are counted, stay as they are, and the newest in use is the one', async (t: TestContext) => {
  const { calls } = await startService(t)
  const first = await calls.createPrompt(context, { promptId, text: 'Hello {{name}}.' })
  const second = await calls.createPrompt(context, { promptId, text: 'Good day {{name}} of {{place}}.' })
  t.assert.deepStrictEqual([first.version, second.version], ['1', '2'])
  t.assert.deepStrictEqual(second.variables, ['name', 'place'])
  t.assert.deepStrictEqual(await calls.getPrompt(context, { promptId, version: '1' }), first)
  t.assert.deepStrictEqual(await calls.getPrompt(context, { promptId }), second)
  await calls.retirePrompt(context, { promptId, version: '2' })
  t.assert.deepStrictEqual(await calls.getPrompt(context, { promptId }), first)
  const third = await calls.createPrompt(context, { promptId, text: 'Hi.' })
  t.assert.strictEqual(third.version, '3')
})

test('many versions made at once are all there', async (t: TestContext) => {
  const { calls } = await startService(t)
  const texts = Array.from({ length: 10 }, (_, index) => `text ${index}`)
  await Promise.all(texts.map((text) => calls.createPrompt(context, { promptId, text })))
  const { data } = await calls.listPromptVersions(context, { promptId, ...page })
  t.assert.deepStrictEqual(
    data.map(({ version }) => version),
    texts.map((_, index) => String(index + 1)),
  )
  t.assert.deepStrictEqual(data.map(({ text }) => text).sort(), texts)
})

test('a version in use is filled; another one, and a wrong variable, are refused by name', async (t: TestContext) => {
  const { calls } = await startService(t)
  await calls.createPrompt(context, { promptId, text: 'Hello {{name}}.' })
  const render = (fields: object) => calls.renderPrompt(context, { promptId, variables: {}, ...fields })
  t.assert.deepStrictEqual(await render({ variables: { name: '{{name}}' } }), { instructions: 'Hello {{name}}.' })
  const refusals = [
    [{}, 'INVALID_REQUEST', 'prompt.variables.name'],
    [{ variables: { name: 'a', age: '7' } }, 'INVALID_REQUEST', 'prompt.variables.age'],
    [{ version: '2' }, 'TEMPLATE_NOT_FOUND', 'prompt.version'],
    [{ version: 'newest' }, 'TEMPLATE_NOT_FOUND', 'prompt.version'],
    [{ promptId: 'absent' }, 'TEMPLATE_NOT_FOUND', 'prompt.id'],
  ] as const
  for (const [fields, code, param] of refusals) await t.assert.rejects(render(fields), { code, param })
  const retired = await calls.retirePrompt(context, { promptId, version: '1' })
  t.assert.deepStrictEqual(await calls.retirePrompt(context, { promptId, version: '1' }), retired)
  await t.assert.rejects(render({ version: '1' }), { code: 'TEMPLATE_NOT_FOUND', param: 'prompt.version' })
  await t.assert.rejects(render({}), { code: 'TEMPLATE_NOT_FOUND', param: 'prompt.id' })
})

test('lists are paged: prompts by id with their newest version, versions by number', async (t: TestContext) => {
  const { calls } = await startService(t)
  for (const id of ['b', 'a', 'c', 'a']) await calls.createPrompt(context, { promptId: id, text: 'x' })
  const named = async (request: object) => {
    const { data, hasMore } = await calls.listPrompts(context, { ...page, ...request })
    return [data.map((prompt) => prompt.promptId + prompt.version).join(' '), hasMore]
  }
  t.assert.deepStrictEqual(await named({}), ['a2 b1 c1', false])
  t.assert.deepStrictEqual(await named({ limit: 2 }), ['a2 b1', true])
  t.assert.deepStrictEqual(await named({ after: 'b' }), ['c1', false])
  t.assert.deepStrictEqual(await named({ order: 'desc', after: 'b' }), ['a2', false])
  const versions = await calls.listPromptVersions(context, { promptId: 'a', limit: 1, order: 'desc', after: '2' })
  t.assert.deepStrictEqual([versions.data[0]?.version, versions.hasMore], ['1', false])
  await t.assert.rejects(calls.listPromptVersions(context, { promptId: 'd', ...page }), { code: 'TEMPLATE_NOT_FOUND' })
})
