import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Contract } from '../contract/define-contract.ts'
import type { KafkaSettings } from '../events/kafka/kafka-settings.ts'
import type { EventTransport } from '../events/transport.ts'
import { subscribersOf } from '../placement/resolve-placement.ts'
import type { ClientDirectory } from './client-directory.ts'
import type { HostedService } from './host-service.ts'

/** The way of events out of a process and into it, whatever carries them. */
export interface ProcessEvents {
  transportFor(publisher: string): EventTransport
  /** To whom the transport hands events of a type. */
  subscribersOf(type: string): readonly string[]
  /** Lets events in, for every hosted service that subscribes to some. */
  subscribe(hosted: readonly HostedService[]): Promise<void>
  /** Lets no more in and waits for those being handled. Calls after the first do nothing. */
  closeIntake(): Promise<void>
  /** After the relays have ended. */
  close(): Promise<void>
}

export interface ProcessEventsOptions {
  readonly kafka: KafkaSettings | null
  readonly contracts: readonly Contract[]
  /** Contracts of the services of this process. */
  readonly hosted: readonly Contract[]
  readonly directory: ClientDirectory
  readonly metrics: Registry
  readonly log: Logger
}

export async function openEvents(options: ProcessEventsOptions): Promise<ProcessEvents> {
  const { kafka, hosted } = options
  const hasEvents = hosted.some(({ events, subscribes }) => Object.keys(events).length > 0 || subscribes.length > 0)
  return kafka !== null && hasEvents ? kafkaEvents(options, kafka) : directEvents(options)
}

/** Events arrive as calls, for which the process listens anyway. */
function directEvents({ contracts, directory }: ProcessEventsOptions): ProcessEvents {
  return {
    transportFor: (publisher) => directory.transportFor(publisher),
    subscribersOf: (type) => subscribersOf(contracts, type),
    subscribe: async () => {},
    closeIntake: async () => {},
    close: async () => {},
  }
}

async function kafkaEvents(
  { contracts, metrics, log }: ProcessEventsOptions,
  settings: KafkaSettings,
): Promise<ProcessEvents> {
  // The client of Kafka is loaded only where it is used: it takes its share of start-up time and memory.
  const { openKafka } = await import('../events/kafka/open-kafka.ts')
  const { transport, intake, close } = openKafka({ settings, contracts, metrics, log })
  let closing: Promise<void> | null = null
  return {
    transportFor: () => transport,
    subscribersOf: () => ['kafka'],
    async subscribe(hosted) {
      for (const { contract, inbox } of hosted) {
        if (inbox !== null) await intake.subscribe(contract.name, contract.subscribes, inbox.receive)
      }
    },
    closeIntake() {
      closing ??= intake.close()
      return closing
    },
    close,
  }
}
