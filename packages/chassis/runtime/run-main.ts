import { setTimeout as delay } from 'node:timers/promises'
import { ConfigError } from '../config/env-reader.ts'
import type { Contract } from '../contract/define-contract.ts'
import { topologyTable } from '../placement/topology-table.ts'
import { StoreRefusedError } from '../store/store-errors.ts'
import type { AnyService } from './define-service.ts'
import { openConfigSource } from './open-config-source.ts'
import { releaseStartupMemory } from './release-startup-memory.ts'
import type { RunningProcess } from './running-process.ts'
import { startProcess } from './start-process.ts'

export interface MainOptions {
  services: readonly AnyService[]
  contracts: readonly Contract[]
  /** What `SERVICES` means when it is not set. */
  servicesDefault?: string
}

const welcomeWaitMs = 10_000
const pollMs = 20

/**
 * The whole life of a program: start, say where it listens, stop on SIGTERM or SIGINT, read the
 * configuration again on SIGHUP. The only reader of process.env.
 */
export async function runMain({ services, contracts, servicesDefault }: MainOptions): Promise<void> {
  const env = { ...(servicesDefault !== undefined && { SERVICES: servicesDefault }), ...process.env }
  try {
    const running = await startProcess({
      services,
      contracts,
      env,
      configSource: openConfigSource(env, process.cwd()),
      isTerminal: process.stderr.isTTY === true,
    })
    stopOnSignal(running)
    reloadOnHangUp(running)
    process.stdout.write(`${await welcome(running)}\n${topologyTable(running)}\n`)
    releaseStartupMemory()
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`)
    process.exitCode = 1
  }
}

/** The first lines of output. What they say may come from services elsewhere, so those get some time to be reached. */
async function welcome(running: RunningProcess): Promise<string> {
  const { hosted, publicUrl, internalUrl } = running
  const greet = hosted.find(({ instance }) => instance.welcome !== undefined)?.instance.welcome
  if (greet === undefined || publicUrl === null) {
    return `Parley ${hosted.map(({ contract }) => contract.name).join(', ')} listens on ${internalUrl}`
  }
  const endsAtMs = performance.now() + welcomeWaitMs
  while (running.notReady().length > 0 && performance.now() < endsAtMs) await delay(pollMs)
  return greet(publicUrl)
}

function stopOnSignal(running: RunningProcess): void {
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    // A second signal means that somebody does not want to wait.
    if (stopping) process.exit(1)
    stopping = true
    running.log.info({ signal }, 'stopping')
    void running.stop().then(
      () => process.exit(0),
      (err: unknown) => {
        running.log.error({ err }, 'stopping failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** At a terminal the signal means that the window was closed, and ends the program as it always did. */
function reloadOnHangUp(running: RunningProcess): void {
  if (process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY) return
  process.on('SIGHUP', () => void running.reload())
}

function explain(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StoreRefusedError) return error.message
  if (isPortInUse(error)) return `Port ${error.port} is already in use: set PORT or INTERNAL_PORT to a free one`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function isPortInUse(error: unknown): error is Error & { port: number } {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
