import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { contracts } from '@parley/catalog/contracts.ts'
import { urlVariable } from '@parley/chassis/placement/placement-settings.ts'

export interface SplitService {
  readonly name: string
  /** Where other services reach it; for the gateway, where clients do. */
  readonly port: number
  readonly pid: number
}

export interface SplitOptions {
  /** The folder that holds `services/`. */
  root: string
  /** The gateway's public port; each service takes the next one. */
  basePort: number
  env: NodeJS.ProcessEnv
}

export interface Split {
  readonly services: readonly SplitService[]
  /** What the gateway printed when it started: where it listens, the model, the key. */
  readonly announcement: string
  /** Resolves once every process says it is ready; rejects when one ends before. */
  ready(): Promise<void>
  /**
   * SIGTERM ends callers before those whom they call; a second one, and any other signal, goes to all at once. Null when
   * a terminal has sent it to every process already.
   */
  stop(signal: NodeJS.Signals | null): void
  /** Has every process read its configuration again. */
  reload(): void
  /** The exit code, once all processes have ended. */
  readonly ended: Promise<number>
}

interface Child extends SplitService {
  readonly process: ChildProcess
  readonly ended: Promise<number>
}

const readyTimeoutMs = 60_000
const pollMs = 50

/** Starts one process per service. When one of them ends, for whatever reason, the others are stopped too. */
export function startSplit({ root, basePort, env }: SplitOptions): Split {
  const names = contracts.map(({ name }) => name)
  const portOf = (name: string) => basePort + names.indexOf(name)
  const internalPortOf = (name: string) => (name === 'gateway' ? basePort + names.length : portOf(name))
  const urls = Object.fromEntries(names.map((name) => [urlVariable(name), `http://127.0.0.1:${internalPortOf(name)}`]))
  let announcement = ''
  const announced = Promise.withResolvers<void>()
  const children = names.map((name) => {
    const { [urlVariable(name)]: _own, ...others } = urls
    const ports = name === 'gateway' ? { INTERNAL_PORT: String(internalPortOf(name)) } : {}
    const child = startChild({ root, name, port: portOf(name), env: { ...env, ...others, ...ports } })
    if (name === 'gateway') {
      child.process.stdout?.setEncoding('utf8').on('data', (text) => {
        announcement += text
        announced.resolve()
      })
    } else child.process.stdout?.resume()
    return child
  })
  let stopping = false
  const stop = (signal: NodeJS.Signals | null) => {
    // The second signal is meant for all at once.
    if (signal === 'SIGTERM' && !stopping) void stopInOrder(children)
    else if (signal !== null) for (const child of children) kill(child, signal)
    stopping = true
  }
  const stopOnce = () => {
    // To a process that is draining already, another signal would mean impatience.
    if (!stopping) stop('SIGTERM')
  }
  for (const { ended } of children) void ended.then(stopOnce)
  return {
    services: children,
    get announcement() {
      return announcement.trimEnd()
    },
    async ready() {
      await Promise.all(children.map(untilReady))
      // A process is ready before it has said so, and the key is said only once.
      await Promise.race([announced.promise, ...children.map(({ ended }) => ended)])
    },
    stop,
    reload() {
      for (const child of children) kill(child, 'SIGHUP')
    },
    ended: Promise.all(children.map(({ ended }) => ended)).then((codes) => codes.find((code) => code !== 0) ?? 0),
  }
}

/** Callers before those whom they call, so that what is under way can be brought to its end. */
const stopOrder: readonly (readonly string[])[] = [['gateway'], ['request', 'response']]

async function stopInOrder(children: readonly Child[]): Promise<void> {
  const named = stopOrder.flat()
  const last = children.filter(({ name }) => !named.includes(name)).map(({ name }) => name)
  for (const names of [...stopOrder, last]) {
    const ending = children.filter(({ name }) => names.includes(name))
    for (const child of ending) kill(child, 'SIGTERM')
    await Promise.all(ending.map(({ ended }) => ended))
  }
}

function kill({ process }: Child, signal: NodeJS.Signals): void {
  if (process.exitCode === null && process.signalCode === null) process.kill(signal)
}

interface ChildOptions {
  root: string
  name: string
  port: number
  env: NodeJS.ProcessEnv
}

function startChild({ root, name, port, env }: ChildOptions): Child {
  const main = join(root, 'services', name, 'main.ts')
  const child = spawn(process.execPath, [main], {
    cwd: process.cwd(),
    env: { ...env, PORT: String(port), SERVICES: name },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1))
    child.once('error', () => resolve(1))
  })
  return { name, port, pid: child.pid ?? 0, process: child, ended }
}

async function untilReady({ name, port, process, ended }: Child): Promise<void> {
  const endsAtMs = performance.now() + readyTimeoutMs
  let reason = 'no answer'
  while (performance.now() < endsAtMs) {
    if (process.exitCode !== null) throw new Error(`${name} ended with code ${await ended} before it was ready`)
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
      if (answer.ok) return
      reason = await answer.text()
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error)
    }
    await delay(pollMs)
  }
  throw new Error(`${name} was not ready within ${readyTimeoutMs} ms: ${reason}`)
}
