import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { findAffected } from '../../scripts/affected/find-affected.ts'
import { planTests } from '../../scripts/affected/test-plan.ts'
import { closureOf, readWorkspaces } from '../../scripts/workspaces.ts'

const workspaces = readWorkspaces(path.resolve(import.meta.dirname, '../..'))
const affectedBy = (...files: string[]) => findAffected(workspaces, files)
const everyImage = affectedBy('package-lock.json').images.length

describe('what a program needs', () => {
  test('a service comes with the packages that it stands on, and with the contracts of others only', (t: TestContext) => {
    const { whole, contractOnly } = closureOf(workspaces, ['@parley/session'])
    t.assert.deepEqual(
      whole.map(({ folder }) => folder),
      ['packages/catalog', 'packages/chassis', 'packages/kernel', 'services/session'],
    )
    t.assert.ok(contractOnly.some(({ name }) => name === '@parley/gpt'))
    t.assert.ok(!contractOnly.some(({ name }) => name === '@parley/session'))
  })

  test('a program with all services has them whole', (t: TestContext) => {
    const { whole, contractOnly } = closureOf(workspaces, ['@parley/all-in-one'])
    t.assert.ok(
      ['gateway', 'session', 'request', 'response', 'gpt'].every((name) =>
        whole.some(({ folder }) => folder === `services/${name}`),
      ),
    )
    t.assert.deepEqual(contractOnly, [])
  })

  test('a workspace that is not there is named', (t: TestContext) => {
    t.assert.throws(() => closureOf(workspaces, ['@parley/nothing']), /@parley\/nothing/)
  })
})

describe('what a change affects', () => {
  test('code of a service: the service, and the programs that contain it', (t: TestContext) => {
    const { workspaces: tested, services, images } = affectedBy('services/session/domain/session-lifecycle.ts')
    t.assert.deepEqual(tested, ['apps/all-in-one', 'packages/cli', 'services/session'])
    t.assert.deepEqual(services, ['session'])
    t.assert.deepEqual(images, ['apps/all-in-one', 'services/session'])
  })

  test('a contract: also those who use it, and every image, since each lists the contracts', (t: TestContext) => {
    const { services, images } = affectedBy('services/session/contract/page.ts')
    t.assert.deepEqual(services, ['gateway', 'request', 'response', 'session'])
    t.assert.equal(images.length, everyImage)
    t.assert.ok(!affectedBy('services/session/contract.ts').workspaces.includes('services/gpt'), 'gpt does not use it')
  })

  test('a package: all that stand on it', (t: TestContext) => {
    t.assert.deepEqual(affectedBy('packages/testkit/latch.ts').images, ['apps/all-in-one', 'services/gpt'])
    t.assert.equal(affectedBy('packages/kernel/items.ts').images.length, everyImage)
  })

  test('tests: themselves', (t: TestContext) => {
    const own = affectedBy('services/gpt/test/config.test.ts', 'tests/fuzz/routes.test.ts')
    t.assert.deepEqual(own, { workspaces: ['services/gpt'], services: [], suites: ['fuzz'], images: [] })
  })

  test('documentation: nothing', (t: TestContext) => {
    const nothing = { workspaces: [], services: [], suites: [], images: [] }
    t.assert.deepEqual(affectedBy('docs/architecture.md', 'services/gpt/README.md', 'LICENSE'), nothing)
  })

  test('the lock file or the harness of the tests: everything', (t: TestContext) => {
    for (const file of ['package-lock.json', 'tests/harness/system.ts', 'scripts/test.ts']) {
      const { workspaces: tested, images } = affectedBy(file)
      t.assert.equal(tested.length, workspaces.length)
      t.assert.equal(images.length, everyImage)
    }
  })
})

describe('the jobs that a change asks for', () => {
  test('own tests, journeys with the service extracted, contracts', (t: TestContext) => {
    const jobs = planTests(affectedBy('services/gpt/config.ts', 'tests/start/start-program.test.ts'))
    t.assert.deepEqual(jobs, [
      { name: 'apps/all-in-one', paths: 'apps/all-in-one/test/' },
      { name: 'packages/cli', paths: 'packages/cli/test/' },
      { name: 'services/gpt', paths: 'services/gpt/test/' },
      { name: 'journeys with gpt extracted', paths: 'tests/conformance/extracted-gpt.test.ts' },
      { name: 'contracts and journeys', paths: 'tests/conformance/one-process.test.ts tests/contracts/' },
      { name: 'start', paths: 'tests/start/' },
    ])
  })

  test('none for documentation', (t: TestContext) => {
    t.assert.deepEqual(planTests(affectedBy('README.md')), [])
  })
})
