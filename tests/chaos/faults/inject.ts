import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { ProxyMode } from '../rig/chaos-proxy.ts'
import type { Rig } from '../rig/rig.ts'
import type { SupervisedProcess } from '../rig/supervised-process.ts'
import { within } from '../within.ts'
import type { CrashPoint } from './crash-point.ts'
import type { FaultKind, PlannedFault } from './schedule.ts'

/** What came of a fault. `missed`: nothing came to its point while it waited, or there was nothing to strike. */
export interface Injected {
  readonly kind: FaultKind
  readonly outcome: 'struck' | 'missed'
  readonly killed: boolean
  readonly point: CrashPoint | null
  readonly process: string | null
}

const pointWaitMs = 6_000
const readyWaitMs = 10_000
const killWaitMs = 1_500
const endWaitMs = 30_000
const syncWaitMs = 5_000
const stracePath = '/usr/bin/strace'

/** Whether this machine can kill a program at a system call. */
export function canTrace(): boolean {
  return process.platform === 'linux' && existsSync(stracePath)
}

/** Makes one thing go wrong and, when it lasts, takes it back. Resolves when it is over. */
export async function inject(rig: Rig, fault: PlannedFault): Promise<Injected> {
  await delay(fault.pauseMs)
  switch (fault.kind) {
    case 'kill':
      return toInjected(fault, await kill(rig.process(fault.process)))
    case 'term':
      return { ...toInjected(fault, await end(rig.process(fault.process))), killed: false }
    case 'point':
      return killAtPoint(rig, fault)
    case 'fsync':
      return killAtSync(rig, fault)
    case 'stop': {
      const supervised = rig.process(fault.process)
      await supervised.untilAlive()
      supervised.signal('SIGSTOP')
      await delay(fault.forMs)
      return { ...toInjected(fault, supervised.signal('SIGCONT')), killed: false }
    }
    case 'cut':
      return disturb(rig, fault, { kind: 'cut' })
    case 'hold':
      return disturb(rig, fault, { kind: 'hold', directions: fault.directions })
    case 'slow':
      return disturb(rig, fault, { kind: 'slow', latencyMs: fault.latencyMs, bytesPerSecond: fault.bytesPerSecond })
    case 'reset':
      proxyOf(rig, fault.link).resetAfter(fault.bytes)
      return { ...toInjected(fault, true), killed: false }
  }
}

function toInjected(fault: PlannedFault, struck: boolean): Injected {
  return {
    kind: fault.kind,
    outcome: struck ? 'struck' : 'missed',
    killed: struck,
    point: fault.kind === 'point' ? fault.point : null,
    process: 'process' in fault ? fault.process : null,
  }
}

/** Mostly it does something by then; what cannot start is not waited for. */
async function kill(supervised: SupervisedProcess): Promise<boolean> {
  await within(
    supervised.untilReady().catch(() => {}),
    killWaitMs,
  )
  await supervised.untilAlive()
  return supervised.signal('SIGKILL')
}

/** Asks a process to end and waits until it has. */
async function end(supervised: SupervisedProcess): Promise<boolean> {
  await supervised.untilAlive()
  const { starts } = supervised
  if (!supervised.signal('SIGTERM')) return false
  const endsAtMs = performance.now() + endWaitMs
  while (supervised.starts === starts && performance.now() < endsAtMs) await delay(endPollMs)
  if (supervised.starts === starts) supervised.killHung()
  return true
}

const endPollMs = 20

/** Whoever comes to the point first waits there; then the victim dies, which may be the one that waits. */
async function killAtPoint(rig: Rig, fault: PlannedFault & { kind: 'point' }): Promise<Injected> {
  const all = [...rig.processes.values()]
  const victim = rig.process(fault.process)
  // Of a system that is still starting nothing is asked.
  await within(
    rig.untilReady().catch(() => {}),
    readyWaitMs,
  )
  const { promise: reached, resolve } = Promise.withResolvers<SupervisedProcess>()
  for (const supervised of all) supervised.arm(fault.point, () => resolve(supervised))
  const waiting = await within(reached, pointWaitMs)
  for (const supervised of all) supervised.arm(null, null)
  // Nobody came by in time: then it is a kill at any moment.
  const struck = waiting !== null
  const killed = victim.signal('SIGKILL')
  // The point is passed only once the victim is gone.
  if (struck && waiting !== victim) await delay(killTakesMs)
  for (const supervised of all) supervised.goOn()
  return { ...toInjected(fault, struck && killed), killed }
}

const killTakesMs = 10

/** Without a sync in time the tracer lets go. It is attached to a child of this rig and to nothing else. */
async function killAtSync(rig: Rig, fault: PlannedFault & { kind: 'fsync' }): Promise<Injected> {
  const supervised = rig.process(fault.process)
  const pid = await supervised.untilAlive()
  supervised.expectEnd()
  const calls = 'fsync,fdatasync'
  const injection = `inject=${calls}:signal=KILL:when=${fault.nth}`
  const tracer = spawn(stracePath, ['-f', '-qq', '-p', String(pid), '-e', `trace=${calls}`, '-e', injection], {
    stdio: 'ignore',
  })
  const ended = once(tracer, 'exit')
  const timer = setTimeout(() => tracer.kill('SIGTERM'), syncWaitMs)
  await ended
  clearTimeout(timer)
  return toInjected(fault, supervised.pid !== pid || !isAlive(pid))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function disturb(rig: Rig, fault: PlannedFault & { link: string; forMs: number }, mode: ProxyMode) {
  const proxy = proxyOf(rig, fault.link)
  proxy.setMode(mode)
  await delay(fault.forMs)
  proxy.setMode({ kind: 'open' })
  return { ...toInjected(fault, true), killed: false }
}

function proxyOf(rig: Rig, link: string) {
  const proxy = rig.proxies.get(link)
  if (proxy === undefined) throw new Error(`there is no way to ${link}`)
  return proxy
}
