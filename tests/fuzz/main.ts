import { spawn } from 'node:child_process'

/** Requests per route, unless FUZZ_RUNS says otherwise. */
const runsPerRoute = '10000'
const timeLimitMs = 4 * 60 * 60_000

const test = new URL('routes.test.ts', import.meta.url).pathname
const child = spawn(process.execPath, ['--test', `--test-timeout=${timeLimitMs}`, '--test-reporter=spec', test], {
  stdio: 'inherit',
  env: { FUZZ_RUNS: runsPerRoute, ...process.env },
})
child.on('exit', (code) => {
  process.exitCode = code ?? 1
})
