import { fork } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pairs } from './pairs.ts'
import type { Verification } from './providers/verify-provider.ts'

const program = join(import.meta.dirname, 'providers', 'verify-provider.ts')

for (const name of new Set(pairs.map(({ provider }) => provider))) {
  test(`${name} keeps its pacts`, { timeout: 60_000 }, async (t: TestContext) => {
    const { skip, problems } = await verify(name, t.signal)
    if (skip !== false) return t.skip(skip)
    t.assert.deepStrictEqual(problems, [])
  })
}

function verify(name: string, signal: AbortSignal): Promise<Verification> {
  return new Promise((resolve, reject) => {
    const child = fork(program, [name], { silent: true, signal, killSignal: 'SIGKILL' })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk))
    child.once('message', (message) => resolve(message as Verification))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the verification of ${name} ended with ${code}:\n${output}`)))
  })
}
