import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { cpuMs, endProcesses, processTree, residentBytes } from '../../measure/processes.ts'

const PARENT = `
  const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  child.once('spawn', () => {
    for (const until = Date.now() + 200; Date.now() < until; );
    console.log('ready')
  })`

test('a process tree holds the children, its figures are theirs, and all of it ends', async (t: TestContext) => {
  const parent = spawn(process.execPath, ['-e', PARENT], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(parent.stdout, 'data')
  const pids = processTree(parent.pid ?? 0)
  t.after(() => endProcesses(pids, { graceMs: 0 }))

  t.assert.equal(pids.length, 2)
  t.assert.ok(cpuMs(pids) > cpuMs(pids.slice(1)))
  t.assert.ok(residentBytes(pids) > residentBytes(pids.slice(1)))
  await endProcesses(pids, { graceMs: 5_000 })
  t.assert.equal(residentBytes(pids), 0)
})
