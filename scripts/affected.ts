// npm run affected                        what the changes since the last common commit with main affect
// npm run affected -- --since v0.1.0      since another one
// npm run affected -- --github            as outputs of a workflow's step: tests, images
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { findAffected } from './affected/find-affected.ts'
import { planTests } from './affected/test-plan.ts'
import { readWorkspaces } from './workspaces.ts'

const root = path.dirname(import.meta.dirname)
const { values } = parseArgs({
  options: { since: { type: 'string', default: 'main' }, github: { type: 'boolean', default: false } },
})

const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' })
const base = git('merge-base', values.since, 'HEAD').trim()
const changed = git('diff', '--name-only', '--no-renames', base).split('\n').filter(Boolean)
const affected = findAffected(readWorkspaces(root), changed)
const tests = planTests(affected).filter(({ paths }) =>
  paths.split(' ').some((each) => existsSync(path.join(root, each))),
)
const images = affected.images.map((folder) => path.basename(folder))

if (values.github) {
  console.log(`tests=${JSON.stringify(tests)}`)
  console.log(`images=${JSON.stringify(images)}`)
} else {
  console.log(`${changed.length} changed files since ${base.slice(0, 12)}`)
  for (const { name, paths } of tests) console.log(`test   ${name}: npm test -- ${paths}`)
  for (const name of images) console.log(`image  parley/${name}`)
}
