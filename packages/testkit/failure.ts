import { AppError } from '@parley/chassis/values/errors.ts'

/** The AppError that `work` fails with; fails the test when it succeeds or throws something else. */
export async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const outcome = await work.then(
    () => 'success',
    (thrown: unknown) => thrown,
  )
  if (outcome instanceof AppError) return outcome
  throw new Error(`expected an AppError, but got ${outcome instanceof Error ? (outcome.stack ?? outcome) : outcome}`)
}
