#!/usr/bin/env node
// node scripts/run.mjs <entry.ts> [arguments]
//
// Runs a TypeScript program of this repository on a machine that may have nothing but an older Node and npm: installs
// the dependencies when they do not match the lock file, gets the pinned Node when this one cannot run TypeScript, and
// then steps back. Everything said here goes to stderr; stdout belongs to the program.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureDependencies } from './run/dependencies.mjs'
import { findSuitableNode } from './run/node-binary.mjs'
import { runProgram } from './run/program.mjs'
import { say } from './run/say.mjs'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const [entry, ...args] = process.argv.slice(2)

if (entry === undefined) {
  say('name the program to run: node scripts/run.mjs <entry.ts> [arguments]')
  process.exit(2)
}

try {
  await ensureDependencies(root)
  const node = await findSuitableNode(root)
  const compileCache = path.join(root, '.cache', 'compile')
  await runProgram(node, [path.resolve(root, entry), ...args], { compileCache })
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
