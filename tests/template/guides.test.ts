import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { runNode, runTool } from '../../scripts/checks/run-tool.ts'
import { type CopiedHouse, copyHouse } from './copied-house.ts'

const longMs = 150_000

/** The code blocks of a guide, in their order. */
function blocksOf(guide: string, language = 'ts'): string[] {
  const text = readFileSync(path.join(import.meta.dirname, '../../docs/guides', guide), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, code = '']) => code)
}

suite('what the guides tell to write', { timeout: 3 * longMs }, () => {
  let house: CopiedHouse
  const write = (file: string, text: string) => writeFileSync(path.join(house.root, file), text)
  const runTest = async (t: TestContext, file: string) => {
    delete process.env['NODE_TEST_CONTEXT']
    const { ok, output } = await runNode(house.root, ['--test', '--test-reporter=spec', '--test-timeout=100000', file])
    t.assert.ok(ok, output)
    t.assert.match(output, /pass [1-9]/)
  }
  const checkTypes = async (t: TestContext, ...include: string[]) => {
    write('tsconfig.part.json', JSON.stringify({ extends: './tsconfig.json', include, exclude: [] }))
    const types = await runTool(house.root, '@typescript/native/bin/tsc', ['-p', 'tsconfig.part.json'])
    t.assert.ok(types.ok, types.output)
  }

  before(() => {
    house = copyHouse()
  })
  after(() => house?.[Symbol.dispose]())

  test('a post-processing step changes answers once it is switched on', { timeout: longMs }, async (t: TestContext) => {
    const [step = '', config = '', tests = ''] = blocksOf('add-a-post-processing-step.md')
    const folder = 'services/response'
    write(`${folder}/application/steps/signature.ts`, step)
    write(
      `${folder}/test/application/steps/signature.test.ts`,
      `import { test } from 'node:test'
import fc from 'fast-check'
import { createStep } from '../../../application/steps/signature.ts'
import { chunked, processed } from './harness.ts'

${tests}`,
    )
    write('tests/template/signed.config.ts', config)
    write(
      'tests/template/signed.test.ts',
      `import { type TestContext, test } from 'node:test'
import { startSystem } from '../harness/start-system.ts'
import config from './signed.config.ts'

test('thanks come last', async (t: TestContext) => {
  await using system = await startSystem('one-process', { configFile: () => config })
  const { output_text: text } = await system.client().responses.create({ model: 'default-model', input: 'Hello' })
  t.assert.match(text, /Thank you for asking\\.$/)
})
`,
    )
    await checkTypes(
      t,
      `${folder}/application/steps/signature.ts`,
      `${folder}/test/application/steps/signature.test.ts`,
    )
    await runTest(t, `${folder}/test/application/steps/signature.test.ts`)
    await runTest(t, 'tests/template/signed.test.ts')
  })

  test('a provider of a known dialect is a few lines of configuration', { timeout: longMs }, async (t: TestContext) => {
    const [config = ''] = blocksOf('add-a-provider.md')
    t.assert.match(config, /127\.0\.0\.1:8088/)
    write('tests/template/provided.config.ts', config)
    write(
      'tests/template/provided.test.ts',
      `import { type TestContext, test } from 'node:test'
import { startSystem } from '../harness/start-system.ts'
import config from './provided.config.ts'

test('both names lead to the provider', async (t: TestContext) => {
  await using system = await startSystem('one-process', {
    configFile: ({ upstreamUrl }) =>
      JSON.parse(JSON.stringify(config).replace('http://127.0.0.1:8088/v1', upstreamUrl)),
  })
  for (const model of ['quick', 'mine/simulated']) {
    const { output_text: text } = await system.client().responses.create({ model, input: 'Hello' })
    t.assert.match(text, /Hello/)
  }
})
`,
    )
    await runTest(t, 'tests/template/provided.test.ts')
  })

  test('a provider of another dialect is one adapter', { timeout: longMs }, async (t: TestContext) => {
    const [, adapter = '', tests = ''] = blocksOf('add-a-provider.md')
    const files = ['infrastructure/echo-model-client.ts', 'test/infrastructure/echo-model-client.test.ts'] as const
    const [source, spec] = files.map((file) => `services/gpt/${file}`) as [string, string]
    write(source, adapter)
    write(
      spec,
      `import { type TestContext, test } from 'node:test'
import { newId } from '@parley/chassis/runtime/real-clock.ts'
import { testContext } from '@parley/testkit/context.ts'
import type { ModelRequest } from '../../application/ports.ts'
import { EchoModelClient } from '../../infrastructure/echo-model-client.ts'

function request(text: string): ModelRequest {
  return {
    responseId: 'resp_1',
    attempt: 1,
    providerModel: 'echo',
    instructions: null,
    items: [{ type: 'message', id: 'msg_1', role: 'user', content: [{ type: 'input_text', text }] }],
    options: {},
    delivery: 'incremental',
  }
}

${tests}`,
    )
    await checkTypes(t, source, spec)
    await runTest(t, spec)
  })
})
