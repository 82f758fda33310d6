import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { passSignals } from './signals.mjs'

/**
 * Runs npm silently. When it fails, keeps its whole output in `.cache/npm.log` and throws an Error of one line that says
 * what could not be done, why, and what to do `otherwise`.
 */
export async function runNpm(args, { root, cwd, purpose, otherwise, onStart }) {
  const output = []
  const child = spawnNpm([...args, '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'], cwd)
  const letGo = passSignals(child)
  child.on('spawn', () => onStart(child))
  child.stdout.on('data', (chunk) => output.push(chunk))
  child.stderr.on('data', (chunk) => output.push(chunk))
  const end = await new Promise((resolve) => {
    child.on('error', (error) => resolve({ error }))
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
  const interruptedBy = letGo()
  if (end.code === 0) return
  if (interruptedBy !== null) throw new Error(`could not ${purpose}: stopped by ${interruptedBy}`)
  const text = Buffer.concat(output).toString('utf8')
  const parts = [reasonIn(text, end), end.error === undefined && keep(root, text), otherwise]
  throw new Error(`could not ${purpose}: ${parts.filter(Boolean).join('; ')}`)
}

/** Under `npm run` the very npm that runs is known; otherwise the one on the PATH is taken. */
function spawnNpm(args, cwd) {
  const options = { cwd, stdio: ['ignore', 'pipe', 'pipe'] }
  const cli = process.env.npm_execpath
  if (cli !== undefined && /^npm-cli\.[cm]?js$/.test(path.basename(cli)) && existsSync(cli)) {
    return spawn(process.execPath, [cli, ...args], options)
  }
  return spawn('npm', args, { ...options, shell: process.platform === 'win32' })
}

function reasonIn(text, { code, signal, error }) {
  if (error !== undefined) return error.code === 'ENOENT' ? 'npm is not on the PATH' : error.message
  const lines = [...text.matchAll(/^npm (?:error|ERR!) ?(.*)$/gm)].map(([, line]) => line.trim())
  const telling = lines.filter((line) => line !== '' && !/^(code|errno|syscall|A complete log)\b/.test(line))
  const errorCode = lines.find((line) => line.startsWith('code '))?.slice('code '.length)
  const end = signal === null ? `npm ended with code ${code}` : `npm was ended by ${signal}`
  return [errorCode, telling[0] ?? end].filter(Boolean).join(': ')
}

function keep(root, text) {
  try {
    mkdirSync(path.join(root, '.cache'), { recursive: true })
    writeFileSync(path.join(root, '.cache', 'npm.log'), text)
    return 'all that npm said is in .cache/npm.log'
  } catch (error) {
    return `its output could not be kept: ${error.message}`
  }
}
