import { connect, createServer, type Server, type Socket } from 'node:net'

export type Direction = 'to-server' | 'to-client'

/** What a proxy does to everything that passes. Bytes that are held back go on when the way is open again. */
export type ProxyMode =
  | { readonly kind: 'open' }
  /** Connections are reset, new ones too. */
  | { readonly kind: 'cut' }
  /** Connections are made and nothing arrives. */
  | { readonly kind: 'hold'; readonly directions: readonly Direction[] }
  | { readonly kind: 'slow'; readonly latencyMs: number; readonly bytesPerSecond: number }

/** A way between two processes that can be broken in the manner of a network. */
export class ChaosProxy implements AsyncDisposable {
  readonly port: number
  readonly #targetPort: number
  readonly #server: Server
  readonly #links = new Set<Link>()
  #mode: ProxyMode = { kind: 'open' }
  #resetAfterBytes: number | null = null

  private constructor(server: Server, port: number, targetPort: number) {
    this.#server = server
    this.port = port
    this.#targetPort = targetPort
    server.on('connection', (socket) => this.#accept(socket))
  }

  static async start(port: number, targetPort: number): Promise<ChaosProxy> {
    const server = createServer({ noDelay: true })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host: '127.0.0.1', backlog: 1_024 }, resolve)
    })
    return new ChaosProxy(server, port, targetPort)
  }

  setMode(mode: ProxyMode): void {
    this.#mode = mode
    for (const link of this.#links) {
      if (mode.kind === 'cut') link.reset()
      else link.setMode(mode)
    }
  }

  /** Resets the connection that next brings its client so many bytes, once. */
  resetAfter(bytes: number): void {
    this.#resetAfterBytes = bytes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#links) link.reset()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(client: Socket): void {
    if (this.#mode.kind === 'cut') {
      client.on('error', ignore)
      client.resetAndDestroy()
      return
    }
    const server = connect({ port: this.#targetPort, host: '127.0.0.1', noDelay: true })
    const link = new Link(client, server, {
      passed: (bytes) => this.#passed(link, bytes),
      closed: () => this.#links.delete(link),
    })
    this.#links.add(link)
    link.setMode(this.#mode)
  }

  #passed(link: Link, bytes: number): void {
    if (this.#resetAfterBytes === null) return
    this.#resetAfterBytes -= bytes
    if (this.#resetAfterBytes > 0) return
    this.#resetAfterBytes = null
    link.reset()
  }
}

interface LinkCallbacks {
  /** Bytes that went to the client. */
  passed(bytes: number): void
  closed(): void
}

/** One connection through the proxy: two lanes and what they are connected to. */
class Link {
  readonly #client: Socket
  readonly #server: Socket
  readonly #lanes: readonly Lane[]

  constructor(client: Socket, server: Socket, { passed, closed }: LinkCallbacks) {
    this.#client = client
    this.#server = server
    this.#lanes = [
      new Lane('to-server', { from: client, to: server, passed: ignore }),
      new Lane('to-client', { from: server, to: client, passed }),
    ]
    for (const socket of [client, server]) {
      socket.on('error', () => this.reset())
      socket.once('close', (hadError) => {
        if (hadError) this.reset()
        // Whoever is called has to learn that its caller has left.
        else if (socket === client) server.destroy()
        if (client.destroyed && server.destroyed) closed()
      })
    }
  }

  setMode(mode: ProxyMode): void {
    for (const lane of this.#lanes) lane.setMode(mode)
  }

  reset(): void {
    for (const socket of [this.#client, this.#server]) if (!socket.destroyed) socket.resetAndDestroy()
  }
}

/** One direction of a connection. What has arrived waits in order until the mode lets it pass. */
class Lane {
  readonly #direction: Direction
  readonly #from: Socket
  readonly #to: Socket
  readonly #passed: (bytes: number) => void
  /** Null stands for the end of the stream. */
  readonly #waiting: (Buffer | null)[] = []
  #mode: ProxyMode = { kind: 'open' }
  #isBusy = false

  constructor(direction: Direction, ends: { from: Socket; to: Socket; passed: (bytes: number) => void }) {
    this.#direction = direction
    this.#from = ends.from
    this.#to = ends.to
    this.#passed = ends.passed
    this.#from.on('data', (chunk: Buffer) => this.#take(chunk))
    this.#from.once('end', () => this.#take(null))
  }

  setMode(mode: ProxyMode): void {
    this.#mode = mode
    this.#pump()
  }

  get #isHeld(): boolean {
    return this.#mode.kind === 'hold' && this.#mode.directions.includes(this.#direction)
  }

  #take(chunk: Buffer | null): void {
    this.#waiting.push(chunk)
    this.#pump()
  }

  #pump(): void {
    while (!this.#isBusy && !this.#isHeld && this.#waiting.length > 0) {
      const chunk = this.#waiting.shift() ?? null
      if (chunk !== null && this.#mode.kind === 'slow') this.#passLater(chunk, this.#mode)
      else this.#pass(chunk)
    }
    if (this.#waiting.length > 0 && !this.#from.isPaused()) this.#from.pause()
    else if (this.#waiting.length === 0 && !this.#isBusy && this.#from.isPaused()) this.#from.resume()
  }

  #passLater(chunk: Buffer, { latencyMs, bytesPerSecond }: { latencyMs: number; bytesPerSecond: number }): void {
    this.#isBusy = true
    setTimeout(
      () => {
        this.#isBusy = false
        this.#pass(chunk)
        this.#pump()
      },
      latencyMs + (chunk.length / bytesPerSecond) * 1_000,
    ).unref()
  }

  #pass(chunk: Buffer | null): void {
    if (this.#to.destroyed) return
    if (chunk === null) {
      this.#to.end()
      return
    }
    if (!this.#to.write(chunk)) {
      this.#isBusy = true
      this.#to.once('drain', () => {
        this.#isBusy = false
        this.#pump()
      })
    }
    this.#passed(chunk.length)
  }
}

function ignore(): void {}
