import { describe, type TestContext, test } from 'node:test'
import type { Verdict } from '../../scripts/rollout/analyse.ts'
import { canaryOf, type Deployment } from '../../scripts/rollout/canary.ts'
import { rollOut } from '../../scripts/rollout/roll-out.ts'

const labels = { 'app.kubernetes.io/name': 'parley', 'app.kubernetes.io/component': 'gateway' }
const present: Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'gateway', namespace: 'parley', labels },
  spec: {
    replicas: 3,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels: { ...labels, 'app.kubernetes.io/version': '0.1.0' } },
      spec: {
        containers: [
          { name: 'parley', image: 'parley/gateway:0.1.0' },
          { name: 'mesh', image: 'mesh:1' },
        ],
      },
    },
  },
}
const image = 'registry:5000/parley/gateway:0.2.0'

/** A cluster that does what it is told; `fails` names what it cannot do. */
function cluster(verdicts: readonly Verdict['decision'][], fails: string | null = null) {
  const calls: string[] = []
  const told: string[] = []
  const left = [...verdicts]
  return {
    calls,
    told,
    options: {
      process: 'gateway',
      image,
      kubectl: async (args: readonly string[], input?: string) => {
        const text = args.join(' ').replace(/ --.*$/, '')
        calls.push(input === undefined ? text : `${text} ${(JSON.parse(input) as Deployment).metadata.name}`)
        if (text === fails) throw new Error('error: timed out waiting for the condition')
        return args[0] === 'get' ? JSON.stringify(present) : ''
      },
      analyse: async (stage: string): Promise<Verdict> => {
        calls.push(`analyse ${stage}`)
        return { decision: left.shift() ?? 'inconclusive', reasons: [] }
      },
      tell: (line: string) => void told.push(line),
    },
  }
}

describe('a new image', () => {
  test('that does well is given to one pod, then to all, and the one pod goes', async (t: TestContext) => {
    const { options, calls } = cluster(['promote', 'promote'])
    t.assert.equal(await rollOut(options), true)
    t.assert.deepEqual(calls, [
      'get deployment/gateway',
      'apply gateway-canary',
      'rollout status deployment/gateway-canary',
      'analyse canary',
      'patch deployment/gateway',
      'delete deployment/gateway-canary',
      'rollout status deployment/gateway',
      'analyse promoted',
    ])
  })

  for (const decision of ['roll-back', 'inconclusive'] as const) {
    test(`of which the first pod is found ${decision} never gets to the others`, async (t: TestContext) => {
      const { options, calls, told } = cluster([decision])
      t.assert.equal(await rollOut(options), false)
      t.assert.ok(!calls.some((call) => call.startsWith('patch')))
      t.assert.equal(calls.at(-1), 'delete deployment/gateway-canary')
      t.assert.equal(told.at(-1), `gateway: canary → ${decision}`)
    })
  }

  test('whose pod does not become ready is taken away', async (t: TestContext) => {
    const { options, calls, told } = cluster(['promote'], 'rollout status deployment/gateway-canary')
    t.assert.equal(await rollOut(options), false)
    t.assert.deepEqual(calls.slice(-1), ['delete deployment/gateway-canary'])
    t.assert.match(told.join(), /timed out/)
  })

  test('that does badly once it has everything is taken back', async (t: TestContext) => {
    const { options, calls } = cluster(['promote', 'roll-back'])
    t.assert.equal(await rollOut(options), false)
    t.assert.deepEqual(calls.slice(-2), ['rollout undo deployment/gateway', 'rollout status deployment/gateway'])
  })

  test('the one pod is chosen by what chooses the others, and is no part of their Deployment', (t: TestContext) => {
    const { metadata, spec } = canaryOf(present, image)
    t.assert.equal(metadata.name, 'gateway-canary')
    t.assert.equal(spec.replicas, 1)
    t.assert.deepEqual(spec.selector.matchLabels, { ...labels, 'parley.dev/track': 'canary' })
    t.assert.deepEqual(spec.template.metadata.labels, {
      ...labels,
      'parley.dev/track': 'canary',
      'app.kubernetes.io/version': '0.2.0',
    })
    t.assert.deepEqual(
      spec.template.spec.containers.map((container) => container.image),
      [image, 'mesh:1'],
    )
    const byDigest = canaryOf(present, `registry:5000/parley/gateway@sha256:${'ab'.repeat(32)}`)
    t.assert.equal(byDigest.metadata.labels?.['app.kubernetes.io/version'], 'abababababab')
  })
})
