import { services } from '@parley/all-in-one/services.ts'
import { type Env, EnvReader } from '@parley/chassis/config/env-reader.ts'
import { readKafkaSettings } from '@parley/chassis/events/kafka/kafka-settings.ts'
import { createRelay, type Relay } from '@parley/chassis/events/relay.ts'
import { openServiceStore } from '@parley/chassis/runtime/open-service-store.ts'
import { readStoreUrls } from '@parley/chassis/runtime/process-config.ts'
import { realClock } from '@parley/chassis/runtime/real-clock.ts'
import { pino } from 'pino'

const listedMax = 100

/**
 * Events that nobody could take, one line each: service, id, type, key and reason. The service is the publisher, or with
 * Kafka the subscriber that put the event aside.
 */
export async function listParked(env: Env): Promise<string> {
  const lines: string[] = []
  await withRelays(env, async (relay, service) => {
    for (const { envelope, parkedReason } of await relay.listParked({ limit: listedMax })) {
      lines.push([service, envelope.id, envelope.type, envelope.subject, parkedReason].join('  '))
    }
    return false
  })
  await withDeadLetters(env, async ({ listDeadLetters }, settings, service) => {
    for (const { id, type, subject, reason } of await listDeadLetters(settings, service)) {
      lines.push([service, id, type, subject, reason].join('  '))
    }
    return false
  })
  return lines.length === 0 ? 'no event is parked' : lines.join('\n')
}

/** Sends a parked event again, or gives it up; its key goes on in both cases. A running process notices by itself. */
export async function settleParked(env: Env, action: 'replay' | 'skip', id: string): Promise<string> {
  const found =
    (await withRelays(env, (relay) => relay[action](id))) ||
    (await withDeadLetters(env, ({ settleDeadLetter }, settings, consumer) =>
      settleDeadLetter(settings, { consumer, id, action }),
    ))
  if (!found) throw new Error(`no parked event has the id ${id}: list them with 'parley events list'`)
  return action === 'replay' ? `${id} will be sent again` : `${id} was given up`
}

/** Visits the outbox of every service in turn until one says that it was the right one. */
async function withRelays(env: Env, visit: (relay: Relay, service: string) => Promise<boolean>): Promise<boolean> {
  const reader = new EnvReader(env)
  const urls = readStoreUrls(reader, services)
  reader.throwIfProblems()
  const log = pino({ level: 'silent' })
  const transport = { deliver: () => Promise.reject(new Error('this command sends nothing itself')) }
  for (const service of services) {
    const { name } = service.contract
    await using store = await openServiceStore({ service, url: urls[name] ?? '', durability: 'process', log })
    if (store === null) continue
    const relay = createRelay({ store, subscribersOf: () => [], transport, clock: realClock, log })
    if (await visit(relay, name)) return true
  }
  return false
}

type DeadLetters = typeof import('@parley/chassis/events/kafka/dead-letter-list.ts')
type Settings = NonNullable<ReturnType<typeof readKafkaSettings>>

/** Visits the dead letters of every subscribing service likewise; without Kafka there are none. */
async function withDeadLetters(
  env: Env,
  visit: (letters: DeadLetters, settings: Settings, service: string) => Promise<boolean>,
): Promise<boolean> {
  const reader = new EnvReader(env)
  const settings = readKafkaSettings(reader)
  reader.throwIfProblems()
  if (settings === null) return false
  const letters = await import('@parley/chassis/events/kafka/dead-letter-list.ts')
  for (const { contract } of services) {
    if (contract.subscribes.length > 0 && (await visit(letters, settings, contract.name))) return true
  }
  return false
}
