/** One server-sent event: its name, when it has one, and its data, parsed unless it is the end mark. */
export interface SentEvent {
  readonly event: string | null
  readonly data: unknown
}

export const doneMark = '[DONE]'

/** The events of a stream's text. Throws for anything that is neither an event nor a comment. */
export function parseEvents(text: string): SentEvent[] {
  const blocks = text.split('\n\n')
  if (blocks.pop() !== '') throw new Error('the stream ends in the middle of an event')
  return blocks.filter((block) => !block.startsWith(':')).map(parseEvent)
}

function parseEvent(block: string): SentEvent {
  let event: string | null = null
  let data: string | null = null
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) event = line.slice('event: '.length)
    else if (line.startsWith('data: ') && data === null) data = line.slice('data: '.length)
    else throw new Error(`not a line of an event: ${JSON.stringify(line)}`)
  }
  if (data === null) throw new Error(`an event without data: ${JSON.stringify(block)}`)
  return { event, data: data === doneMark ? doneMark : JSON.parse(data) }
}
