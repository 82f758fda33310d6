import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { downloadJars } from './download.ts'
import { findFreePort } from './free-port.ts'
import { assertJava, mavenRepositoryUrl } from './java.ts'
import { kafkaJars, kafkaVersion } from './kafka-jars.ts'
import { apiVersionsAnswer } from './kafka-probe.ts'
import { type SecuredListeners, securedLines, usersOf } from './kafka-security.ts'

export interface KafkaOptions {
  /** Holds the broker's data and its log; made when it is missing, kept when it is stopped. */
  readonly folder: string
  /** Where the jars are kept, for all brokers of this checkout. */
  readonly jarFolder: string
  /** Of 127.0.0.1; a free one when left out. */
  readonly port?: number
  /** Whether the broker goes on when this process ends. */
  readonly detached?: boolean
  /** The JVM's heap at most, in MiB. */
  readonly heapMiB?: number
  /** Further listeners, where clients have to say who they are. */
  readonly secured?: SecuredListeners
}

/** A broker that answers. */
export interface RunningKafka {
  /** `127.0.0.1:port`, for KAFKA_BROKERS. */
  readonly brokers: string
  readonly pid: number
  readonly child: ChildProcess
  stop(): Promise<void>
}

const readyTimeoutMs = 90_000
const stopTimeoutMs = 20_000
const pollMs = 50
const clusterId = 'UGFybGV5S2Fma2FLUmFmdA'

/**
 * Starts one Kafka broker that is its own controller (KRaft), reachable from this machine only. Its jars come from Maven
 * Central, once. Throws in words when there is no suitable Java.
 */
export async function startKafka(options: KafkaOptions): Promise<RunningKafka> {
  const { folder, jarFolder, detached = false, heapMiB = 512, secured } = options
  await assertJava('Kafka')
  const jars = await downloadJars(kafkaJars, path.join(jarFolder, kafkaVersion), mavenRepositoryUrl())
  const port = options.port ?? (await findFreePort())
  const properties = await writeProperties(folder, port, await findFreePort(), secured)
  const java = ['-cp', jars.join(path.delimiter), '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']
  await format(java, folder, properties, secured)
  const heap = [`-Xms${Math.min(heapMiB, 256)}m`, `-Xmx${heapMiB}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  const logFile = path.join(folder, 'kafka.log')
  const log = openSync(logFile, 'a')
  const child = spawn('java', [...heap, ...java, 'kafka.Kafka', properties], { detached, stdio: ['ignore', log, log] })
  if (detached) child.unref()
  try {
    await untilReady(child, port, logFile)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return { brokers: `127.0.0.1:${port}`, pid: child.pid ?? 0, child, stop: () => stopChild(child) }
}

/** One broker holds every copy, takes part in groups without delay and makes no topic unless it is told to. */
async function writeProperties(
  folder: string,
  port: number,
  controllerPort: number,
  secured?: SecuredListeners,
): Promise<string> {
  await mkdir(folder, { recursive: true })
  const file = path.join(folder, 'server.properties')
  const lines = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': path.join(folder, 'data'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 500,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
  }
  if (secured !== undefined) Object.assign(lines, securedLines(secured, lines))
  const text = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(file, text.join(''))
  return file
}

async function format(
  java: readonly string[],
  folder: string,
  properties: string,
  secured?: SecuredListeners,
): Promise<void> {
  if (existsSync(path.join(folder, 'data', 'meta.properties'))) return
  await rm(path.join(folder, 'data'), { recursive: true, force: true })
  const command = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties, ...usersOf(secured)]
  await promisify(execFile)('java', ['-XX:TieredStopAtLevel=1', ...java, ...command])
}

async function untilReady(child: ChildProcess, port: number, logFile: string): Promise<void> {
  const endsAtMs = performance.now() + readyTimeoutMs
  let hasEnded = false
  child.once('exit', () => {
    hasEnded = true
  })
  while (!(await apiVersionsAnswer(port))) {
    if (hasEnded) throw new Error(`Kafka ended before it was ready:\n${await tailOf(logFile)}`)
    if (performance.now() > endsAtMs) throw new Error(`Kafka was not ready after ${readyTimeoutMs} ms: see ${logFile}`)
    await delay(pollMs)
  }
}

async function tailOf(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).slice(-2_000)
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await ended
  clearTimeout(timer)
}
