import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { ownedPlaces, renderDeployments } from '../../packages/cli/deploy/deployments.ts'
import { compareFiles } from '../../packages/cli/deploy/files.ts'
import { type DeployedService, describeSystem } from '../../packages/cli/deploy/system.ts'
import { findDeploymentProblems } from '../../scripts/checks/deployments.ts'
import { kubernetesFolder, root } from './rendered.ts'

const version = '0.1.0'

function copyOf(t: TestContext, folder: string): string {
  const copy = mkdtempSync(path.join(tmpdir(), 'parley-deploy-'))
  t.after(() => rmSync(copy, { recursive: true, force: true }))
  cpSync(folder, copy, { recursive: true })
  return copy
}

test('the files below deploy/ are what the definitions of the services say', async (t: TestContext) => {
  t.assert.deepStrictEqual(await findDeploymentProblems(root), [])
})

test('a file that was changed by hand is named with its line, as are one too few and one too many', async (t: TestContext) => {
  const folder = copyOf(t, kubernetesFolder)
  const files = renderDeployments({ platform: 'kubernetes', topology: null, version })
  const changed = 'overlays/split/gateway.yaml'
  writeFileSync(path.join(folder, changed), (files[changed] ?? '').replace('replicas: 1', 'replicas: 4'))
  rmSync(path.join(folder, 'overlays/split/gpt.yaml'))
  writeFileSync(path.join(folder, 'overlays/production/extra.yaml'), '')
  const line = (files[changed] ?? '').split('\n').findIndex((text) => text.includes('replicas: 1')) + 1
  t.assert.deepStrictEqual((await compareFiles(folder, files, ownedPlaces.kubernetes)).sort(), [
    'overlays/production/extra.yaml is written by nothing',
    `overlays/split/gateway.yaml differs from line ${line} on`,
    'overlays/split/gpt.yaml is missing',
  ])
})

/** The system with one service changed. */
function systemWith(name: string, change: Partial<DeployedService>): DeployedService[] {
  return describeSystem().map((service) => (service.name === name ? { ...service, ...change } : service))
}

test('a service that needs another one in addition changes the files of both', (t: TestContext) => {
  const system = systemWith('session', { calls: ['gpt'] })
  for (const [platform, wanted] of [
    ['kubernetes', ['overlays/split/session.yaml', 'overlays/split/gpt.yaml']],
    ['compose', ['split.yaml']],
  ] as const) {
    const before = renderDeployments({ platform, topology: null, version })
    const after = renderDeployments({ platform, topology: null, version, system })
    const changed = Object.keys(after).filter((file) => after[file] !== before[file])
    t.assert.deepStrictEqual(
      changed.filter((file) => !/grouped|production/.test(file)),
      wanted,
    )
  }
})
