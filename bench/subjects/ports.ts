import { once } from 'node:events'
import { createServer } from 'node:net'
import { HOST } from '../settings.ts'

/** Below the range from which the system gives ports to outgoing connections. */
const FIRST = 20_000
const LAST = 30_000
const TRIES = 100

/** The first of `count` ports in a row that nobody listens on at this moment. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const first = FIRST + Math.floor(Math.random() * (LAST - FIRST - count))
    const ports = Array.from({ length: count }, (_, index) => first + index)
    const free = await Promise.all(ports.map(isFree))
    if (free.every((port) => port)) return first
  }
  throw new Error(`no ${count} free ports in a row between ${FIRST} and ${LAST}`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, HOST)
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
