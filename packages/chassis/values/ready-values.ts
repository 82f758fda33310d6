/**
 * An iterator that also says what is there already. Passing a value on costs a promise at every hop; values that have
 * come together can be taken together instead. Callers who know nothing of it use `next` alone and see the same.
 */
export interface ReadyIterator<T> extends AsyncIterator<T, undefined> {
  /** Like `next`, without waiting: undefined when only `next` can tell how it goes on. Never throws. */
  ready(): T | undefined
}

/** What `iterator` has ready; undefined when it has nothing or cannot tell. Not while one of its `next` is pending. */
export function takeReady<T>(iterator: AsyncIterator<T>): T | undefined {
  return (iterator as Partial<ReadyIterator<T>>).ready?.()
}

/** As `for await` does, yet without a pause between values that are there already. `take` may say that it needs one. */
export async function forEachReady<T>(
  source: AsyncIterable<T>,
  take: (value: T) => Promise<void> | void,
): Promise<void> {
  const iterator = source[Symbol.asyncIterator]()
  for (let result = await iterator.next(); result.done !== true; result = await iterator.next()) {
    try {
      for (let value: T | undefined = result.value; value !== undefined; value = takeReady(iterator)) {
        const pause = take(value)
        if (pause !== undefined) await pause
      }
    } catch (error) {
      await iterator.return?.()
      throw error
    }
  }
}
