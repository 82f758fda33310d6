import type { Logger } from 'pino'
import type { InternalAuth } from '../contract/internal-auth.ts'
import type { KafkaSettings } from '../events/kafka/kafka-settings.ts'
import { changeLevel } from '../telemetry/logger.ts'
import type { ConfigSnapshot } from './config-snapshot.ts'
import type { HostedService } from './host-service.ts'
import type { ProcessConfig } from './process-config.ts'
import { onlyPasswordDiffers } from './process-settings.ts'

/** Secrets as they are at the moment, for connections that are made now and then. */
export class LiveSecrets {
  #storeUrls: Readonly<Record<string, string>>
  /** Null when events go straight to their subscribers. */
  readonly kafka: KafkaSettings | null
  #kafkaPassword: string

  constructor({ storeUrls, kafka }: ProcessConfig) {
    this.#storeUrls = storeUrls
    this.#kafkaPassword = kafka?.sasl?.password ?? ''
    const password = () => this.#kafkaPassword
    this.kafka =
      kafka === null || kafka.sasl === null
        ? kafka
        : {
            ...kafka,
            sasl: {
              ...kafka.sasl,
              get password() {
                return password()
              },
            },
          }
  }

  /** Null for a service without a database. */
  storeUrl(service: string): string | null {
    return this.#storeUrls[service] ?? null
  }

  rotate({ storeUrls, kafka }: ProcessConfig): void {
    const rotated = Object.entries(this.#storeUrls).map(([service, before]): [string, string] => {
      const after = storeUrls[service] ?? before
      return [service, onlyPasswordDiffers(before, after) ? after : before]
    })
    this.#storeUrls = Object.fromEntries(rotated)
    if (kafka?.sasl != null) this.#kafkaPassword = kafka.sasl.password
  }
}

/** What of a running process takes a changed configuration. */
export interface LiveParts {
  readonly log: Logger
  /** Null when all services run in this process. */
  readonly auth: InternalAuth | null
  readonly secrets: LiveSecrets
  readonly hosted: readonly HostedService[]
}

/** Takes a snapshot into use, all of it within one turn of the event loop: no call sees half of it. */
export function applyConfig({ process, services, here }: ConfigSnapshot, parts: LiveParts): void {
  changeLevel(parts.log, process.log.level)
  if (process.secrets.length > 0) parts.auth?.rotate(process.secrets)
  parts.secrets.rotate(process)
  for (const service of here) {
    const hosted = parts.hosted.find(({ contract }) => contract === service.contract)
    hosted?.instance.reconfigure?.(services.get(service))
  }
}
