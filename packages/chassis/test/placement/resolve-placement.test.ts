import { describe, test } from 'node:test'
import { Type } from 'typebox'
import { EnvReader } from '../../config/env-reader.ts'
import { type Contract, call, defineContract, event } from '../../contract/define-contract.ts'
import { resolvePlacement } from '../../placement/resolve-placement.ts'
import { topologyTable } from '../../placement/topology-table.ts'

const contract = (name: string, events: string[] = [], subscribes: string[] = []): Contract =>
  defineContract(name, {
    version: '1.0',
    calls: { get: call({ http: 'GET /', in: Type.Object({}), out: Type.Object({}), effect: 'read' }) },
    events: Object.fromEntries(events.map((type) => [type, event(type, Type.Object({}), { key: () => 'k' })])),
    subscribes,
  })

const door = contract('door')
const shop = contract('shop', ['shop.sold.v1'])
const stock = contract('stock', [], ['shop.sold.v1'])
const extra = contract('extra')
const input = { contracts: [door, shop, stock, extra], needs: { door: [shop] }, optional: ['extra'], sendsEvents: true }

function resolve(env: Record<string, string>, changes: Partial<typeof input> = {}) {
  const reader = new EnvReader(env)
  const placements = resolvePlacement(reader, { ...input, ...changes })
  let problems: readonly string[] = []
  try {
    reader.throwIfProblems()
  } catch (error) {
    problems = (error as { problems: string[] }).problems
  }
  return { placements: Object.fromEntries(placements.map((p) => [p.service, p.placement])), problems, rows: placements }
}

describe('placement', () => {
  test('runs everything here by default, except what is optional', (t) => {
    const { placements, problems } = resolve({})
    t.assert.deepEqual(placements, { door: 'local', shop: 'local', stock: 'local', extra: 'elsewhere' })
    t.assert.deepEqual(problems, [])
  })

  test('finds a service that runs elsewhere by its URL', (t) => {
    const { placements, problems } = resolve({ SERVICES: 'door', SHOP_SERVICE_URL: 'http://shop:8002' })
    t.assert.deepEqual(placements, { door: 'local', shop: 'remote', stock: 'elsewhere', extra: 'elsewhere' })
    t.assert.deepEqual(problems, [])
  })

  test('finds the instances of a service by whoever knows them, and shows who that is', (t) => {
    const { rows, problems } = resolve({ SERVICES: 'door', SHOP_SERVICE_URL: 'dns+srv://_http._tcp.shop.example' })
    t.assert.deepEqual(problems, [])
    t.assert.match(
      topologyTable({ placements: rows, kafka: null }),
      /shop +remote +dns\+srv:\/\/_http\._tcp\.shop\.example/,
    )
  })

  test('refuses a called service that is nowhere and names the variable', (t) => {
    const { problems } = resolve({ SERVICES: 'door' })
    t.assert.equal(problems.length, 1)
    t.assert.match(problems[0] ?? '', /^SHOP_SERVICE_URL is missing: shop does not run here and door calls it/)
  })

  test('refuses a subscriber that is nowhere and names the event', (t) => {
    t.assert.match(
      resolve({ SERVICES: 'shop' }).problems[0] ?? '',
      /^STOCK_SERVICE_URL is missing.*shop sends it shop\.sold\.v1/,
    )
  })

  test('needs no address of a subscriber when a broker carries the events', (t) => {
    const { problems } = resolve({ SERVICES: 'shop' }, { sendsEvents: false })
    t.assert.deepEqual(problems, [])
    t.assert.match(resolve({ SERVICES: 'shop' }).problems[0] ?? '', /shop sends it shop\.sold\.v1/)
  })

  test('refuses a service that is both here and elsewhere', (t) => {
    t.assert.match(
      resolve({ SHOP_SERVICE_URL: 'http://shop:8002' }).problems[0] ?? '',
      /^SHOP_SERVICE_URL is set, but SERVICES says/,
    )
  })

  test('refuses names that are no service and URLs that are none, all at once and without their values', (t) => {
    const { problems } = resolve({ SERVICES: 'door,shpo', SHOP_SERVICE_URL: 'shop-secret:8002' })
    t.assert.match(problems.join('\n'), /SERVICES names what is no service: shpo/)
    t.assert.match(problems.join('\n'), /SHOP_SERVICE_URL must be http:\/\/host:port/)
    t.assert.doesNotMatch(problems.join('\n'), /shop-secret/)
  })

  test('is shown as one line per service and one for the events', (t) => {
    const { rows } = resolve({ SERVICES: 'door', SHOP_SERVICE_URL: 'http://shop:8002' })
    t.assert.equal(
      topologyTable({ placements: rows, kafka: null }),
      [
        '  door    local      in this process',
        '  shop    remote     http://shop:8002',
        '  stock   elsewhere  not needed here',
        '  extra   elsewhere  not needed here',
        '  events  direct     straight to their subscribers',
      ].join('\n'),
    )
    const kafka = { brokers: ['one:9092', 'two:9092'] }
    t.assert.match(topologyTable({ placements: rows, kafka }), / {2}events {2}kafka {6}one:9092, two:9092$/)
  })
})
