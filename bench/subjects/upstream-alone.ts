import { setTimeout as delay } from 'node:timers/promises'
import { HOST, LOAD_CORE } from '../settings.ts'
import { type PinnedProcess, spawnPinned } from './spawn-pinned.ts'
import type { RunningSubject } from './subject.ts'

const START_TIMEOUT_MS = 10_000

/** The upstream is a subject too: what it shows alone is what the others add to. */
export async function startUpstream({ folder }: { folder: string }): Promise<RunningSubject> {
  const child = spawnPinned({
    name: 'upstream',
    command: process.execPath,
    args: [new URL('../upstream.ts', import.meta.url).pathname],
    cores: String(LOAD_CORE),
    cwd: folder,
    logs: folder,
  })
  const port = await untilPortPrinted(child)
  return {
    name: 'upstream',
    origin: `http://${HOST}:${port}`,
    path: '/v1/chat/completions',
    headers: {},
    pids: child.pids,
    stop: child.stop,
  }
}

async function untilPortPrinted(child: PinnedProcess): Promise<number> {
  const until = performance.now() + START_TIMEOUT_MS
  while (performance.now() < until && !child.exited()) {
    const port = /^(\d+)$/m.exec(child.output())?.[1]
    if (port !== undefined) return Number(port)
    await delay(10)
  }
  throw new Error(`the upstream did not start:\n${child.output()}`)
}
