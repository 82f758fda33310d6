import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { findDockerfileProblems, writeDockerfiles } from '../../scripts/images/dockerfile-problems.ts'
import { findImagePrograms } from '../../scripts/images/programs.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** What Dockerfiles are made from, and the Dockerfiles, in a folder of its own. */
function copyHouse(t: TestContext): string {
  const house = mkdtempSync(path.join(tmpdir(), 'parley-images-'))
  t.after(() => rmSync(house, { recursive: true, force: true }))
  const patterns = ['package.json', '{packages,services,apps}/*/{package.json,main.ts,contract.ts,Dockerfile}']
  for (const file of globSync(patterns, { cwd: root })) {
    mkdirSync(path.join(house, path.dirname(file)), { recursive: true })
    cpSync(path.join(root, file), path.join(house, file))
  }
  for (const folder of globSync('services/*/{contract,infrastructure/migrations}', { cwd: root })) {
    mkdirSync(path.join(house, folder), { recursive: true })
  }
  return house
}

describe('Dockerfiles', () => {
  test('every program has the one that its workspaces ask for', async (t: TestContext) => {
    t.assert.deepEqual(await findDockerfileProblems(root), [])
    const names = findImagePrograms(root).map(({ name }) => name)
    t.assert.deepEqual(names.filter((name) => name !== 'all-in-one' && name !== 'database').length, names.length - 1)
  })

  test('a missing one, a changed one, a stray one and a new dependency are each found', async (t: TestContext) => {
    const house = copyHouse(t)
    t.assert.deepEqual(await findDockerfileProblems(house), [])
    rmSync(path.join(house, 'services/gpt/Dockerfile'))
    writeFileSync(path.join(house, 'services/request/Dockerfile'), 'FROM scratch\n')
    writeFileSync(path.join(house, 'services/database/Dockerfile'), 'FROM scratch\n')
    const manifest = path.join(house, 'services/session/package.json')
    const { dependencies, ...rest } = JSON.parse(readFileSync(manifest, 'utf8'))
    writeFileSync(manifest, JSON.stringify({ ...rest, dependencies: { ...dependencies, '@parley/testkit': '*' } }))
    t.assert.deepEqual(await findDockerfileProblems(house), [
      'services/gpt/Dockerfile is missing: npm run images -- write',
      'services/request/Dockerfile is not what it should be: npm run images -- write',
      'services/session/Dockerfile is not what it should be: npm run images -- write',
      'services/database/Dockerfile belongs to no program that has an image',
    ])
    rmSync(path.join(house, 'services/database/Dockerfile'))
    writeDockerfiles(house)
    t.assert.deepEqual(await findDockerfileProblems(house), [])
    t.assert.match(
      readFileSync(path.join(house, 'services/session/Dockerfile'), 'utf8'),
      /^COPY packages\/testkit packages\/testkit$/m,
    )
  })

  for (const { folder, contractPaths } of findImagePrograms(root)) {
    test(`${folder} is copied without other services, and runs without rights`, (t: TestContext) => {
      const text = readFileSync(path.join(root, folder, 'Dockerfile'), 'utf8')
      const [, lastStage = ''] = text.split(/^FROM (?!.* AS )/m)
      const copied = [...lastStage.matchAll(/^COPY (?!--from)(\S+)/gm)].map(([, from = '']) => from)
      const services = copied.filter((from) => from.startsWith('services/') && from !== folder)
      t.assert.deepEqual(
        services,
        folder === 'apps/all-in-one'
          ? globSync('services/*/main.ts', { cwd: root }).map(path.dirname).sort()
          : [...contractPaths],
      )
      t.assert.match(lastStage, /^USER 10001:10001$/m)
      t.assert.match(lastStage, /^HEALTHCHECK .* CMD \["node"/m)
      t.assert.match(lastStage, /^ENTRYPOINT \["node"\]$/m)
      t.assert.doesNotMatch(text, /^(?:ADD|RUN .*\b(?:curl|wget|apt-get)\b)|:latest/m)
    })
  }
})
