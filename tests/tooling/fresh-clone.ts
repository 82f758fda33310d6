import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'

const repository = path.resolve(import.meta.dirname, '../..')

export interface Outcome {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface FreshClone {
  readonly root: string
  /** Starts `entry` through scripts/run.mjs on a Node that says it has `version`. */
  start(
    entry: string,
    options?: { version?: string; npm?: 'works' | 'fails' },
  ): { child: ChildProcess; outcome: Promise<Outcome> }
  /** What the clone's npm was asked for, one line per call. */
  npmCalls(): string[]
}

/**
 * A clone in which nothing is installed yet (gone after the test), with an npm that installs without a registry: `ci` writes the hidden lock
 * file, `install` a Node that is a script around the real one.
 */
export function makeFreshClone(t: TestContext, programs: Record<string, string>): FreshClone {
  const root = mkdtempSync(path.join(tmpdir(), 'parley-clone-'))
  const started: ChildProcess[] = []
  cpSync(path.join(repository, 'scripts/run.mjs'), path.join(root, 'scripts/run.mjs'))
  cpSync(path.join(repository, 'scripts/run'), path.join(root, 'scripts/run'), { recursive: true })
  t.after(() => {
    for (const { pid, exitCode, signalCode } of started) {
      if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL')
    }
    rmSync(root, { recursive: true, force: true })
  })
  const files = {
    'package.json': JSON.stringify({ parley: { node: '24.99.0' } }),
    'package-lock.json': JSON.stringify({ packages: { '': {}, 'node_modules/one': { version: '1.0.0' } } }),
    'npm/npm-cli.cjs': fakeNpm,
    'older-node.mjs': `Object.defineProperty(process.versions, 'node', { value: process.env.NODE_SAYS })`,
    ...programs,
  }
  mkdirSync(path.join(root, 'npm'))
  for (const [file, content] of Object.entries(files)) writeFileSync(path.join(root, file), content)
  chmodSync(path.join(root, 'npm/npm-cli.cjs'), 0o755)
  return {
    root,
    start: (entry, { version = process.versions.node, npm = 'works' } = {}) => {
      const older = path.join(root, 'older-node.mjs')
      const child = spawn(process.execPath, ['--import', older, path.join(root, 'scripts/run.mjs'), entry, 'a b'], {
        cwd: root,
        env: { ...process.env, npm_execpath: path.join(root, 'npm/npm-cli.cjs'), NPM_DOES: npm, NODE_SAYS: version },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      })
      started.push(child)
      return { child, outcome: outcomeOf(child) }
    },
    npmCalls: () => readFileSync(path.join(root, 'npm/calls'), 'utf8').trim().split('\n'),
  }
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const closed = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.on('close', (code, signal) => resolve([code, signal]))
  })
  const [stdout, stderr] = await Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')))
  const [code, signal] = await closed
  return { code, signal, stdout: stdout ?? '', stderr: stderr ?? '' }
}

const fakeNpm = `
const { appendFileSync, chmodSync, cpSync, mkdirSync, writeFileSync } = require('node:fs')
const args = process.argv.slice(2)
const target = args.find((arg) => arg.startsWith('node-'))
appendFileSync(__dirname + '/calls', args[0] + (target ? ' ' + target : '') + '\\n')
if (process.env.NPM_DOES === 'fails') {
  console.error('npm error code ENOTFOUND\\nnpm error network no such registry\\nnpm error A complete log is elsewhere')
  process.exit(1)
}
console.log('this must not reach the output of the program')
if (args[0] === 'ci') {
  mkdirSync('node_modules')
  cpSync('package-lock.json', 'node_modules/.package-lock.json')
} else {
  const [name, version] = target.split('@')
  const bin = 'node_modules/' + name + '/bin'
  mkdirSync(bin, { recursive: true })
  writeFileSync(bin + '/node', '#!/bin/sh\\n[ "$1" = --version ] && echo v' + version + ' && exit\\nPINNED=yes exec "' + process.execPath + '" "$@"\\n')
  chmodSync(bin + '/node', 0o755)
}
`
