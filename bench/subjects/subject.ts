import { setTimeout as delay } from 'node:timers/promises'
import { chatRequest } from '../load/chat-request.ts'
import { openClient } from '../load/closed-loop.ts'
import { fetchText } from '../load/exchange.ts'
import { ANSWER_TEXT_BYTES } from '../settings.ts'
import type { PinnedProcess } from './spawn-pinned.ts'

export const SUBJECT_NAMES = ['upstream', 'parley', 'parley-split', 'portkey'] as const
export type SubjectName = (typeof SUBJECT_NAMES)[number]

/** What every subject is given to start from. */
export interface Bed {
  /** `http://127.0.0.1:<port>` of the upstream. */
  readonly upstreamOrigin: string
  /** An empty folder of this run, for data and logs. */
  readonly folder: string
}

export interface RunningSubject {
  readonly name: SubjectName
  readonly origin: string
  /** Path of chat completions. */
  readonly path: string
  /** What this subject needs besides the key. */
  readonly headers: Readonly<Record<string, string>>
  /** Every process whose CPU time and memory count as the subject's. */
  pids(): number[]
  stop(): Promise<void>
}

export interface Subject {
  readonly name: SubjectName
  readonly title: string
  /** Resolves once the first request was answered correctly. Rejects with the reason, fit to be shown. */
  start(bed: Bed): Promise<RunningSubject>
}

const START_TIMEOUT_MS = 20_000
const POLL_MS = 20

/** Asks until the subject gives the upstream's answer; rejects when its process ends or time is up. */
export async function untilAnswering(subject: RunningSubject, child: PinnedProcess): Promise<RunningSubject> {
  const until = performance.now() + START_TIMEOUT_MS
  let last = 'no answer'
  while (performance.now() < until) {
    if (child.exited()) throw new Error(`${subject.name} ended at its start:\n${tail(child)}`)
    last = await askOnce(subject)
    if (last === 'ok') return subject
    await delay(POLL_MS)
  }
  await child.stop()
  throw new Error(`${subject.name} gave no right answer in ${START_TIMEOUT_MS} ms (${last})\n${tail(child)}`)
}

async function askOnce(subject: RunningSubject): Promise<string> {
  const client = openClient(subject.origin)
  try {
    const { status, text } = await fetchText(client, chatRequest(subject))
    return status === 200 && text.length > ANSWER_TEXT_BYTES ? 'ok' : `${status} ${text.slice(0, 300)}`
  } catch (error) {
    return String(error)
  } finally {
    await client.destroy()
  }
}

function tail(child: PinnedProcess): string {
  return child.output().slice(-2_000)
}
