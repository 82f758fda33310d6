import { after, before, describe, type TestContext, test } from 'node:test'
import { startSystem } from '../harness/start-system.ts'
import type { System, Tenant } from '../harness/system.ts'
import { absentLike, type IdFixture, idFixtures } from './id-fixtures.ts'
import { findIdPlaces, placeName } from './id-places.ts'

describe("another tenant's ids", () => {
  let system: System
  let owner: Tenant
  let stranger: Tenant
  before(async () => {
    system = await startSystem('one-process-strict')
    owner = await system.newTenant()
    stranger = await system.newTenant()
  })
  after(() => system.stop())

  test('answer like absent ones, wherever a route takes an id', async (t: TestContext) => {
    const places = await findIdPlaces(system)
    const fixtures = idFixtures(system)
    t.assert.ok(places.length > 25, 'the description has the places')
    t.assert.deepEqual(
      places.map(placeName).filter((name) => !fixtures.has(name)),
      [],
      'places without a fixture',
    )
    t.assert.deepEqual(
      [...fixtures.keys()].filter((name) => !places.some((place) => placeName(place) === name)),
      [],
      'fixtures without a place',
    )
    for (const [name, fixture] of fixtures) {
      const id = await fixture.make(owner)
      const foreign = await ask(fixture, id, stranger)
      const absent = await ask(fixture, absentLike(id), stranger)
      t.assert.deepEqual(foreign, absent, name)
      const own = await ask(fixture, id, owner)
      t.assert.equal(own.status, 200, `${name}: the owner gets through\n${own.body}`)
    }
  })

  async function ask(fixture: IdFixture, id: string, asker: Tenant) {
    const { path, init } = await fixture.request(id, asker)
    const answer = await system.fetch(path, { ...init, key: asker.key })
    const text = (await answer.text()).replaceAll(id, '<id>')
    return { status: answer.status, body: withoutIds(text) }
  }
})

/** The stranger's own things are made anew for each request, so their ids and times differ. */
function withoutIds(text: string): string {
  return text.replaceAll(/\b[a-z]+_[0-9a-f]{32}\b/g, '<id>').replaceAll(/"(\w+_at)":\d+/g, '"$1":0')
}
