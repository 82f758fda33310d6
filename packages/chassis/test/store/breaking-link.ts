import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface BreakingLink extends AsyncDisposable {
  /** The URL of the database, by way of the link. */
  readonly url: string
  /** Has the next connections break, each after so many bytes from the client. */
  breakNext(connections: number, options: { bytes: number }): void
  /** How many connections are still to be broken. */
  left(): number
}

export async function openBreakingLink(databaseUrl: string): Promise<BreakingLink> {
  const { hostname, port } = new URL(databaseUrl)
  const open = new Set<Socket>()
  let left = 0
  let bytesBefore = 0
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on('error', () => {}).on('close', () => open.delete(socket))
    }
    client.pipe(upstream).pipe(client)
    if (left === 0) return
    let received = 0
    const count = (chunk: Buffer) => {
      received += chunk.length
      if (received <= bytesBefore) return
      client.off('data', count)
      left--
      client.resetAndDestroy()
      upstream.destroy()
    }
    client.on('data', count)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    breakNext(connections, { bytes }) {
      left = connections
      bytesBefore = bytes
    },
    left: () => left,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
