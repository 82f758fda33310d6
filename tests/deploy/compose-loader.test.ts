import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { makeSecretFiles } from '../../packages/cli/commands/deploy.ts'
import { composeSpec } from '../../scripts/tools/compose-spec.ts'
import { composeFolder, root } from './rendered.ts'

const loader = composeSpec.find(path.join(root, '.cache', 'tools'))
const options = { skip: loader === null && 'there is no compose-spec: run `npm run tools -- compose-spec`' }

interface Loaded {
  readonly code: number
  readonly text: string
}

function load(file: string, env: Readonly<Record<string, string>> = {}): Promise<Loaded> {
  return new Promise((resolve) => {
    const settings = { cwd: path.dirname(file), env: { PATH: process.env['PATH'], ...env } }
    execFile(loader ?? '', [file], settings, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : 1, text: error === null ? stdout : stderr + stdout })
    })
  })
}

for (const topology of ['all-in-one', 'split']) {
  test(`Compose understands ${topology}.yaml and all that it includes`, options, async (t: TestContext) => {
    const { code, text } = await load(path.join(composeFolder, `${topology}.yaml`))
    t.assert.strictEqual(code, 0, text)
    const project = parse(text) as { services: Record<string, { ports?: { host_ip: string }[] }> }
    t.assert.ok('postgres' in project.services)
    for (const { ports = [] } of Object.values(project.services)) {
      for (const { host_ip: address } of ports) t.assert.strictEqual(address, '127.0.0.1')
    }
  })
}

test('images, their version and the public port are for the operator to choose', options, async (t: TestContext) => {
  const env = { PARLEY_IMAGES: 'registry.example/parley', PARLEY_VERSION: '9.9.9', PARLEY_PORT: '9000' }
  const { text } = await load(path.join(composeFolder, 'split.yaml'), env)
  const { gateway } = (parse(text) as { services: Record<string, { image: string; ports: { published: string }[] }> })
    .services
  t.assert.strictEqual(gateway?.image, 'registry.example/parley/gateway:9.9.9')
  t.assert.strictEqual(gateway.ports[0]?.published, '9000')
})

test('a circle of waiting services is refused by Compose', options, async (t: TestContext) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-compose-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const image = 'example:1'
  const file = path.join(folder, 'circle.yaml')
  writeFileSync(
    file,
    JSON.stringify({ services: { a: { image, depends_on: ['b'] }, b: { image, depends_on: ['a'] } } }),
  )
  const { code, text } = await load(file)
  t.assert.strictEqual(code, 1)
  t.assert.match(text, /cycle/)
})

test('the secrets that the files name are all made, once, and only their owner finds them', async (t: TestContext) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-secrets-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  t.assert.match(await makeSecretFiles(path.join(folder, 'secrets')), /^\d+ secrets made in .*, 0 were there$/)
  t.assert.match(await makeSecretFiles(path.join(folder, 'secrets')), /^0 secrets made in .*, [1-9]\d* were there$/)
})
