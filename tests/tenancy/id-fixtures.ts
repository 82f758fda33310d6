import type { FetchInit, System, Tenant } from '../harness/system.ts'
import { budgetFixtures } from './budget-fixtures.ts'

/** A request with one id in it, and what it takes for the id to be somebody's. */
export interface IdFixture {
  /** Makes something of the tenant's; resolves to its id. */
  make(owner: Tenant): Promise<string>
  /** The request, as `asker` would send it with that id. Things that `asker` needs besides are its own. */
  request(id: string, asker: Tenant): Promise<IdRequest> | IdRequest
}

export interface IdRequest {
  readonly path: string
  readonly init: Omit<FetchInit, 'key'>
}

type Make = IdFixture['make']

/** One fixture per place that takes an id, by the place's name. */
export function idFixtures(system: System): ReadonlyMap<string, IdFixture> {
  const things = makers(system)
  const fixtures = new Map<string, IdFixture>()
  const add = (place: string, make: Make, request: IdFixture['request']) => fixtures.set(place, { make, request })

  const oneId = (method: string, path: string, name: string, make: Make, body?: object) =>
    add(`${method} ${path} path ${name}`, make, (id) => ({
      path: path.replace(`{${name}}`, id).replace('{version}', '1'),
      init: { method, ...(body !== undefined && { body }) },
    }))

  const conversation = '/v1/conversations/{conversation_id}'
  const item = { items: [{ role: 'user', content: 'x' }] }
  oneId('GET', conversation, 'conversation_id', things.conversation)
  oneId('POST', conversation, 'conversation_id', things.conversation, { metadata: { seized: 'yes' } })
  oneId('DELETE', conversation, 'conversation_id', things.conversation)
  oneId('GET', `${conversation}/items`, 'conversation_id', things.conversation)
  oneId('POST', `${conversation}/items`, 'conversation_id', things.conversation, item)
  add(`GET ${conversation}/items query after`, things.item, async (id, asker) => ({
    path: `/v1/conversations/${await things.holderOf(id, asker)}/items?after=${id}`,
    init: {},
  }))
  for (const method of ['GET', 'DELETE']) {
    const place = `${method} ${conversation}/items/{item_id} path`
    add(`${place} conversation_id`, things.conversation, (id) => ({
      path: `/v1/conversations/${id}/items/${things.firstItemOf(id)}`,
      init: { method },
    }))
    add(`${place} item_id`, things.item, async (id, asker) => ({
      path: `/v1/conversations/${await things.holderOf(id, asker)}/items/${id}`,
      init: { method },
    }))
  }

  const response = '/v1/responses/{response_id}'
  oneId('GET', response, 'response_id', things.response)
  oneId('DELETE', response, 'response_id', things.response)
  oneId('POST', `${response}/cancel`, 'response_id', things.response)
  oneId('GET', `${response}/input_items`, 'response_id', things.response)
  oneId('GET', '/parley/responses/{response_id}/attempts', 'response_id', things.response)
  add(`GET ${response}/input_items query after`, things.inputItem, async (id, asker) => ({
    path: `/v1/responses/${await things.answererOf(id, asker)}/input_items?after=${id}`,
    init: {},
  }))
  const ask = { model: 'tenancy', input: 'hello' }
  add('POST /v1/responses body conversation', things.conversation, (id) => ({
    path: '/v1/responses',
    init: { body: { ...ask, conversation: id } },
  }))
  add('POST /v1/responses body previous_response_id', things.response, (id) => ({
    path: '/v1/responses',
    init: { body: { ...ask, previous_response_id: id } },
  }))

  const completion = '/v1/chat/completions/{completion_id}'
  oneId('GET', completion, 'completion_id', things.completion)
  oneId('POST', completion, 'completion_id', things.completion, { metadata: { seized: 'yes' } })
  oneId('DELETE', completion, 'completion_id', things.completion)
  oneId('GET', `${completion}/messages`, 'completion_id', things.completion)
  add('GET /v1/chat/completions query after', things.completion, (id) => ({
    path: `/v1/chat/completions?after=${id}`,
    init: {},
  }))
  add(`GET ${completion}/messages query after`, things.storedMessage, async (id, asker) => ({
    path: `/v1/chat/completions/${await things.completionOf(id, asker)}/messages?after=${id}`,
    init: {},
  }))

  for (const route of ['/v1/responses/input_tokens', '/v1/responses/compact']) {
    add(`POST ${route} body previous_response_id`, things.response, (id) => ({
      path: route,
      init: { body: { ...ask, previous_response_id: id } },
    }))
  }
  add('POST /v1/responses/input_tokens body conversation', things.conversation, (id) => ({
    path: '/v1/responses/input_tokens',
    init: { body: { ...ask, conversation: id } },
  }))

  const prompt = '/parley/prompts/{prompt_id}'
  oneId('GET', prompt, 'prompt_id', things.prompt)
  oneId('GET', `${prompt}/versions`, 'prompt_id', things.prompt)
  // What stands in `after` is a version.
  add(`GET ${prompt}/versions query after`, things.prompt, (id) => ({
    path: `/parley/prompts/${id}/versions?after=1`,
    init: {},
  }))
  oneId('GET', `${prompt}/versions/{version}`, 'prompt_id', things.prompt)
  oneId('POST', `${prompt}/versions/{version}/retire`, 'prompt_id', things.prompt)
  // Ids of prompts are the application's own, as those of users are.
  add('POST /parley/prompts body id', things.prompt, (id) => ({
    path: '/parley/prompts',
    init: { body: { id, text: 'seized' } },
  }))
  add('GET /parley/prompts query after', things.prompt, (id) => ({ path: `/parley/prompts?after=${id}`, init: {} }))
  add('POST /v1/responses body prompt.id', things.prompt, (id) => ({
    path: '/v1/responses',
    init: { body: { ...ask, prompt: { id } } },
  }))

  const session = '/parley/sessions/{session_id}'
  oneId('GET', session, 'session_id', things.conversation)
  oneId('PATCH', session, 'session_id', things.conversation, { metadata: { seized: 'yes' } })
  oneId('GET', `${session}/export`, 'session_id', things.conversation)
  add(`GET ${session}/export query after`, things.item, async (id, asker) => ({
    path: `/parley/sessions/${await things.holderOf(id, asker)}/export?after=${id}`,
    init: {},
  }))
  oneId('POST', `${session}/close`, 'session_id', things.conversation)
  oneId('POST', `${session}/reopen`, 'session_id', things.conversation)
  add('POST /parley/sessions body user_id', things.user, (id) => ({
    path: '/parley/sessions',
    init: { body: { user_id: id } },
  }))
  add('GET /parley/sessions query user_id', things.user, (id) => ({
    path: `/parley/sessions?user_id=${id}`,
    init: {},
  }))
  add('GET /parley/sessions query after', things.conversation, (id) => ({
    path: `/parley/sessions?after=${id}`,
    init: {},
  }))

  const userPath = '/parley/users/{user_id}'
  oneId('GET', userPath, 'user_id', things.user)
  oneId('DELETE', userPath, 'user_id', things.user)
  // Ids of users are the application's own: two tenants may each have a user of one name.
  oneId('PUT', userPath, 'user_id', things.user, { profile: { seized: true } })
  add('GET /parley/users query after', things.user, (id) => ({ path: `/parley/users?after=${id}`, init: {} }))

  oneId('GET', '/parley/requests/{request_id}', 'request_id', things.request)
  for (const path of ['/parley/requests', '/parley/ledger']) {
    add(`GET ${path} query after`, things.request, (id) => ({ path: `${path}?after=${id}`, init: {} }))
  }

  add(
    'GET /parley/requests/{request_id} query tenant',
    async ({ tenant }) => tenant,
    async (id, asker) => ({
      path: `/parley/requests/${await things.request(asker)}?tenant=${id}`,
      init: {},
    }),
  )
  for (const [place, fixture] of budgetFixtures(system)) fixtures.set(place, fixture)

  oneId('POST', '/parley/keys/{key_id}/revoke', 'key_id', things.key)
  const tenantOf: Make = async ({ tenant }) => tenant
  add('GET /parley/keys query tenant', tenantOf, (id) => ({
    path: `/parley/keys?tenant=${id}`,
    init: {},
  }))
  add('POST /parley/keys body tenant', tenantOf, (id) => ({
    path: '/parley/keys',
    init: { body: { name: 'seized', tenant: id } },
  }))
  return fixtures
}

/**
 * An id that nobody has, of the form of `id` and next to it: where lists are cut by the order of ids, both cut at the
 * same place.
 */
export function absentLike(id: string): string {
  if (!/[_-][0-9a-f]{32}$/.test(id)) return `${id}x`
  const last = Number.parseInt(id.slice(-1), 16)
  return `${id.slice(0, -1)}${(last ^ 1).toString(16)}`
}

/** Makes things of a tenant, and remembers which belongs to which. */
function makers(system: System) {
  /** By the id of an item: the owner's key and what holds the item. */
  const holders = new Map<string, { key: string; holder: string }>()
  const firstItems = new Map<string, string>()
  let userCount = 0
  let promptCount = 0

  async function conversation({ client }: Tenant): Promise<string> {
    const { id } = await client.conversations.create({
      items: [
        { type: 'message', role: 'user', content: 'one' },
        { type: 'message', role: 'user', content: 'two' },
      ],
    })
    const { data } = await client.conversations.items.list(id, { order: 'asc' })
    firstItems.set(id, data[0]?.id ?? '')
    return id
  }

  async function response({ client }: Tenant): Promise<string> {
    return (await client.responses.create({ model: 'tenancy', input: 'hello' })).id
  }

  async function completion({ client }: Tenant): Promise<string> {
    const messages = [{ role: 'user' as const, content: 'hello' }]
    return (await client.chat.completions.create({ model: 'tenancy', messages, store: true })).id
  }

  return {
    conversation,
    response,
    completion,
    async storedMessage(owner: Tenant): Promise<string> {
      const holder = await completion(owner)
      const { data } = await owner.client.chat.completions.messages.list(holder)
      const id = data[0]?.id ?? ''
      holders.set(id, { key: owner.key, holder })
      return id
    },
    async completionOf(id: string, asker: Tenant): Promise<string> {
      const known = holders.get(id)
      return known?.key === asker.key ? known.holder : completion(asker)
    },
    async item(owner: Tenant): Promise<string> {
      const holder = await conversation(owner)
      const id = firstItems.get(holder) ?? ''
      holders.set(id, { key: owner.key, holder })
      return id
    },
    async inputItem(owner: Tenant): Promise<string> {
      const holder = await response(owner)
      const { data } = await owner.client.responses.inputItems.list(holder)
      const id = data[0]?.id ?? ''
      holders.set(id, { key: owner.key, holder })
      return id
    },
    async prompt({ key }: Tenant): Promise<string> {
      const id = `prompt-${++promptCount}`
      await system.fetch('/parley/prompts', { key, body: { id, text: 'a secret' } })
      return id
    },
    async user({ key }: Tenant): Promise<string> {
      const id = `user-${++userCount}`
      await system.fetch(`/parley/users/${id}`, { method: 'PUT', key, body: { profile: {} } })
      return id
    },
    async request({ client, key }: Tenant): Promise<string> {
      const { id } = await client.responses.create({ model: 'tenancy', input: 'hello', store: false })
      const answer = await system.fetch('/parley/requests', { key })
      const { data } = (await answer.json()) as { data: { id: string; response_id: string }[] }
      return data.find(({ response_id }) => response_id === id)?.id ?? ''
    },
    async key({ tenant }: Tenant): Promise<string> {
      return (await system.newKey({ tenant })).keyId
    },
    /** Some item's id for a conversation that is not there. */
    firstItemOf: (id: string) => firstItems.get(id) ?? `msg_${'0'.repeat(32)}`,
    /** The conversation of the item when `asker` owns it, else one of the asker's own. */
    async holderOf(id: string, asker: Tenant): Promise<string> {
      const known = holders.get(id)
      return known?.key === asker.key ? known.holder : conversation(asker)
    },
    async answererOf(id: string, asker: Tenant): Promise<string> {
      const known = holders.get(id)
      return known?.key === asker.key ? known.holder : response(asker)
    },
  }
}
