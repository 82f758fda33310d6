import type { Frame } from '@parley/kernel/frames.ts'
import { type Checker, groupBy, indexBy } from './checker.ts'

export const callsHaveAttempts: Checker = {
  invariant: 'I4',
  says: 'every provider call has an attempt, and each attempt at most one call',
  check: ({ stores, providerCalls }) => {
    const attempts = new Set(stores.attempts.map(({ responseId, attempt }) => `${responseId}.${attempt}`))
    return [...groupBy(providerCalls, ({ responseId, attempt }) => `${responseId}.${attempt}`)].flatMap(
      ([key, calls]) => {
        const [first] = calls
        if (!attempts.has(key)) return [`the provider was called for ${first?.model} as ${key}, which is no attempt`]
        return calls.length === 1 ? [] : [`attempt ${key} of ${first?.model} called the provider ${calls.length} times`]
      },
    )
  },
}

export const callsAreCapped: Checker = {
  invariant: 'I5',
  says: 'no request calls the provider more often than the cap',
  check: ({ providerCalls, attemptsMax }) =>
    [...groupBy(providerCalls, ({ responseId }) => responseId)]
      .filter(([, calls]) => calls.length > attemptsMax)
      .map(([responseId, calls]) => `${responseId} called the provider ${calls.length} times`),
}

export const staleIsRefused: Checker = {
  invariant: 'I11',
  says: 'no write of a stale attempt was accepted',
  check: ({ stores, clients, providerCalls }) => {
    const wishes = indexBy(clients, ({ model }) => model)
    const responses = indexBy(stores.responses, ({ responseId }) => responseId)
    const late = providerCalls.flatMap(({ responseId, attempt }) => {
      const response = responses.get(responseId)
      if (response === undefined || response.attempt >= attempt) return []
      return [`${response.model} was settled as attempt ${response.attempt} though attempt ${attempt} had begun`]
    })
    const mixed = stores.responses.flatMap(({ responseId, model, sessionId }) => {
      const expected = wishes.get(model)?.expectedText
      const frames = stores.frames.get(responseId)
      if (expected === undefined || frames === undefined || sessionId !== null) return []
      return expected.startsWith(textOf(frames))
        ? []
        : [`the frames of ${model} are not of one attempt: ${textOf(frames)}`]
    })
    return [...new Set([...late, ...mixed])]
  },
}

function textOf(frames: readonly Frame[]): string {
  return frames.map(({ step }) => (step.type === 'text-delta' ? step.delta : '')).join('')
}
