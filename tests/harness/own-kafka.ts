import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type KafkaOptions, startKafka } from '../../scripts/services/kafka.ts'

/** A broker of a test's own, which it may stop, kill and start again. Ends with the test's process. */
export interface OwnKafka {
  readonly brokers: string
  readonly port: number
  readonly pid: number
  /** At once, as a crash; resolves when it is gone. */
  kill(): Promise<void>
}

const jarFolder = fileURLToPath(new URL('../../.cache/services/kafka-jars', import.meta.url))
const heapMiB = 256

/** With `folder` and `port` of one that ran before, it holds what that one held. */
export async function startOwnKafka(
  folder: string,
  options: Pick<KafkaOptions, 'port' | 'secured'> = {},
): Promise<OwnKafka> {
  const { brokers, pid, child } = await startKafka({ folder, jarFolder, heapMiB, ...options })
  const killNow = () => child.kill('SIGKILL')
  process.once('exit', killNow)
  return {
    brokers,
    port: Number(brokers.split(':')[1]),
    pid,
    async kill() {
      process.off('exit', killNow)
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      killNow()
      await ended
    },
  }
}
