import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { downloadJars } from './download.ts'
import { findFreePort } from './free-port.ts'
import { assertJava, mavenRepositoryUrl } from './java.ts'

export interface ZipkinOptions {
  /** Holds the server's log. Traces are kept in memory. */
  readonly folder: string
  /** Where the jar is kept. */
  readonly jarFolder: string
  /** Whether the server goes on when this process ends. */
  readonly detached?: boolean
}

/** A server that answers. */
export interface RunningZipkin {
  /** Of its pages and its API, without a path. */
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

const version = '3.6.1'
/** The whole server in one file (io.zipkin:zipkin-server, classifier exec). */
const jar = {
  path: `io/zipkin/zipkin-server/${version}/zipkin-server-${version}-exec.jar`,
  sha256: 'd8326e0ed4f43855dba81228f688554706e52578a7c782d9a90b73f8680654a1',
}
const readyTimeoutMs = 120_000
const pollMs = 100
const spansMax = 20_000

/** Starts Zipkin, reachable from this machine only. Throws in words when there is no suitable Java. */
export async function startZipkin({ folder, jarFolder, detached = false }: ZipkinOptions): Promise<RunningZipkin> {
  await assertJava('Zipkin')
  const [file] = await downloadJars([jar], jarFolder, mavenRepositoryUrl())
  await mkdir(folder, { recursive: true })
  const port = await findFreePort()
  const logFile = path.join(folder, 'zipkin.log')
  const log = openSync(logFile, 'a')
  const java = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-jar', file ?? '']
  const child = spawn('java', [...java, ...listenOn(port)], {
    detached,
    stdio: ['ignore', log, log],
    env: { PATH: process.env.PATH ?? '', MEM_MAX_SPANS: String(spansMax) },
  })
  closeSync(log)
  if (detached) child.unref()
  const url = `http://127.0.0.1:${port}`
  try {
    await untilReady(child, url, logFile)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return { url, pid: child.pid ?? 0, stop: () => stop(child) }
}

/** Whether a Zipkin answers there. */
export async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) })).ok
  } catch {
    return false
  }
}

function listenOn(port: number): string[] {
  return ['--armeria.ports[0].ip=127.0.0.1', `--armeria.ports[0].port=${port}`, '--armeria.ports[0].protocols[0]=http']
}

async function untilReady(child: ChildProcess, url: string, logFile: string): Promise<void> {
  const endsAtMs = performance.now() + readyTimeoutMs
  while (!(await isHealthy(url))) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`Zipkin ended before it was ready:\n${(await readFile(logFile, 'utf8')).slice(-2_000)}`)
    }
    if (performance.now() > endsAtMs) throw new Error(`Zipkin was not ready after ${readyTimeoutMs} ms: see ${logFile}`)
    await delay(pollMs)
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
