import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ConfigFileSource } from '../../config/config-source.ts'
import { ConfigError } from '../../config/env-reader.ts'

async function newFolder(t: TestContext, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-source-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

async function problemsOf(source: ConfigFileSource): Promise<string> {
  try {
    await source.load()
    return ''
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join('\n')
    throw error
  }
}

test('without a file there is nothing to read', async (t: TestContext) => {
  const source = new ConfigFileSource({ folder: await newFolder(t), path: null })
  t.assert.deepEqual((await source.load()).file, {})
  t.assert.equal(source.path, null)
})

test('a TypeScript file is run again each time, with what it imports', async (t: TestContext) => {
  const folder = await newFolder(t, {
    'parley.config.ts': "import { version } from './version.ts'\nexport default { prices: { version, models: {} } }\n",
    'version.ts': "export const version: string = 'one'\n",
  })
  const source = new ConfigFileSource({ folder, path: null })
  t.assert.deepEqual((await source.load()).file, { prices: { version: 'one', models: {} } })
  await writeFile(join(folder, 'version.ts'), "export const version: string = 'two'\n")
  t.assert.deepEqual((await source.load()).file, { prices: { version: 'two', models: {} } })
})

test('a file that was there once must be there', async (t: TestContext) => {
  const folder = await newFolder(t, { 'parley.config.json': '{}' })
  const source = new ConfigFileSource({ folder, path: null })
  await source.load()
  await rm(join(folder, 'parley.config.json'))
  t.assert.match(await problemsOf(source), /parley\.config\.json cannot be read \(ENOENT\)/)
})

const refused: readonly [what: string, files: Record<string, string>, problem: RegExp][] = [
  ['two files', { 'parley.config.ts': '', 'parley.config.json': '' }, /are both there: keep one/],
  ['no export', { 'parley.config.ts': 'export const hush = 1' }, /must have a default export/],
  [
    'a function',
    { 'parley.config.ts': 'export default { templates: () => {} }' },
    /must hold plain data: no functions/,
  ],
  [
    'TypeScript that does not run',
    { 'parley.config.ts': '\nexport default hush' },
    /cannot be run: ReferenceError in line 2$/,
  ],
  ['TypeScript that is none', { 'parley.config.ts': 'export default { hush' }, /cannot be run: SyntaxError/],
  ['a program that ends', { 'parley.config.ts': 'process.exit(3)' }, /ended the process that read it|cannot be run/],
  ['text that is no JSON', { 'parley.config.json': '{\n "hush": 1 "hush": 2 }' }, /is not JSON in line 2$/],
  ['another kind of value', { 'parley.config.json': '[]' }, /parley\.config\.json: it must be object/],
  [
    'a field that is not known',
    { 'parley.config.json': '{"template":{}}' },
    /template is not known: did you mean templates\?/,
  ],
  [
    'a field of the wrong type',
    { 'parley.config.json': '{"providers":{"a/b":{"baseUrl":"hush","models":{"m":{"contextTokensMax":"hush"}}}}}' },
    /providers\.a\/b\.models\.m\.contextTokensMax must be integer/,
  ],
  [
    'a setting of the wrong type',
    { 'parley.config.json': '{"settings":{"A":[]}}' },
    /settings\.A must be text, a number or/,
  ],
]

for (const [what, files, problem] of refused) {
  test(`${what} is refused in words, without what it says`, async (t: TestContext) => {
    const problems = await problemsOf(new ConfigFileSource({ folder: await newFolder(t, files), path: null }))
    t.assert.match(problems, problem)
    t.assert.doesNotMatch(problems, /hush/)
  })
}
