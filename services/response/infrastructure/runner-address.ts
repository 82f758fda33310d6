import { setTimeout as delay } from 'node:timers/promises'
import { ConfigError } from '@parley/chassis/config/env-reader.ts'
import type { Store } from '@parley/chassis/store/store.ts'
import { holdLock } from './hold-lock.ts'

/** A process that is started again has to wait until its predecessor's connection is seen to have ended. */
const patienceMs = 10_000
const askAgainMs = 250

/**
 * Makes this process the only one of those on the store that is reached at `url`: of two, each would be taken for the
 * other, and what one runs could not be followed. Resolves to the function that gives the address up. Throws ConfigError
 * when another process still has it after `patienceMs`.
 */
export async function takeRunnerAddress(
  store: Pick<Store<unknown>, 'tryLock'>,
  url: string,
  options: { patienceMs: number } = { patienceMs },
): Promise<() => Promise<void>> {
  const name = `runner-at-${new URL(url).host.replaceAll(/[^a-z0-9.]+/g, '-')}`
  const endsAtMs = performance.now() + options.patienceMs
  while (true) {
    const lock = await store.tryLock(name)
    if (lock !== null) return holdLock(store, name, lock)
    if (performance.now() >= endsAtMs) throw new ConfigError([addressTaken])
    await delay(askAgainMs)
  }
}

const addressTaken =
  'ADVERTISED_URL, or the address made of POD_IP and INTERNAL_PORT where it is not set, is already that of another process that runs responses on the same database: give each process an ADVERTISED_URL of its own, at which the others reach this one alone'
