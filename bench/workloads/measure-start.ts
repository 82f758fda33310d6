import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openClient } from '../load/closed-loop.ts'
import { fetchText } from '../load/exchange.ts'
import { API_KEY, HOST, LOAD_CORE, SUBJECT_CORE } from '../settings.ts'
import { parleyEnvironment } from '../subjects/parley.ts'
import { freePorts } from '../subjects/ports.ts'
import { REPOSITORY } from '../subjects/repository.ts'
import { spawnPinned } from '../subjects/spawn-pinned.ts'

const TIMEOUT_MS = 15_000
const POLL_MS = 10

/**
 * Milliseconds from `npm start` to the end of the first answer, on an empty data folder and with the simulated model, once
 * for each start. Not pinned to one core: this is what somebody sees who tries Parley out.
 */
export async function measureStarts({ folder, starts }: { folder: string; starts: number }): Promise<number[]> {
  const startMs: number[] = []
  for (let count = 1; count <= starts; count += 1) startMs.push(await measureStart(join(folder, `start-${count}`)))
  return startMs
}

async function measureStart(folder: string): Promise<number> {
  await mkdir(folder, { recursive: true })
  const port = await freePorts(1)
  const began = performance.now()
  const child = spawnPinned({
    name: 'npm-start',
    command: 'npm',
    args: ['start'],
    cores: `${SUBJECT_CORE},${LOAD_CORE}`,
    cwd: REPOSITORY,
    env: { ...parleyEnvironment({ port, data: join(folder, 'data') }), OPENAI_BASE_URL: '', OPENAI_API_KEY: '' },
    logs: folder,
  })
  try {
    while (performance.now() - began < TIMEOUT_MS && !child.exited()) {
      if (await answers(`http://${HOST}:${port}`)) return performance.now() - began
      await delay(POLL_MS)
    }
    throw new Error(`npm start gave no answer:\n${child.output().slice(-2_000)}`)
  } finally {
    await child.stop()
  }
}

async function answers(origin: string): Promise<boolean> {
  const client = openClient(origin)
  try {
    const { status } = await fetchText(client, {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
      body: JSON.stringify({ model: 'simulated', messages: [{ role: 'user', content: 'Hello' }] }),
    })
    return status === 200
  } catch {
    return false
  } finally {
    await client.destroy()
  }
}
