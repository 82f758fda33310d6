import { describe, type TestContext, test } from 'node:test'
import { parseServiceAddress, shownAddress } from '../../discovery/service-address.ts'

const accepted = {
  'http://session:8002': 'http://session:8002',
  'http://a:1/, http://b:2 ,http://a:1': 'http://a:1, http://b:2',
  'https://session.example.com': 'https://session.example.com',
  'dns://session.parley.svc.cluster.local:8002': 'dns://session.parley.svc.cluster.local:8002',
  'dns+srv://_http._tcp.session.parley.svc': 'dns+srv://_http._tcp.session.parley.svc',
  'consul://127.0.0.1:8500/session': 'consul://127.0.0.1:8500/session',
  'consul://consul/session?tag=blue&dc=east': 'consul://consul:8500/session?tag=blue&dc=east',
}

const refused = {
  'session:8002': /^must be http:/,
  'ftp://session': /^must be http:/,
  'dns://session': /^needs a port: dns:\/\/name:port/,
  'dns://session:8002/path': /^must read dns:/,
  'dns+srv://_http._tcp.session:8002': /^must not name a port/,
  'dns://a:1,dns://b:2': /^can only be a list of http/,
  'consul://127.0.0.1:8500': /^must name the agent and the service/,
  'consul://127.0.0.1:8500/session?token=s3cret': /CONSUL_HTTP_TOKEN/,
  'consul://127.0.0.1:8500/session?near=me': /^may only have the parameters tag and dc/,
  'http://user:s3cret@session:8002': /^must not hold a user or a password/,
}

describe('the address of a service', () => {
  for (const [text, shown] of Object.entries(accepted)) {
    test(`may be ${text}`, (t: TestContext) => {
      const parsed = parseServiceAddress(text)
      t.assert.ok('value' in parsed)
      t.assert.equal(shownAddress(parsed.value), shown)
      t.assert.deepEqual(parseServiceAddress(shown), parsed)
    })
  }

  for (const [text, problem] of Object.entries(refused)) {
    test(`may not be ${text}, which is said without repeating it`, (t: TestContext) => {
      const parsed = parseServiceAddress(text)
      t.assert.ok('problem' in parsed)
      t.assert.match(parsed.problem, problem)
      t.assert.doesNotMatch(parsed.problem, /s3cret/)
    })
  }
})
