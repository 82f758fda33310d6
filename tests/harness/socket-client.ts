import type OpenAI from 'openai'
import type { ResponsesClientEvent, ResponsesServerEvent } from 'openai/resources/responses/responses'
import { ResponsesWS } from 'openai/resources/responses/ws'
import { publishedProblems } from '../published/published-schema.ts'

/** The SDK's WebSocket connection, to be asked one turn at a time. */
export interface SocketClient extends Disposable {
  /** Resolves to the events of the turn, up to its end or its refusal. Rejects when one is not as OpenAI describes it. */
  ask(turn: Omit<ResponsesClientEvent.ResponseCreate, 'type'>): Promise<ResponsesServerEvent[]>
  send(event: unknown): void
  /** The next event, whatever it is about. */
  next(): Promise<ResponsesServerEvent>
  readonly closed: Promise<{ code: number }>
}

const endings = new Set(['response.completed', 'response.incomplete', 'response.failed', 'error'])

export function openSocket(client: OpenAI): SocketClient {
  const socket = new ResponsesWS(client)
  const events: ResponsesServerEvent[] = []
  let wake = () => {}
  let gone: Error | null = null
  const closing = Promise.withResolvers<{ code: number }>()
  socket.on('event', (event) => {
    events.push(event)
    wake()
  })
  // The SDK reports an event of type error a second time; it is among the events.
  socket.on('error', () => {})
  socket.on('close', (code: number) => {
    gone = new Error(`the connection was closed with ${code}`)
    closing.resolve({ code })
    wake()
  })

  async function next(): Promise<ResponsesServerEvent> {
    while (true) {
      const event = events.shift()
      if (event !== undefined) return event
      if (gone !== null) throw gone
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  return {
    async ask(turn) {
      socket.send({ type: 'response.create', ...turn })
      const received: ResponsesServerEvent[] = []
      do received.push(await next())
      while (!endings.has(received.at(-1)?.type ?? ''))
      // A refusal on a connection is an event of its own, which the description does not have.
      const problems = received.flatMap((event) =>
        event.type === 'error' ? [] : publishedProblems('ResponseStreamEvent', event),
      )
      if (problems.length > 0) throw new Error(problems.join('\n'))
      return received
    },
    send: (event) => socket.sendRaw(typeof event === 'string' ? event : JSON.stringify(event)),
    next,
    closed: closing.promise,
    [Symbol.dispose]: () => socket.close(),
  }
}
