import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Client } from '../clients.ts'
import type { CheckOutcome, ClientOutcome } from '../outcome.ts'
import { installedFolder, programsFolder } from './folders.ts'
import { installPython, pythonVersionOf, versionOf } from './install.ts'
import type { Bed } from './start-bed.ts'

const clientTimeoutMs = 5 * 60_000
const outputCharsKept = 400

/** Runs the checks of one client in a process of its own, with nothing of this environment but PATH. */
export async function runClient(
  client: Client,
  { bed, tell }: { bed: Bed; tell: (check: CheckOutcome) => void },
): Promise<ClientOutcome> {
  if (client.runtime === 'python') {
    const version = await pythonVersionOf(client.package)
    const skipped = await installPython()
    if (skipped !== null) return { client, version, skipped, checks: [] }
    return { client, version, skipped: null, checks: await runChecks(client, { bed, tell }) }
  }
  const version = await versionOf(client.package)
  return { client, version, skipped: null, checks: await runChecks(client, { bed, tell }) }
}

async function runChecks(
  client: Client,
  { bed, tell }: { bed: Bed; tell: (check: CheckOutcome) => void },
): Promise<CheckOutcome[]> {
  const home = await mkdtemp(join(tmpdir(), `parley-client-${client.id}-`))
  const [command, args] = commandOf(client)
  const startedMs = performance.now()
  const child = spawn(command, args, {
    cwd: home,
    env: { PATH: process.env.PATH ?? '', HOME: home, ...closedNetwork, CLIENTS_FOLDER: installedFolder, ...bed.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const timer = setTimeout(() => killGroup(child.pid), clientTimeoutMs)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-outputCharsKept)
  })
  const ended = new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? null : `ended with ${code ?? signal}: ${said.trim()}`))
  })
  const checks: CheckOutcome[] = []
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const check = readCheck(line)
      if (check === null) continue
      checks.push(check)
      tell(check)
    }
    const reason = await ended
    if (reason !== null) {
      const durationMs = Math.round(performance.now() - startedMs)
      const check: CheckOutcome = {
        capability: 'plain',
        name: 'the program ends',
        status: 'failed',
        reason,
        durationMs,
      }
      checks.push(check)
      tell(check)
    }
    return checks
  } finally {
    clearTimeout(timer)
    killGroup(child.pid)
    await rm(home, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Whatever is not on this machine ends at a closed port. */
const closedNetwork = {
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1,localhost',
}

function commandOf({ id, runtime }: Client): [string, string[]] {
  if (runtime === 'node') return [process.execPath, [join(programsFolder, 'run.mjs'), id]]
  return [join(installedFolder, 'python', 'bin', 'python'), [join(programsFolder, `${id}.py`)]]
}

function readCheck(line: string): CheckOutcome | null {
  // A client may print what it likes; the lines about checks are the ones that open an object.
  if (!line.startsWith('{"capability"')) return null
  const check: CheckOutcome = JSON.parse(line)
  return check
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
