import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { deploy } from '../../packages/cli/commands/deploy.ts'
import { describeSystem } from '../../packages/cli/deploy/system.ts'
import { type Answer, type KubeCluster, noCluster, startKubeCluster } from './kube-cluster.ts'
import { kubernetesFolder, type Manifest, overlays } from './rendered.ts'

const options = { skip: noCluster, timeout: 300_000 }
const strict = ['--validate=strict', '--warnings-as-errors']
const namespace = 'parley'
let cluster: KubeCluster

before(async () => {
  if (noCluster === false) cluster = await startKubeCluster()
}, options)
after(async () => {
  if (noCluster === false) await cluster[Symbol.asyncDispose]()
})

/** Takes the folder to the server as an operator would, first to be checked only, then for good. */
async function applyTwice(t: TestContext, folder: string): Promise<void> {
  const text = await rendered(t, folder)
  const first = parseAllDocuments(text).find((document) => document.toJS()?.kind === 'Namespace')
  // Without its namespace, nothing in it can be checked.
  await expectTaken(t, cluster.kubectl(['apply', ...strict, '--filename', '-'], first?.toString()))
  await expectTaken(t, cluster.kubectl(['apply', ...strict, '--dry-run=server', '--filename', '-'], text))
  await expectTaken(t, cluster.kubectl(['apply', ...strict, '--filename', '-'], text))
}

async function rendered(t: TestContext, folder: string): Promise<string> {
  const { code, text } = await cluster.kubectl(['kustomize', folder])
  t.assert.strictEqual(code, 0, text)
  return text
}

async function expectTaken(t: TestContext, answer: Promise<Answer>): Promise<void> {
  const { code, text } = await answer
  t.assert.strictEqual(code, 0, text)
  t.assert.doesNotMatch(text, /warning/i)
}

for (const overlay of overlays) {
  test(`${overlay} is taken by an API server, strictly and without a warning`, options, async (t: TestContext) => {
    await applyTwice(t, path.join(kubernetesFolder, 'overlays', overlay))
  })
}

test("a topology of one's own, with every component, is taken as well", options, async (t: TestContext) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'parley-topology-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await deploy('kubernetes', { topology: ownGroups, check: false, out: folder })
  const own = path.join(folder, 'own')
  await mkdir(own)
  await writeFile(path.join(own, 'kustomization.yaml'), JSON.stringify(withComponents))
  await applyTwice(t, own)
  const { text } = await cluster.kubectl(['get', 'deployments', '--namespace', namespace, '--output', 'json'])
  const deployments = (JSON.parse(text) as { items: Manifest[] }).items
  const having = (variable: string) =>
    deployments.filter(({ spec }) => JSON.stringify(spec).includes(variable)).map(({ metadata }) => metadata.name)
  t.assert.deepStrictEqual(having('OPENAI_API_KEY_FILE'), ['gpt'])
  t.assert.ok(having('KAFKA_PASSWORD_FILE').includes('request-response'))
  t.assert.ok(!having('KAFKA_PASSWORD_FILE').includes('gpt'))
})

/** `request` and `response` share a process, every other service has its own. */
const ownGroups = describeSystem()
  .map(({ name }) => name)
  .filter((name) => name !== 'response')
  .map((name) => (name === 'request' ? 'request+response' : name))
  .join(';')

const withComponents = {
  apiVersion: 'kustomize.config.k8s.io/v1beta1',
  kind: 'Kustomization',
  resources: ['../overlays/custom'],
  components: ['tracing', 'openai-key', 'kafka-sasl'].map((name) => `../components/${name}`),
  images: [{ name: 'parley/gateway', newName: 'registry.example/parley/gateway' }],
}

for (const overlay of overlays) {
  test(`${overlay}: pods made from its templates are let into the namespace`, options, async (t: TestContext) => {
    const text = await rendered(t, path.join(kubernetesFolder, 'overlays', overlay))
    const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest)
    const templates = manifests.filter(({ spec }) => spec?.template !== undefined)
    t.assert.ok(templates.length > 0)
    for (const { metadata, spec } of templates) {
      const pod = podOf(metadata.name, spec.template)
      await expectTaken(t, cluster.kubectl(['create', '--dry-run=server', ...strict, '--filename', '-'], pod))
    }
  })
}

function podOf(name: string, template: { metadata: object; spec: { volumes?: { name: string }[] } }): string {
  // The volume of a stateful set is made with its pod.
  const claimed = { name: 'data', emptyDir: {} }
  const volumes = [...(template.spec.volumes ?? []), ...(name === 'all-in-one' ? [claimed] : [])]
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name, namespace },
    spec: { ...template.spec, volumes },
  })
}

test('what is not as it has to be is refused: a field, a capability, a reference', options, async (t: TestContext) => {
  const text = await rendered(t, path.join(kubernetesFolder, 'overlays', 'split'))
  const apply = (changed: string) => {
    t.assert.notStrictEqual(changed, text)
    return cluster.kubectl(['apply', ...strict, '--dry-run=server', '--filename', '-'], changed)
  }
  const field = await apply(text.replace('replicas: 1', 'replicaz: 1'))
  t.assert.match(field.text, /unknown field "spec\.replicaz"/)
  const warned = await apply(text.replaceAll('allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true'))
  t.assert.notStrictEqual(warned.code, 0)
  t.assert.match(warned.text, /would violate PodSecurity "restricted/)
  const volume = await apply(text.replaceAll(/- mountPath: \/tmp\n(\s+)name: tmp/g, '- mountPath: /tmp\n$1name: gone'))
  t.assert.match(volume.text, /volumeMounts\[\d\]\.name: Not found: "gone"/)
})

test('a new configuration leaves the Job of this version as it is', options, async (t: TestContext) => {
  const text = await rendered(t, path.join(kubernetesFolder, 'overlays', 'split'))
  const changed = text.replaceAll(/parley-settings-\w+/g, 'parley-settings-other')
  t.assert.notStrictEqual(changed, text)
  await expectTaken(t, cluster.kubectl(['apply', ...strict, '--filename', '-'], text))
  await expectTaken(t, cluster.kubectl(['apply', ...strict, '--filename', '-'], changed))
})
