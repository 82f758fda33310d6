import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { allTests, findTests } from '../../scripts/test-files.ts'
import { groupTests } from '../../scripts/test-groups.ts'

const repository = path.resolve(import.meta.dirname, '../..')

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-groups-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The test files that Node loads for a file that it is given. */
function membersOf(root: string, file: string): string[] {
  if (!file.startsWith('.cache/')) return [file]
  const imports = readFileSync(path.join(root, file), 'utf8').matchAll(/^import '\.\.\/\.\.\/(.+)'$/gm)
  return [...imports].map(([, member = '']) => member)
}

test('every test file is run once, by itself or with those that share its process', (t: TestContext) => {
  const root = newFolder(t)
  const files = findTests(repository, allTests)
  const runs = groupTests(root, files)
  t.assert.ok(runs.length < files.length / 2, `${runs.length} processes for ${files.length} files`)
  t.assert.deepStrictEqual(runs.flatMap((run) => membersOf(root, run)).sort(), files.toSorted())
})

test('another choice of files leaves those of a run that is under way as they are', (t: TestContext) => {
  const root = newFolder(t)
  const files = ['services/a/test/one.test.ts', 'services/a/test/two.test.ts']
  const [whole = ''] = groupTests(root, files)
  const [other = ''] = groupTests(root, [...files, 'services/a/test/three.test.ts'])
  t.assert.notStrictEqual(other, whole)
  t.assert.deepStrictEqual(membersOf(root, whole), files)
  t.assert.deepStrictEqual(groupTests(root, ['services/a/test/one.test.ts']), ['services/a/test/one.test.ts'])
})
