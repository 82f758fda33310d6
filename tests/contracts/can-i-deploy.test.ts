import { describe, type TestContext, test } from 'node:test'
import { call, defineContract, event } from '@parley/chassis/contract/define-contract.ts'
import { type TObject, Type } from 'typebox'
import { services } from '../../apps/all-in-one/services.ts'
import { type DefinedService, recordContracts, replaceServices } from '../../scripts/contracts/deployed-contracts.ts'
import { deploymentProblems } from '../../scripts/contracts/deployment-problems.ts'

const amount = Type.Object({ amount: Type.Integer() })
const receipt = Type.Object({ id: Type.String() })

interface Shapes {
  readonly input?: TObject
  readonly output?: TObject
  readonly told?: TObject
  readonly version?: string
  readonly withoutCall?: boolean
}

/** A shop that calls billing, and is told what was billed; both know the shapes that they were built with. */
function system({
  input = amount,
  output = receipt,
  told = receipt,
  version = '1.0',
  withoutCall = false,
}: Shapes = {}): DefinedService[] {
  const charge = call({ http: 'POST /charges', in: input, out: output, effect: 'write' })
  const billing = defineContract('billing', {
    version,
    calls: withoutCall ? {} : { charge },
    events: { billed: event('billing.billed.v1', told, { key: ({ id }) => String(id) }) },
    subscribes: [],
  })
  const shop = defineContract('shop', { version: '1.0', calls: {}, events: {}, subscribes: ['billing.billed.v1'] })
  return [
    { contract: billing, needs: {} },
    { contract: shop, needs: { billing } },
  ]
}

const deployed = recordContracts(system(), '1')
const problemsOf = (shapes: Shapes, ...names: string[]) =>
  deploymentProblems(deployed, recordContracts(system(shapes), '2'), names)

describe('whether a version can run beside what is deployed', () => {
  test('this version can run beside itself, also after its record was written down', (t: TestContext) => {
    const record = recordContracts(services, '1')
    const read = JSON.parse(JSON.stringify(record))
    t.assert.deepEqual(
      deploymentProblems(
        read,
        record,
        services.map(({ contract }) => contract.name),
      ),
      [],
    )
  })

  test('an optional field may be added by either side', (t: TestContext) => {
    const input = Type.Object({ amount: Type.Integer(), note: Type.Optional(Type.String()) })
    t.assert.deepEqual(problemsOf({ input }, 'billing', 'shop'), [])
  })

  test('a provider that wants more than deployed consumers send', (t: TestContext) => {
    const input = Type.Object({ amount: Type.Integer(), currency: Type.String() })
    t.assert.deepEqual(problemsOf({ input }, 'billing'), [
      'shop 1 cannot call billing 2: currency of the input of charge is required, but may be missing',
    ])
    t.assert.deepEqual(problemsOf({ input }, 'shop'), [], 'its consumer may go first')
  })

  test('a consumer that reads what the deployed provider does not answer yet', (t: TestContext) => {
    const output = Type.Object({ id: Type.String(), total: Type.Integer() })
    t.assert.deepEqual(problemsOf({ output }, 'shop'), [
      'shop 2 cannot call billing 1: total of the answer of charge is required, but may be missing',
    ])
    t.assert.deepEqual(problemsOf({ output }, 'billing'), [], 'the provider may go first')
  })

  test('a call that is gone, and another major version', (t: TestContext) => {
    t.assert.deepEqual(problemsOf({ withoutCall: true }, 'billing'), [
      'shop 1 cannot call billing 2: it has no call charge',
    ])
    t.assert.deepEqual(problemsOf({ version: '2.0' }, 'billing'), [
      'shop 1 cannot call billing 2: it speaks version 2.0, this process 1.0',
    ])
  })

  test('an event that deployed subscribers cannot read', (t: TestContext) => {
    const told = Type.Object({ id: Type.Integer() })
    t.assert.deepEqual(problemsOf({ told }, 'billing'), [
      'shop 1 cannot read what billing 2 publishes: id of billing.billed.v1 is integer, but string is expected',
    ])
  })

  test('a provider that is not there, and a service that does not exist', (t: TestContext) => {
    const empty = { services: [], contracts: {} }
    const candidate = recordContracts(system(), '2')
    t.assert.deepEqual(deploymentProblems(empty, candidate, ['shop']), ['shop 2 calls billing, which is not deployed'])
    t.assert.deepEqual(deploymentProblems(empty, candidate, ['shop', 'billing']), [])
    t.assert.deepEqual(problemsOf({}, 'stock'), ['there is no candidate of stock'])
  })

  test('what is deployed afterwards has the new versions of what was replaced', (t: TestContext) => {
    const input = Type.Object({ amount: Type.Number() })
    const after = replaceServices(deployed, recordContracts(system({ input }), '2'), ['billing'])
    t.assert.deepEqual(
      after.services.map(({ service, version }) => `${service} ${version}`),
      ['shop 1', 'billing 2'],
    )
    t.assert.deepEqual(deploymentProblems(after, recordContracts(system({ input }), '3'), ['shop']), [])
  })
})
