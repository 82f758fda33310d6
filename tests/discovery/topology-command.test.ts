import { type TestContext, test } from 'node:test'
import { topology } from '../../packages/cli/commands/topology.ts'
import { noDnsServer, startDnsServer } from '../harness/dns-server.ts'

const secret = 'a-shared-secret-of-more-than-32-characters'

test('`parley topology` shows how each service is found and its present instances', {
  skip: noDnsServer,
}, async (t: TestContext) => {
  await using dns = await startDnsServer({
    addresses: { 'node.test': ['127.0.0.1'] },
    services: { '_http._tcp.session.test': [{ target: 'node.test', port: 4_001 }] },
  })
  const table = await topology(
    {
      SERVICES: 'gateway',
      PARLEY_INTERNAL_SECRET: secret,
      DISCOVERY_DNS_SERVERS: dns.address,
      DISCOVERY_DNS_SEARCH: 'none',
      SESSION_SERVICE_URL: 'dns+srv://_http._tcp.session.test',
      REQUEST_SERVICE_URL: 'dns://request.test:8003',
      RESPONSE_SERVICE_URL: 'consul://127.0.0.1:1/response',
      GPT_SERVICE_URL: 'http://one:8005,http://two:8005',
    },
    import.meta.dirname,
  )
  t.assert.match(table, /session +remote +dns\+srv:\/\/_http\._tcp\.session\.test → http:\/\/127\.0\.0\.1:4001$/m)
  t.assert.match(table, /request +remote +dns:\/\/request\.test:8003 → no instance$/m)
  t.assert.match(table, /response +remote +consul:\/\/127\.0\.0\.1:1\/response → cannot be asked \(ECONNREFUSED\)$/m)
  t.assert.match(table, /gpt +remote +http:\/\/one:8005, http:\/\/two:8005$/m)
})
