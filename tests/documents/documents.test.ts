import { describe, type TestContext, test } from 'node:test'
import published from '@asyncapi/specs/schemas/3.0.0-without-$id.json' with { type: 'json' }
import { contracts } from '@parley/catalog/contracts.ts'
import { asyncApiOf } from '@parley/chassis/contract/asyncapi.ts'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import { startSystem } from '../harness/start-system.ts'

describe('the documents that describe the system', () => {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false })
  const isAsyncApi = ajv.compile(published)

  test('that of the events is valid AsyncAPI, and knows every event', (t: TestContext) => {
    const document = asyncApiOf(contracts)
    t.assert.equal(isAsyncApi(document), true, JSON.stringify(isAsyncApi.errors))
    const types = contracts.flatMap(({ events }) => Object.values(events).map(({ type }) => type))
    t.assert.deepEqual(Object.keys(document.components.messages).sort(), types.sort())
    t.assert.equal(isAsyncApi({ ...document, operations: { x: { action: 'shout' } } }), false)
  })

  test('both are served and valid, and the reference page needs nothing from elsewhere', async (t: TestContext) => {
    await using system = await startSystem('one-process')
    const json = async (path: string) => (await system.fetch(path, { key: null })).json()
    t.assert.deepEqual(await json('/asyncapi.json'), JSON.parse(JSON.stringify(asyncApiOf(contracts))))
    const { valid, errors } = await new Validator().validate((await json('/openapi.json')) as Record<string, unknown>)
    t.assert.equal(valid, true, JSON.stringify(errors))
    const page = await system.fetch('/docs', { key: null })
    const html = await page.text()
    t.assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link)
    t.assert.equal(links.length, 3)
    for (const link of links) {
      t.assert.match(link, /^\/docs\//)
      const file = await system.fetch(link, { key: null })
      t.assert.equal(file.status, 200, link)
      t.assert.ok((await file.text()).length > 100, link)
    }
  })
})
