import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { errorTable } from '@parley/chassis/values/errors.ts'
import { findDependencyProblems } from '../../scripts/checks/dependencies.ts'
import { findErrorCodeProblems } from '../../scripts/checks/error-codes.ts'
import { findLinkProblems } from '../../scripts/checks/links.ts'
import { findWordProblems } from '../../scripts/checks/words.ts'

/** A folder with these files; it disappears after the test. */
function folderWith(t: TestContext, files: Record<string, string>): string {
  const root = mkdtempSync(path.join(tmpdir(), 'parley-documentation-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    writeFileSync(path.join(root, file), text)
  }
  return root
}

test('a link to nothing is named with its line', async (t: TestContext) => {
  const root = folderWith(t, {
    'README.md':
      '# Title\n\n[gone](docs/gone.md) [there](docs/there.md#a-heading)\n`[code](x.md)` [web](https://x.test/)',
    'docs/there.md': '# A heading\n\n[back](../README.md) [no](../README.md#no-heading) [own](#a-heading)\n',
  })
  t.assert.deepStrictEqual(await findLinkProblems(root), [
    'README.md:3 links to docs/gone.md, which does not exist',
    'docs/there.md:3 links to ../README.md#no-heading, which has no such heading',
  ])
})

test('links inside a fenced block are examples', async (t: TestContext) => {
  const root = folderWith(t, { 'README.md': '```md\n[gone](gone.md)\n```\n\n[gone](too.md)\n' })
  t.assert.deepStrictEqual(await findLinkProblems(root), ['README.md:5 links to too.md, which does not exist'])
})

test('an error code without an explanation is named, and an explanation without a code', async (t: TestContext) => {
  const [first, second, ...others] = Object.keys(errorTable)
  const rows = others.map((code) => `| \`${code}\` | 400 | words |`)
  const page = [`## ${first}`, `${second} is only mentioned`, ...rows, '| `NO_SUCH_CODE` | 400 | words |'].join('\n')
  t.assert.deepStrictEqual(await findErrorCodeProblems(folderWith(t, { 'docs/errors.md': page })), [
    `docs/errors.md does not explain ${second}`,
    'docs/errors.md explains NO_SUCH_CODE, which is no code',
  ])
})

test('a dependency without a row, a row without a dependency and a loose version are named', async (t: TestContext) => {
  const root = folderWith(t, {
    'package.json':
      '{ "devDependencies": { "explained": "1.2.3", "aliased": "npm:@some/thing@1.0.0", "loose": "^1.0.0" } }',
    'packages/one/package.json': '{ "dependencies": { "@parley/two": "*", "silent": "1.0.0" } }',
    'docs/dependencies.md':
      '| `explained` | a | b |\n| `aliased` | a | b |\n| `loose` | a | b |\n| `absent` | a | b |\n',
  })
  t.assert.deepStrictEqual(await findDependencyProblems(root), [
    'docs/dependencies.md has no row for silent',
    'docs/dependencies.md has a row for absent, which is not used',
    'package.json: loose is not pinned (^1.0.0)',
  ])
})

test('praise is named with its line', async (t: TestContext) => {
  const root = folderWith(t, { 'README.md': 'Parley is\nRobust and seamless.\n', 'docs/plain.md': 'A power supply.' })
  t.assert.deepStrictEqual(await findWordProblems(root), [
    'README.md:2 praises: Robust',
    'README.md:2 praises: seamless',
  ])
})
