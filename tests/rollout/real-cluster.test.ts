import path from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import type { Verdict } from '../../scripts/rollout/analyse.ts'
import type { Deployment } from '../../scripts/rollout/canary.ts'
import { type Kubectl, rollOut } from '../../scripts/rollout/roll-out.ts'
import { type KubeCluster, noCluster, startKubeCluster } from '../deploy/kube-cluster.ts'
import { kubernetesFolder } from '../deploy/rendered.ts'

const options = { skip: noCluster, timeout: 300_000 }
const image = 'registry.example/parley/gateway:9.9.9'
let cluster: KubeCluster

async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const { code, text } = await cluster.kubectl(['--namespace=parley', ...args], input)
  if (code !== 0) throw new Error(text)
  return text
}

/** No node runs the pods and nobody watches them, so the test says of a Deployment that all its pods are there. */
async function sayReady(name: string): Promise<void> {
  const { metadata, spec } = JSON.parse(await kubectl(['get', name, '--output=json']))
  const count = spec.replicas ?? 1
  const status = {
    observedGeneration: metadata.generation,
    replicas: count,
    updatedReplicas: count,
    readyReplicas: count,
    availableReplicas: count,
  }
  await kubectl(['patch', name, '--subresource=status', `--patch=${JSON.stringify({ status })}`])
}

const watched: Kubectl = async (args, input) => {
  if (args[0] === 'rollout' && args[1] === 'status') await sayReady(args[2] ?? '')
  return kubectl(args, input)
}

async function deployments(): Promise<Deployment[]> {
  const text = await kubectl(['get', 'deployments', '--selector=app.kubernetes.io/component=gateway', '--output=json'])
  return JSON.parse(text).items
}

async function rollOutBy(verdicts: readonly Verdict['decision'][]) {
  const left = [...verdicts]
  const seen: Deployment[][] = []
  const isThere = await rollOut({
    kubectl: watched,
    process: 'gateway',
    image,
    analyse: async () => {
      seen.push(await deployments())
      return { decision: left.shift() ?? 'inconclusive', reasons: [] }
    },
    tell: () => {},
  })
  return { isThere, seen }
}

const imagesOf = (found: readonly Deployment[] = []) =>
  Object.fromEntries(found.map(({ metadata, spec }) => [metadata.name, spec.template.spec.containers[0]?.image]))

describe('a rollout as a real API server sees it', options, () => {
  before(async () => {
    cluster = await startKubeCluster()
    const { text } = await cluster.kubectl(['kustomize', path.join(kubernetesFolder, 'overlays', 'production')])
    await kubectl(['create', 'namespace', 'parley'])
    await kubectl(['apply', '--filename=-'], text)
  }, options)
  after(() => cluster[Symbol.asyncDispose]())

  test('a version that does badly has one pod beside the others, which is gone afterwards', async (t: TestContext) => {
    const present = imagesOf(await deployments())
    const { isThere, seen } = await rollOutBy(['roll-back'])
    t.assert.equal(isThere, false)
    t.assert.deepEqual(imagesOf(seen[0]), { ...present, 'gateway-canary': image })
    t.assert.equal(seen[0]?.find(({ metadata }) => metadata.name === 'gateway-canary')?.spec.replicas, 1)
    t.assert.deepEqual(imagesOf(await deployments()), present)
  })

  test('a version that does well is in the Deployment afterwards, with its name on the pods', async (t: TestContext) => {
    const { isThere } = await rollOutBy(['promote', 'promote'])
    t.assert.equal(isThere, true)
    const [only, ...others] = await deployments()
    t.assert.deepEqual(others, [])
    t.assert.equal(only?.spec.template.spec.containers[0]?.image, image)
    t.assert.equal(only?.spec.template.metadata.labels['app.kubernetes.io/version'], '9.9.9')
  })
})
