// npm test                     every test
// npm test -- session streams  the files whose path contains one of these words
// npm test -- --test-only      options go to Node's test runner
import { spawn } from 'node:child_process'
import path from 'node:path'
import { allTests, findTests, runnerOptions } from './test-files.ts'
import { groupTests } from './test-groups.ts'

const root = path.dirname(import.meta.dirname)
const args = process.argv.slice(2)
const options = args.filter((arg) => arg.startsWith('-'))
const words = args.filter((arg) => !arg.startsWith('-')).map((word) => word.replaceAll('\\', '/').replace(/^\.\//, ''))
const files = findTests(root, allTests).filter(
  (file) => words.length === 0 || words.some((word) => file.includes(word)),
)

if (files.length === 0) {
  console.error(words.length === 0 ? 'no test was found' : `no test file has ${words.join(' or ')} in its path`)
  process.exit(1)
}

// Node may spin for ever in its own clean-up once a program has had many connections cut; a run of tests has to end.
const ours = [...runnerOptions, '--test-force-exit', '--test-reporter=spec']
const runner = spawn(process.execPath, [...ours, ...options, ...groupTests(root, files)], {
  cwd: root,
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal))
runner.on('exit', (code) => {
  process.exitCode = code ?? 1
})
