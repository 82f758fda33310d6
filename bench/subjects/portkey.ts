import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { HOST, SUBJECT_CORE } from '../settings.ts'
import { freePorts } from './ports.ts'
import { REPOSITORY } from './repository.ts'
import { spawnPinned } from './spawn-pinned.ts'
import { type Bed, type Subject, untilAnswering } from './subject.ts'

const PINNED = join(REPOSITORY, 'bench/peers/portkey')
const INSTALLED = join(REPOSITORY, '.cache/peers/portkey')
const INSTALL_TIMEOUT_MS = 120_000

export const portkey: Subject = {
  name: 'portkey',
  title: 'Portkey',
  async start({ upstreamOrigin, folder }: Bed) {
    await install()
    const port = await freePorts(1)
    const server = join(INSTALLED, 'node_modules/@portkey-ai/gateway/build/start-server.js')
    const child = spawnPinned({
      name: 'portkey',
      command: process.execPath,
      args: ['--require', join(PINNED, 'bind-loopback.cjs'), server, `--port=${port}`, '--headless'],
      cores: String(SUBJECT_CORE),
      cwd: INSTALLED,
      env: { NODE_ENV: 'production' },
      logs: folder,
    })
    return untilAnswering(
      {
        name: 'portkey',
        origin: `http://${HOST}:${port}`,
        path: '/v1/chat/completions',
        headers: { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstreamOrigin}/v1` },
        pids: child.pids,
        stop: child.stop,
      },
      child,
    )
  },
}

/** Installs exactly what the committed lock file says, unless that was done before. */
async function install(): Promise<void> {
  const lock = 'package-lock.json'
  const [wanted, present] = await Promise.all([read(join(PINNED, lock)), read(join(INSTALLED, 'installed.json'))])
  if (wanted === present) return
  process.stdout.write('installing the peer @portkey-ai/gateway …\n')
  await mkdir(INSTALLED, { recursive: true })
  for (const file of ['package.json', lock]) await copyFile(join(PINNED, file), join(INSTALLED, file))
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: INSTALLED,
    timeout: INSTALL_TIMEOUT_MS,
  })
  await copyFile(join(PINNED, lock), join(INSTALLED, 'installed.json'))
}

async function read(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null)
}
