import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { findArrowProblems } from '../../scripts/checks/arrows.ts'
import { findDependencyProblems } from '../../scripts/checks/dependencies.ts'
import { findLinkProblems } from '../../scripts/checks/links.ts'
import { runNode, runTool, type ToolOutcome } from '../../scripts/checks/run-tool.ts'
import { findWordProblems } from '../../scripts/checks/words.ts'
import { type CopiedHouse, copyHouse } from './copied-house.ts'

/** A name of two words, in which every form of it differs. */
const name = 'usage-export'
const registered = ['packages/catalog/contracts.ts', 'apps/all-in-one/services.ts', 'tests/contracts/pairs.ts']
const longMs = 150_000
const suiteMs = 10 * 60_000

suite('a service from the template', { timeout: suiteMs }, () => {
  let house: CopiedHouse
  let created: ToolOutcome
  const parley = (...args: string[]) => runNode(house.root, ['packages/cli/main.ts', ...args])
  const read = (file: string) => readFileSync(path.join(house.root, file), 'utf8')
  const written = () =>
    ['{services,tests}/**/*usage-export*', `services/${name}/**`].flatMap((p) => globSync(p, { cwd: house.root }))
  const runTests = async (t: TestContext, env: Record<string, string>, ...args: string[]) => {
    Object.assign(process.env, env)
    delete process.env['NODE_TEST_CONTEXT']
    const { ok, output } = await runNode(house.root, [
      '--test',
      '--test-reporter=spec',
      '--test-timeout=100000',
      ...args,
    ])
    t.assert.ok(ok, output)
    t.assert.match(output, /pass [1-9]/)
  }

  before(async () => {
    house = copyHouse()
    const dry = await parley('new', 'service', name, '--dry-run')
    if (!dry.ok || written().length > 0) throw new Error(`a dry run must write nothing: ${dry.output}`)
    created = await parley('new', 'service', name)
    if (!created.ok) throw new Error(created.output)
    if (`${dry.stdout}` !== created.stdout.slice(0, dry.stdout.length)) throw new Error(dry.stdout)
  })
  after(() => house?.[Symbol.dispose]())

  test('is there as it was listed, and is not written over', async (t: TestContext) => {
    const files = [...created.stdout.matchAll(/^create {2}(.*)$/gm)].map(([, file = '']) => file)
    t.assert.ok(files.length > 20)
    t.assert.deepStrictEqual(
      files.filter((file) => !existsSync(path.join(house.root, file))),
      [],
    )
    const texts = [...files, ...registered].map(read)
    const again = await parley('new', 'service', name)
    t.assert.strictEqual(again.ok, false)
    t.assert.match(again.output, /'usage-export' is taken/)
    t.assert.deepStrictEqual([...files, ...registered].map(read), texts)
  })

  test('is formatted, and keeps the rules of lint, arrows, documentation and dependencies', async (t: TestContext) => {
    const files = [`services/${name}`, ...registered, 'tests/contracts', 'apps/all-in-one', 'packages/catalog']
    const lint = await runTool(house.root, '@biomejs/biome/bin/biome', ['check', '--error-on-warnings', ...files])
    t.assert.ok(lint.ok, lint.output)
    const problems = [findArrowProblems, findLinkProblems, findWordProblems, findDependencyProblems]
    for (const find of problems) t.assert.deepStrictEqual(await find(house.root), [])
  })

  test('has no type error, nor has what knows of it', async (t: TestContext) => {
    const include = [`services/${name}`, ...registered, 'tests/contracts', 'apps/all-in-one']
    const config = { extends: './tsconfig.json', include, exclude: [] }
    writeFileSync(path.join(house.root, 'tsconfig.part.json'), JSON.stringify(config))
    const types = await runTool(house.root, '@typescript/native/bin/tsc', ['-p', 'tsconfig.part.json'])
    t.assert.ok(types.ok, types.output)
  })

  test('passes its own tests', { timeout: longMs }, async (t: TestContext) => {
    await runTests(t, {}, ...globSync(`services/${name}/test/**/*.test.ts`, { cwd: house.root }))
  })

  test('keeps its pacts and has golden files of its events', { timeout: longMs }, async (t: TestContext) => {
    await runTests(t, {}, 'tests/contracts/pairs.test.ts', 'tests/events/golden.test.ts')
    await runTests(
      t,
      {},
      `--test-name-pattern=${name}`,
      'tests/contracts/consumers.test.ts',
      'tests/contracts/providers.test.ts',
    )
  })

  test('is placed by configuration, and is in what is deployed', async (t: TestContext) => {
    const { output } = await parley('topology')
    t.assert.match(output, /^ *usage-export +local/m)
    t.assert.match(read(`services/${name}/Dockerfile`), /EXPOSE 8006/)
    t.assert.match(read('docs/configuration.md'), /USAGE_EXPORT_ENTRIES_LISTED_MAX/)
    t.assert.match(read('deploy/compose/split.yaml'), /database-usage-export-url/)
    t.assert.match(read('deploy/kubernetes/overlays/split/response.yaml'), /USAGE_EXPORT_SERVICE_URL/)
    for (const platform of ['compose', 'kubernetes']) {
      const deployed = await parley('deploy', platform, '--check')
      t.assert.ok(deployed.ok, deployed.output)
    }
  })

  test('runs in one process and split', { timeout: longMs }, async (t: TestContext) => {
    await runTests(t, { SERVICE: name }, 'tests/template/use-service.ts')
  })
})

test('a name that cannot be one, or has another meaning, is refused in words', async (t: TestContext) => {
  const refusals = {
    Billing: /use lowercase letters/,
    'a--b': /use lowercase letters/,
    'far-too-long-for-the-name-of-a-service': /30 characters at most/,
    session: /'session' is taken/,
    kernel: /'kernel' is taken/,
    new: /another meaning/,
    all: /another meaning/,
  }
  for (const [bad, words] of Object.entries(refusals)) {
    const { ok, output } = await runNode(path.resolve(import.meta.dirname, '../..'), [
      'packages/cli/main.ts',
      'new',
      'service',
      bad,
    ])
    t.assert.strictEqual(ok, false, bad)
    t.assert.match(output, words)
  }
})
