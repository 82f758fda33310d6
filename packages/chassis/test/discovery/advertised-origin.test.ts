import { networkInterfaces } from 'node:os'
import { type TestContext, test } from 'node:test'
import { advertisedOrigin, type OwnPlace } from '../../discovery/advertised-origin.ts'

const outside = (address: string, family: 'IPv4' | 'IPv6', scopeid = 0) =>
  ({ address, family, internal: false, netmask: '', mac: '', cidr: null, scopeid }) as never
const inside = { address: '127.0.0.1', family: 'IPv4', internal: true, netmask: '', mac: '', cidr: null } as never

const place = (change: Partial<OwnPlace>): OwnPlace => ({
  advertisedUrl: null,
  ownAddress: null,
  host: '0.0.0.0',
  internalPort: 8_004,
  interfaces: { lo: [inside], eth0: [outside('fe80::1', 'IPv6', 2), outside('10.1.2.3', 'IPv4')] },
  ...change,
})

const cases: readonly (readonly [string, Partial<OwnPlace>, string | null])[] = [
  [
    'what it is told',
    { advertisedUrl: new URL('http://response-0:9000/x'), ownAddress: '10.9.9.9' },
    'http://response-0:9000',
  ],
  ['the address of its pod', { ownAddress: '10.9.9.9' }, 'http://10.9.9.9:8004'],
  ['an IPv6 address of its pod', { ownAddress: 'fd00::7' }, 'http://[fd00::7]:8004'],
  ['the one address that it listens on', { host: '127.0.0.1', ownAddress: '10.9.9.9' }, 'http://127.0.0.1:8004'],
  ['the address of its machine', {}, 'http://10.1.2.3:8004'],
  [
    'an IPv6 address that is not only of one link',
    { host: '::', interfaces: { eth0: [outside('fe80::1', 'IPv6', 2), outside('fd00::7', 'IPv6')] } },
    'http://[fd00::7]:8004',
  ],
  ['nothing without a network', { interfaces: { lo: [inside] } }, null],
  ['nothing when nobody can reach it', { internalPort: null }, null],
]

for (const [what, change, expected] of cases) {
  test(`a process advertises ${what}`, (t: TestContext) => {
    t.assert.equal(advertisedOrigin(place(change)), expected)
  })
}

test('the interfaces of this machine are read without a fault', (t: TestContext) => {
  const origin = advertisedOrigin(place({ interfaces: networkInterfaces() }))
  t.assert.ok(origin === null || URL.canParse(origin))
})
