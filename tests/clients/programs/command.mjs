import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'

/** The folder of an installed package. */
export function folderOf(name) {
  return path.join(process.env.CLIENTS_FOLDER ?? '.', 'node_modules', name)
}

/** The only file named `file` below a folder, whatever platform was installed. */
export function findBelow(folder, file) {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).find(
    (entry) => entry.isFile() && entry.name === file,
  )
  assert.ok(found, `${file} is not installed for ${process.platform} ${process.arch}`)
  return path.join(found.parentPath, found.name)
}

/**
 * Runs a command to its end; rejects when that has not come after `timeoutMs`. With `interruptAfter`, the interrupt of a
 * terminal is sent to it and its children once that promise resolves.
 */
export async function runCommand(command, args, { env = {}, input = '', timeoutMs = 50_000, interruptAfter } = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, detached: true })
  const kill = (signal) => {
    try {
      process.kill(-child.pid, signal)
    } catch (error) {
      if (error.code !== 'ESRCH') throw error
    }
  }
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    kill('SIGKILL')
  }, timeoutMs)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  interruptAfter?.then(() => kill('SIGINT'))
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (...outcome) => resolve(outcome))
  })
  clearTimeout(timer)
  kill('SIGKILL')
  assert.ok(!isLate, `did not end within ${timeoutMs / 1_000} s: … ${stdout.slice(-150)}`)
  return { code, signal, stdout, stderr }
}

/** As runCommand; rejects with what the command said when it fails. */
export async function runWell(command, args, options) {
  const { code, signal, stdout, stderr } = await runCommand(command, args, options)
  assert.equal(code, 0, `ended with ${code ?? signal}: ${stderr.slice(-300)} ${stdout.slice(-300)}`)
  return stdout
}

/** The JSON objects of an output of one object per line. */
export function readLines(text) {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
}
