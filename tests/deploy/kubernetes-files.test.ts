import { type TestContext, test } from 'node:test'
import { services } from '@parley/all-in-one/services.ts'
import { contracts } from '@parley/catalog/contracts.ts'
import { EnvReader } from '@parley/chassis/config/env-reader.ts'
import type { Contract } from '@parley/chassis/contract/define-contract.ts'
import { loadProcessConfig } from '@parley/chassis/runtime/process-config.ts'
import { type Manifest, overlays, readOverlay } from './rendered.ts'

const component = 'app.kubernetes.io/component'

/** Pairs `caller → callee` of services that the contracts ask for, read here from the definitions themselves. */
function neededPairs(events: 'direct' | 'kafka'): Set<string> {
  const pairs = new Set<string>()
  for (const { contract, needs, reaches } of services) {
    for (const { name } of Object.values(needs) as Contract[]) pairs.add(`${contract.name} → ${name}`)
    if (reaches?.includes('siblings') === true) pairs.add(`${contract.name} → ${contract.name}`)
    const types = Object.values((contract as Contract).events).map(({ type }) => type)
    const subscribers = contracts.filter(({ subscribes }) => types.some((type) => subscribes.includes(type)))
    if (events === 'direct') for (const { name } of subscribers) pairs.add(`${contract.name} → ${name}`)
  }
  return pairs
}

/** The same pairs as pairs of processes: what stays within one is nobody's to allow. */
function betweenProcesses(pairs: ReadonlySet<string>, processOf: (service: string) => string): string[] {
  const found = [...pairs].flatMap((pair) => {
    const [caller = '', callee = ''] = pair.split(' → ')
    const between = `${processOf(caller)} → ${processOf(callee)}`
    return caller !== callee && processOf(caller) === processOf(callee) ? [] : [between]
  })
  return [...new Set(found)].sort()
}

interface Peer {
  readonly podSelector?: { readonly matchLabels: Readonly<Record<string, string>> }
}

/** Pairs that the policies let through, as the callers' side and as the callees' side has them. */
function allowedPairs(manifests: readonly Manifest[]): { out: string[]; in: string[] } {
  const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy')
  const names = (peers: readonly Peer[] = []) => peers.flatMap((peer) => peer.podSelector?.matchLabels[component] ?? [])
  const out = policies.flatMap(({ metadata, spec }) =>
    (spec.egress ?? []).flatMap(({ to }: { to?: Peer[] }) => names(to).map((name) => `${metadata.name} → ${name}`)),
  )
  const into = policies.flatMap(({ metadata, spec }) =>
    (spec.ingress ?? []).flatMap(({ from }: { from?: Peer[] }) =>
      names(from).map((name) => `${name} → ${metadata.name}`),
    ),
  )
  return { out: out.sort(), in: into.sort() }
}

const workloads = (manifests: readonly Manifest[]) =>
  manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')

function processNamer(manifests: readonly Manifest[]): (service: string) => string {
  const hosted = workloads(manifests).map(({ metadata, spec }) => {
    const env: { name: string; value: string }[] = spec.template.spec.containers[0].env
    return { name: metadata.name, hosts: env.find(({ name }) => name === 'SERVICES')?.value.split(',') ?? [] }
  })
  return (service) => hosted.find(({ hosts }) => hosts.includes(service) || hosts.includes('all'))?.name ?? 'nowhere'
}

for (const overlay of overlays) {
  const manifests = readOverlay(overlay)
  const needed = betweenProcesses(neededPairs(overlay === 'production' ? 'kafka' : 'direct'), processNamer(manifests))
  const wanted = overlay === 'all-in-one' ? [] : needed

  test(`${overlay}: the policies let through what the contracts need, and nothing else`, (t: TestContext) => {
    const allowed = allowedPairs(manifests)
    t.assert.deepStrictEqual(allowed.out, wanted)
    t.assert.deepStrictEqual(allowed.in, wanted)
  })
}

test('a policy that lets one more in, or one fewer out, is seen', (t: TestContext) => {
  const manifests = structuredClone(readOverlay('split'))
  const find = (name: string) =>
    manifests.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === name)
  const needed = betweenProcesses(neededPairs('direct'), processNamer(manifests))
  find('session')?.spec.ingress[0].from.push({ podSelector: { matchLabels: { [component]: 'gpt' } } })
  find('gateway')?.spec.egress.shift()
  const { out, in: into } = allowedPairs(manifests)
  t.assert.deepStrictEqual(
    into.filter((pair) => !needed.includes(pair)),
    ['gpt → session'],
  )
  t.assert.deepStrictEqual(needed.filter((pair) => !out.includes(pair)).length, 1)
})

/** Without Kafka a service needs those that take its events as well. */
const waitingForEachOther = {
  'all-in-one': [],
  split: ['session', 'request', 'response'],
  grouped: [],
  production: ['request', 'response'],
}

for (const overlay of overlays) {
  test(`${overlay}: a pod is given longer to end than it may take`, (t: TestContext) => {
    for (const { metadata, spec } of workloads(readOverlay(overlay))) {
      const pod = spec.template.spec
      const { drainTimeoutMs } = loadProcessConfig({ env: new EnvReader({}), services, contracts, isTerminal: false })
      const neededSeconds = pod.containers[0].lifecycle.preStop.sleep.seconds + drainTimeoutMs / 1_000
      t.assert.ok(pod.terminationGracePeriodSeconds > neededSeconds, metadata.name)
    }
  })

  test(`${overlay}: every secret is a reference`, (t: TestContext) => {
    for (const { metadata, spec } of workloads(readOverlay(overlay))) {
      const env: { name: string; value?: string }[] = spec.template.spec.containers[0].env
      const spelled = env.filter(
        ({ name, value }) =>
          /SECRET|_KEY|PASSWORD|DATABASE_URL/.test(name) && !name.endsWith('_FILE') && value !== undefined,
      )
      t.assert.deepStrictEqual(spelled, [], metadata.name)
    }
  })

  test(`${overlay}: a service that waits for one that waits for it is reached before it is ready`, (t: TestContext) => {
    const manifests = readOverlay(overlay)
    const open = manifests
      .filter(({ kind, spec }) => kind === 'Service' && spec.publishNotReadyAddresses === true)
      .map(({ metadata }) => metadata.name)
    for (const name of waitingForEachOther[overlay]) t.assert.ok(open.includes(name), name)
    t.assert.ok(!open.includes('gateway') && !open.includes('gpt'))
  })
}

test('in production each process keeps more than one instance, and the door at least three', (t: TestContext) => {
  const scalers = readOverlay('production').filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
  t.assert.strictEqual(scalers.length, services.length)
  for (const { metadata, spec } of scalers) {
    t.assert.ok(spec.minReplicas >= (metadata.name === 'gateway' ? 3 : 2), metadata.name)
  }
})
