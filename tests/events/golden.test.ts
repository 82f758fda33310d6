import { readdirSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { call, defineContract, event } from '@parley/chassis/contract/define-contract.ts'
import { RequestSubmitted } from '@parley/request/contract.ts'
import { Type } from 'typebox'
import { services } from '../../apps/all-in-one/services.ts'
import { type GoldenFiles, goldenProblems } from './golden-problems.ts'

const folder = new URL('./golden/', import.meta.url)

function readGoldenFiles(): GoldenFiles {
  return new Map(
    readdirSync(folder).map((name) => [
      name.replace(/\.json$/, ''),
      JSON.parse(readFileSync(new URL(name, folder), 'utf8')),
    ]),
  )
}

const contracts = services.map(({ contract }) => contract)

test('every event version has a golden file that today’s schema still reads', (t: TestContext) => {
  t.assert.deepStrictEqual(goldenProblems(contracts, readGoldenFiles()), [])
})

test('a lost file, a lost event, a changed schema and a foreign key are each found', (t: TestContext) => {
  const golden = readGoldenFiles()
  const lost = new Map(golden)
  lost.delete('request.submitted.v1')
  t.assert.deepStrictEqual(goldenProblems(contracts, lost), ['request.submitted.v1 has no golden file'])

  const request = contracts.find(({ name }) => name === 'request')
  const others = contracts.filter(({ name }) => name !== 'request')
  t.assert.deepStrictEqual(goldenProblems(others, golden), [
    'request.submitted.v1 is in no contract any more',
    'response subscribes to request.submitted.v1, which nobody publishes',
  ])

  const demanding = defineContract('request', {
    version: '1.1',
    calls: {
      none: call({ http: 'GET /none', in: Type.Object({}), out: Type.Object({}), effect: 'read' }),
    },
    events: {
      submitted: event('request.submitted.v1', Type.Object({ ...RequestSubmitted.properties, added: Type.String() }), {
        key: (data) => data.requestId,
      }),
    },
    subscribes: request?.subscribes ?? [],
  })
  const [problem, ...rest] = goldenProblems([...others, demanding], golden)
  t.assert.match(problem ?? '', /^request\.submitted\.v1 no longer fits its schema: /)
  t.assert.deepStrictEqual(rest, [])

  const moved = new Map(golden).set('key.created.v1', {
    ...(golden.get('key.created.v1') as object),
    subject: 'key_other',
  })
  t.assert.match(goldenProblems(contracts, moved).join(), /^key\.created\.v1 has another subject than key_/)
  const bare = new Map(golden).set('key.created.v1', { data: {} })
  t.assert.match(goldenProblems(contracts, bare).join(), /^key\.created\.v1 is no envelope: /)
})
