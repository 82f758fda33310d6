import type { Store } from '@parley/chassis/store/store.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { Attempt } from '../contract.ts'
import type { AttemptView, LostAttemptTable, ResponseSchema } from './schema.ts'

type AttemptRow = Pick<AttemptView, 'attempt' | 'state'> & {
  [Name in 'usage' | 'lost_at']: LostAttemptTable[Name] | null
}

/** Every attempt at one response, with what is known of the lost ones. */
export function prepareAttempts(store: Store<ResponseSchema>): (responseId: string) => Promise<Attempt[]> {
  const list = store.prepare<AttemptRow, { responseId: string }>((db, { responseId }) =>
    db
      .selectFrom('attempts')
      .leftJoin('lost_attempts', (join) =>
        join
          .onRef('lost_attempts.response_id', '=', 'attempts.response_id')
          .onRef('lost_attempts.attempt', '=', 'attempts.attempt'),
      )
      .select(['attempts.attempt', 'attempts.state', 'lost_attempts.usage', 'lost_attempts.lost_at'])
      .where('attempts.response_id', '=', responseId)
      .orderBy('attempts.attempt'),
  )
  return async (responseId) => (await list.all(null, { responseId })).map(toAttempt)
}

function toAttempt({ attempt, state, usage, lost_at: lostAt }: AttemptRow): Attempt {
  return { attempt, state, lostUsage: usage === null ? null : parseUsage(usage), lostAt }
}

function parseUsage(text: string): Usage {
  return JSON.parse(text)
}
