import type { ClientRecord, Evidence, SeenEvent } from '../evidence/evidence.ts'
import type { Checker } from './checker.ts'

export const streamsAgree: Checker = {
  invariant: 'I6',
  says: 'what a client puts together is the beginning of the stored frames, numbered without a gap',
  check: (evidence) => [
    ...evidence.clients.flatMap((client) => [...checkStreams(client, evidence), ...checkText(client)]),
    ...checkFrames(evidence),
    ...checkReplays(evidence),
  ],
}

function checkStreams({ streams, responseIds, model }: ClientRecord, { replays }: Evidence): string[] {
  const [id] = responseIds
  const replay = id === undefined ? undefined : replays.get(id)
  const kept = new Map(replay?.map(({ seq, raw }) => [seq, raw]))
  const problems: string[] = []
  for (const { after, events, isComplete } of streams) {
    const gap = events.findIndex(({ seq }, index) => seq !== after + 1 + index)
    if (gap !== -1) problems.push(`${model}: event ${events[gap]?.seq} came where ${after + 1 + gap} was due`)
    if (replay === undefined) continue
    const other = events.find(({ seq, raw }) => kept.get(seq) !== raw && !isBreak(raw))
    if (other !== undefined) {
      const where = difference(other.raw, kept.get(other.seq) ?? '')
      problems.push(`${model}: event ${other.seq} has other bytes when it is read again: ${where}`)
    }
    const last = replay.at(-1)?.seq ?? -1
    const seen = events.at(-1)?.seq ?? after
    if (isComplete && seen !== last) problems.push(`${model} was told it was over at ${seen}, and there is ${last}`)
  }
  return problems
}

/** The first place where two texts differ, and what follows there. */
function difference(one: string, other: string): string {
  let at = 0
  while (at < one.length && one[at] === other[at]) at += 1
  const from = Math.max(0, at - 30)
  return `…${one.slice(from, at + 40)}… and …${other.slice(from, at + 40)}…`
}

/** What ends a connection whose response goes on elsewhere is no event of the response. */
function isBreak(raw: string): boolean {
  return raw.startsWith('event: error')
}

/** What an unstored answer said, which nothing keeps, is what the provider said, and all of it when it says so. */
function checkText({ text, expectedText, isComplete, model }: ClientRecord): string[] {
  if (text === null) return []
  if (isComplete && text !== expectedText) return [`${model} was answered ${text}, not ${expectedText}`]
  return expectedText.startsWith(text) ? [] : [`${model} got ${text}, which is not how ${expectedText} begins`]
}

function checkFrames({ stores }: Evidence): string[] {
  return stores.responses.flatMap(({ responseId, model }) => {
    const frames = stores.frames.get(responseId) ?? []
    const gap = frames.findIndex(({ seq }, index) => seq !== index)
    return gap === -1 ? [] : [`${model}: frame ${frames[gap]?.seq} stands where ${gap} is due`]
  })
}

function checkReplays({ stores, replays }: Evidence): string[] {
  return stores.responses.flatMap(({ responseId, model }) => {
    const replay = replays.get(responseId)
    const frames = stores.frames.get(responseId)
    if (replay === undefined || frames === undefined) return []
    const told = textOfEvents(replay)
    const kept = frames.map(({ step }) => (step.type === 'text-delta' ? step.delta : '')).join('')
    return told === kept ? [] : [`${model} is replayed as ${told}, and its frames are ${kept}`]
  })
}

function textOfEvents(events: readonly SeenEvent[]): string {
  return events
    .filter(({ raw }) => raw.startsWith('event: response.output_text.delta\n'))
    .map(({ raw }) => (JSON.parse(raw.slice(raw.indexOf('{'))) as { delta: string }).delta)
    .join('')
}

export const clientsAreContent: Checker = {
  invariant: 'I6',
  says: 'no client saw what it may not see',
  check: ({ clients }) => clients.flatMap(({ model, complaints }) => complaints.map((text) => `${model}: ${text}`)),
}

export const transcriptsGrow: Checker = {
  invariant: 'I7',
  says: 'a transcript is only appended to, and has one order for all readers',
  check: ({ conversations, stores }) => [
    ...conversations.flatMap(({ conversationId, reads, turns }) => {
      const problems: string[] = []
      for (const [index, { items, turns: known }] of reads.entries()) {
        const later = reads[index + 1]?.items
        if (later !== undefined && items.some((item, position) => later[position] !== item)) {
          problems.push(`the conversation ${conversationId} changed between two readings`)
        }
        const places = turns.slice(0, known).map(({ marker }) => items.findIndex((item) => saidBy(item, marker)))
        if (places.some((place, turn) => place <= (places[turn - 1] ?? -1))) {
          problems.push(`the conversation ${conversationId} has its turns at ${places.join(', ')}`)
        }
      }
      return problems
    }),
    ...[...Map.groupBy(stores.items, ({ sessionId }) => sessionId)].flatMap(([sessionId, items]) => {
      const places = new Set(items.map(({ position }) => position))
      return places.size === items.length ? [] : [`two items have one place in the session ${sessionId}`]
    }),
  ],
}

/** The first word after the directives names the wish. */
function saidBy(item: string, marker: string): boolean {
  return item.includes(`\\n${marker} `)
}
