import { createServer, type Server } from 'node:net'

/** `count` ports in a row that are free right now, below the range from which the system hands out ports by itself. */
export async function findFreePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const first = lowest + Math.floor(Math.random() * (highest - lowest - count))
    if (await areFree(first, count)) return first
  }
  throw new Error(`no ${count} free ports in a row were found`)
}

const lowest = 15_000
const highest = 32_000
const attemptsMax = 50

async function areFree(first: number, count: number): Promise<boolean> {
  const servers: Server[] = []
  try {
    for (let port = first; port < first + count; port++) servers.push(await listen(port))
    return true
  } catch {
    return false
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1' }, () => resolve(server))
  })
}
