import type { AnyEvent, Contract } from '@parley/chassis/contract/define-contract.ts'
import { firstProblem } from '@parley/chassis/contract/validation.ts'
import { Envelope } from '@parley/chassis/events/envelope.ts'
import { Value } from 'typebox/value'

/** What one golden file holds, by the file's name without its ending. */
export type GoldenFiles = ReadonlyMap<string, unknown>

/**
 * Why events that were published once could no longer be read, or would go unwatched; none when all is well. A golden
 * file stays for as long as an event of its type may be in an outbox or on a topic, so it is never changed to fit.
 */
export function goldenProblems(contracts: readonly Contract[], files: GoldenFiles): string[] {
  const published = contracts.flatMap(({ name, events }) =>
    Object.values(events).map((event) => ({ source: name, event })),
  )
  const known = new Set(published.map(({ event }) => event.type))
  return [
    ...published.filter(({ event }) => !files.has(event.type)).map(({ event }) => `${event.type} has no golden file`),
    ...[...files.keys()].filter((type) => !known.has(type)).map((type) => `${type} is in no contract any more`),
    ...contracts.flatMap(({ name, subscribes }) =>
      subscribes
        .filter((type) => !known.has(type))
        .map((type) => `${name} subscribes to ${type}, which nobody publishes`),
    ),
    ...published.flatMap(({ source, event }) =>
      files.has(event.type) ? fileProblems(source, event, files.get(event.type)) : [],
    ),
  ]
}

function fileProblems(source: string, event: AnyEvent, file: unknown): string[] {
  const { type } = event
  if (!Value.Check(Envelope, file)) {
    const problem = firstProblem(Envelope, file)
    return [`${type} is no envelope: ${problem?.path} ${problem?.message}`]
  }
  const problem = firstProblem(event.data, file.data)
  if (problem !== null) return [`${type} no longer fits its schema: ${problem.path} ${problem.message}`]
  const expected = { type, source, subject: event.key(file.data) }
  return Object.entries(expected)
    .filter(([name, value]) => file[name as keyof typeof expected] !== value)
    .map(([name, value]) => `${type} has another ${name} than ${value}`)
}
