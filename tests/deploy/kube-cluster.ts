import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { kubeApiserver } from '../../scripts/tools/kube-apiserver.ts'

const tools = fileURLToPath(new URL('../../.cache/tools', import.meta.url))
const startTimeoutMs = 120_000
const pollMs = 200

/** Why there is no API server here; false when there is one. */
export const noCluster: string | false =
  kubeApiserver.find(tools) === null ? 'there is no kube-apiserver: run `npm run tools -- kube-apiserver`' : false

export interface Answer {
  readonly code: number
  /** Both outputs, as a person would see them. */
  readonly text: string
}

/** An API server with its store and nothing else: it checks and keeps what it is given, and no node runs any of it. */
export interface KubeCluster extends AsyncDisposable {
  kubectl(args: readonly string[], input?: string): Promise<Answer>
}

export async function startKubeCluster(): Promise<KubeCluster> {
  const programs = path.dirname(kubeApiserver.find(tools) ?? '')
  const folder = await mkdtemp(path.join(tmpdir(), 'parley-kube-'))
  const [clientPort, peerPort, apiPort] = await freePorts(3)
  const token = randomBytes(16).toString('hex')
  await writeFile(path.join(folder, 'tokens.csv'), `${token},test,test,system:masters\n`, { mode: 0o600 })
  await writeFile(path.join(folder, 'kubeconfig'), kubeconfig(`https://127.0.0.1:${apiPort}`, token), { mode: 0o600 })
  await writeFile(path.join(folder, 'accounts.key'), privateKey(), { mode: 0o600 })
  const store = `http://127.0.0.1:${clientPort}`
  const etcd = start(path.join(programs, 'etcd'), folder, [
    ...['--data-dir', path.join(folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
    ...['--listen-client-urls', store, '--advertise-client-urls', store],
    ...['--listen-peer-urls', `http://127.0.0.1:${peerPort}`],
    ...['--initial-advertise-peer-urls', `http://127.0.0.1:${peerPort}`],
    ...['--initial-cluster', `default=http://127.0.0.1:${peerPort}`],
  ])
  const api = start(path.join(programs, 'kube-apiserver'), folder, [
    ...['--etcd-servers', store, '--cert-dir', path.join(folder, 'certificates')],
    ...['--bind-address', '127.0.0.1', '--secure-port', String(apiPort)],
    ...['--service-account-issuer', 'https://kubernetes.default.svc'],
    ...['--service-account-key-file', path.join(folder, 'accounts.key')],
    ...['--service-account-signing-key-file', path.join(folder, 'accounts.key')],
    ...['--token-auth-file', path.join(folder, 'tokens.csv'), '--authorization-mode', 'RBAC'],
    ...['--service-cluster-ip-range', '10.0.0.0/24'],
  ])
  const kubectl = (args: readonly string[], input = '') =>
    call(path.join(programs, 'kubectl'), ['--kubeconfig', path.join(folder, 'kubeconfig'), ...args], input)
  const cluster: KubeCluster = {
    kubectl,
    async [Symbol.asyncDispose]() {
      await Promise.all([end(api), end(etcd)])
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  try {
    await untilReady(cluster, api, folder)
    await define(cluster, path.join(programs, 'service-monitor.yaml'))
    return cluster
  } catch (error) {
    await cluster[Symbol.asyncDispose]()
    throw error
  }
}

async function untilReady({ kubectl }: KubeCluster, api: ChildProcess, folder: string): Promise<void> {
  const endsAtMs = performance.now() + startTimeoutMs
  while ((await kubectl(['get', '--raw', '/readyz'])).text !== 'ok') {
    if (api.exitCode !== null || performance.now() > endsAtMs) {
      const said = await readFile(path.join(folder, 'kube-apiserver.log'), 'utf8')
      throw new Error(`the API server did not start: ${said.split('\n').slice(-5).join('\n')}`)
    }
    await delay(pollMs)
  }
}

async function define({ kubectl }: KubeCluster, file: string): Promise<void> {
  const { code, text } = await kubectl(['apply', '--server-side', '--filename', file])
  if (code !== 0) throw new Error(text)
  await kubectl(['wait', '--for=condition=Established', '--timeout=60s', '--filename', file])
}

function start(program: string, folder: string, args: readonly string[]): ChildProcess {
  const name = path.basename(program)
  const quoted = [program, ...args].map((part) => `'${part}'`).join(' ')
  // What it says goes into a file, which is read only when it does not start.
  return spawn('sh', ['-c', `exec ${quoted} > '${path.join(folder, `${name}.log`)}' 2>&1`], { stdio: 'ignore' })
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

function call(program: string, args: readonly string[], input: string): Promise<Answer> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), text: stdout + stderr })
    })
    child.stdin?.end(input)
  })
}

function kubeconfig(server: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  })
}

function privateKey(): string {
  const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  return key.export({ type: 'pkcs1', format: 'pem' }).toString()
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
