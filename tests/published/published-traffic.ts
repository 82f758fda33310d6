import { doneMark, parseEvents } from '../harness/event-stream.ts'
import { type PublishedName, publishedProblems } from './published-schema.ts'

/** Per route of the dialects of OpenAI: what a whole answer of it is, and each event of a streamed one. */
const routes: readonly (readonly [route: string, whole: PublishedName, event?: PublishedName])[] = [
  ['POST /v1/responses', 'Response', 'ResponseStreamEvent'],
  ['POST /v1/responses/input_tokens', 'TokenCountsResource'],
  ['POST /v1/responses/compact', 'CompactResource'],
  ['GET /v1/responses/{id}', 'Response', 'ResponseStreamEvent'],
  ['POST /v1/responses/{id}/cancel', 'Response'],
  ['GET /v1/responses/{id}/input_items', 'ResponseItemList'],
  ['POST /v1/conversations', 'ConversationResource'],
  ['GET /v1/conversations/{id}', 'ConversationResource'],
  ['POST /v1/conversations/{id}', 'ConversationResource'],
  ['DELETE /v1/conversations/{id}', 'DeletedConversationResource'],
  ['GET /v1/conversations/{id}/items', 'ConversationItemList'],
  ['POST /v1/conversations/{id}/items', 'ConversationItemList'],
  ['GET /v1/conversations/{id}/items/{item}', 'ConversationItem'],
  ['DELETE /v1/conversations/{id}/items/{item}', 'ConversationResource'],
  ['POST /v1/chat/completions', 'CreateChatCompletionResponse', 'CreateChatCompletionStreamResponse'],
  ['GET /v1/chat/completions', 'ChatCompletionList'],
  ['GET /v1/chat/completions/{id}', 'CreateChatCompletionResponse'],
  ['POST /v1/chat/completions/{id}', 'CreateChatCompletionResponse'],
  ['DELETE /v1/chat/completions/{id}', 'ChatCompletionDeleted'],
  ['GET /v1/chat/completions/{id}/messages', 'ChatCompletionMessageList'],
  ['POST /v1/embeddings', 'CreateEmbeddingResponse'],
  ['GET /v1/models', 'ListModelsResponse'],
  ['GET /v1/models/{id}', 'Model'],
]

/** Every route that is held to the description. */
export const publishedRoutes: readonly string[] = routes.map(([route]) => route)

const textCharsMax = 8 * 1024 * 1024
const problemsMax = 20

/**
 * Clients of a system send their requests with its `fetch`: what is answered in a dialect of OpenAI is held to OpenAI's
 * own description as it passes, event by event where it is streamed. Other answers pass unseen.
 */
export class PublishedTraffic {
  /** What did not fit, with the request that got it. */
  readonly problems: string[] = []
  /** Routes that have answered well, with ` stream` after those that did so in events. */
  readonly routes = new Set<string>()
  /** Types of events of responses. */
  readonly events = new Set<string>()

  readonly fetch: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init)
    const request = new Request(input instanceof Request ? input.url : input)
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET')
    const found = findRoute(`${method.toUpperCase()} ${new URL(request.url).pathname}`)
    if (found === undefined || answer.body === null || isOfAnthropic(init)) return answer
    const reader = new AnswerReader((text, isStreamed) => this.#read(found, { answer, text, isStreamed }))
    const isStreamed = answer.headers.get('content-type')?.startsWith('text/event-stream') === true
    return new Response(answer.body.pipeThrough(reader.tap(isStreamed)), answer)
  }

  #read(
    [route, whole, event = whole]: (typeof routes)[number],
    { answer, text, isStreamed }: { answer: Response; text: string; isStreamed: boolean },
  ): void {
    try {
      const values = isStreamed ? parseEvents(text).map(({ data }) => data) : [JSON.parse(text)]
      const right = isStreamed ? event : answer.ok ? whole : 'ErrorResponse'
      for (const value of values)
        if (value !== doneMark) this.#hold(route, isError(value) ? 'ErrorResponse' : right, value)
      if (answer.ok) this.routes.add(isStreamed ? `${route} stream` : route)
    } catch (error) {
      this.#tell(`${route}: ${error}: ${text.slice(0, 200)}`)
    }
  }

  #hold(route: string, name: PublishedName, value: unknown): void {
    if (name === 'ResponseStreamEvent') this.events.add((value as { type: string }).type)
    for (const problem of publishedProblems(name, value)) this.#tell(`${route}: ${problem}`)
  }

  #tell(problem: string): void {
    if (this.problems.length < problemsMax) this.problems.push(problem)
  }
}

/** Passes an answer on, byte for byte, and reads it: whole at its end, or each event when it is there. */
class AnswerReader {
  readonly #read: (text: string, isStreamed: boolean) => void
  readonly #decoder = new TextDecoder()
  #text = ''
  #charsRead = 0

  constructor(read: (text: string, isStreamed: boolean) => void) {
    this.#read = read
  }

  tap(isStreamed: boolean): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
    return new TransformStream({
      transform: (chunk, controller) => {
        controller.enqueue(chunk)
        if (this.#charsRead > textCharsMax) return
        const text = this.#decoder.decode(chunk, { stream: true })
        this.#charsRead += text.length
        this.#text += text
        if (isStreamed) this.#readEvents()
      },
      flush: () => {
        if (!isStreamed && this.#charsRead <= textCharsMax) this.#read(this.#text, isStreamed)
      },
    })
  }

  #readEvents(): void {
    const end = this.#text.lastIndexOf('\n\n') + 2
    if (end < 2) return
    this.#read(this.#text.slice(0, end), true)
    this.#text = this.#text.slice(end)
  }
}

function findRoute(called: string): (typeof routes)[number] | undefined {
  return routes.find(([route]) => patternOf(route).test(called))
}

const patterns = new Map<string, RegExp>()

function patternOf(route: string): RegExp {
  const pattern = patterns.get(route) ?? new RegExp(`^${route.replace(/\{\w+\}/g, '[^/]+')}$`)
  patterns.set(route, pattern)
  return pattern
}

/** Models are listed to both kinds of SDKs, and to each in its own words. */
function isOfAnthropic(init: RequestInit | undefined): boolean {
  return new Headers(init?.headers).has('anthropic-version')
}

function isError(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'error' in value && !('object' in value) && !('type' in value)
}
