import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { actionlint } from '../../scripts/tools/actionlint.ts'

const execute = promisify(execFile)
const root = path.resolve(import.meta.dirname, '../..')
const files = globSync('.github/workflows/*.yml', { cwd: root }).sort()
const program = actionlint.find(path.join(root, '.cache', 'tools'))
const skip = program === null ? 'actionlint is not here: get it with `npm run tools -- actionlint`' : false

interface Workflow {
  readonly permissions?: unknown
  readonly env?: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, { readonly 'timeout-minutes'?: number; readonly permissions?: object }>>
}

/** Actions that are not named by what they are, but by a name that can be given to something else. */
function unpinned(text: string): string[] {
  const uses = text.split('\n').filter((line) => /\buses:/.test(line))
  return uses.map((line) => line.trim()).filter((line) => !/uses: [\w/.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))
}

describe('the pipelines', () => {
  test('there are some, and actionlint is content with them', { skip }, async (t: TestContext) => {
    t.assert.ok(files.length >= 4)
    const outcome = await execute(program ?? '', ['-no-color'], { cwd: root }).catch((error) => error)
    t.assert.equal(outcome.stdout, '')
  })

  test('actionlint finds what is planted', { skip }, async (t: TestContext) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'parley-workflow-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const planted = path.join(folder, 'planted.yml')
    await writeFile(
      planted,
      readFileSync(path.join(root, '.github/workflows/check.yml'), 'utf8').replace('needs: affected', 'needs: nothing'),
    )
    await t.assert.rejects(execute(program ?? '', ['-no-color', planted]), { code: 1, stdout: /nothing/ })
  })

  test('every action is named by its digest, with the version beside it', (t: TestContext) => {
    const problems = files.flatMap((file) => unpinned(readFileSync(path.join(root, file), 'utf8')))
    t.assert.deepEqual(problems, [])
    t.assert.deepEqual(unpinned('  - uses: actions/checkout@v5'), ['- uses: actions/checkout@v5'])
  })

  for (const file of files) {
    const { permissions, env, jobs } = parse(readFileSync(path.join(root, file), 'utf8')) as Workflow
    test(`${path.basename(file)} may only read unless a job says what it writes, and every job ends`, (t: TestContext) => {
      t.assert.deepEqual(permissions, { contents: 'read' })
      for (const job of Object.values(jobs)) t.assert.ok(job['timeout-minutes'] !== undefined)
    })

    test(`${path.basename(file)} runs on the Node that everything runs on`, (t: TestContext) => {
      const { parley } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
      t.assert.equal(env?.['NODE_VERSION'], parley.node)
    })
  }
})
