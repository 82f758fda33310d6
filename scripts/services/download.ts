import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import tls from 'node:tls'
import { EnvHttpProxyAgent, fetch } from 'undici'
import type { Jar } from './kafka-jars.ts'

const parallelMax = 8
const timeoutMs = 120_000

/**
 * Puts files of a Maven repository into `folder`, each checked before it gets its name. Resolves to their paths. What is
 * there already is not fetched again. HTTPS_PROXY and the system's certificates are honoured.
 */
export async function downloadJars(jars: readonly Jar[], folder: string, repositoryUrl: string): Promise<string[]> {
  const files = jars.map((jar) => path.join(folder, path.basename(jar.path)))
  const missing = jars.filter((_, index) => !existsSync(files[index] ?? ''))
  if (missing.length === 0) return files
  await mkdir(folder, { recursive: true })
  trustSystemCertificates()
  const dispatcher = new EnvHttpProxyAgent()
  const queue = [...missing]
  const work = async () => {
    for (let jar = queue.shift(); jar !== undefined; jar = queue.shift()) {
      await download(jar, { folder, repositoryUrl, dispatcher })
    }
  }
  try {
    await Promise.all(Array.from({ length: parallelMax }, work))
  } finally {
    await dispatcher.close()
  }
  return files
}

interface DownloadOptions {
  readonly folder: string
  readonly repositoryUrl: string
  readonly dispatcher: EnvHttpProxyAgent
}

async function download(jar: Jar, { folder, repositoryUrl, dispatcher }: DownloadOptions): Promise<void> {
  const url = `${repositoryUrl.replace(/\/$/, '')}/${jar.path}`
  const bytes = await read(url, dispatcher)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== jar.sha256) throw new Error(`${url} is not the file that was expected: its sha256 is ${sha256}`)
  const file = path.join(folder, path.basename(jar.path))
  await writeFile(`${file}.${process.pid}`, bytes)
  await rename(`${file}.${process.pid}`, file)
}

async function read(url: string, dispatcher: EnvHttpProxyAgent): Promise<Buffer> {
  try {
    const answer = await fetch(url, { dispatcher, signal: AbortSignal.timeout(timeoutMs) })
    if (!answer.ok) throw new Error(`status ${answer.status}`)
    return Buffer.from(await answer.arrayBuffer())
  } catch (error) {
    const { message, cause } = error as Error
    const reason = cause instanceof Error ? `${message}: ${cause.message}` : message
    throw new Error(`${url} cannot be fetched (${reason}); MAVEN_REPOSITORY_URL names another repository`)
  }
}

/** A company's own certificate authority is in the system's store, of which Node knows nothing by itself. */
function trustSystemCertificates(): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])
}
