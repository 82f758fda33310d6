import { type TestContext, test } from 'node:test'
import { startHarness } from '../harness.ts'

/** One id of each kind that belongs to tenant A, by the name that routes give it. */
async function idsOfTenantA(gateway: Awaited<ReturnType<typeof startHarness>>): Promise<Record<string, string>> {
  const client = gateway.client()
  const conversation = await client.conversations.create({ items: [{ role: 'user', content: 'secret of a' }] })
  const { data } = await client.conversations.items.list(conversation.id)
  const response = await client.responses.create({ input: 'secret of a' })
  const messages = [{ role: 'user' as const, content: 'secret of a' }]
  const completion = await client.chat.completions.create({ model: 'simulated', messages, store: true })
  await gateway.fetch('/parley/users/ada', { method: 'PUT' })
  await gateway.post('/parley/prompts', { id: 'greeting', text: 'secret of a' })
  const requests = (await (await gateway.fetch('/parley/requests')).json()) as { first_id: string }
  const budget = (await (await gateway.post('/parley/budgets', { limit_tokens: 1_000 })).json()) as { id: string }
  return {
    conversation_id: conversation.id,
    session_id: conversation.id,
    item_id: data[0]?.id ?? '',
    response_id: response.id,
    completion_id: completion.id,
    user_id: 'ada',
    prompt_id: 'greeting',
    version: '1',
    request_id: requests.first_id,
    key_id: 'key_of_tenant-a',
    budget_id: budget.id,
  }
}

const absent: Record<string, string> = {
  conversation_id: 'conv_ffffffffffffffffffffffffffffffff',
  session_id: 'conv_ffffffffffffffffffffffffffffffff',
  item_id: 'msg_ffffffffffffffffffffffffffffffff',
  response_id: 'resp_ffffffffffffffffffffffffffffffff',
  completion_id: 'chatcmpl-ffffffffffffffffffffffffffffffff',
  user_id: 'nobody',
  prompt_id: 'absent',
  version: '1',
  request_id: 'req_ffffffffffffffffffffffffffffffff',
  key_id: 'key_ffffffffffffffffffffffffffffffff',
  budget_id: 'bud_ffffffffffffffffffffffffffffffff',
}

test('another tenant’s ids answer exactly like absent ones, on every route that takes one', async (t: TestContext) => {
  await using gateway = await startHarness()
  const ids = await idsOfTenantA(gateway)
  const bodies: Record<string, string> = {
    'POST /v1/conversations/{conversation_id}': '{"metadata":{}}',
    'POST /v1/conversations/{conversation_id}/items': '{"items":[{"role":"user","content":"x"}]}',
    'PATCH /parley/sessions/{session_id}': '{}',
    'PATCH /parley/budgets/{budget_id}': '{"name":"seized"}',
    'POST /v1/chat/completions/{completion_id}': '{"metadata":{}}',
  }
  let tried = 0
  for (const { method, path } of gateway.routes) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').filter((name) => name !== 'model')
    // An application chooses the ids of its users, so a tenant may well use one that another has.
    if (names.length === 0 || method === 'PUT') continue
    tried++
    t.assert.deepStrictEqual(
      names.filter((name) => !ids[name] || absent[name] === undefined),
      [],
      `${method} ${path}: ids to try it with`,
    )
    const ask = async (values: Record<string, string>) => {
      const answer = await gateway.fetch(
        path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? ''),
        {
          method,
          key: 'key-b',
          ...(bodies[`${method} ${path}`] !== undefined && {
            headers: { 'content-type': 'application/json' },
            body: bodies[`${method} ${path}`] ?? '',
          }),
        },
      )
      return [answer.status, await answer.text()]
    }
    const [status, text] = await ask(ids)
    t.assert.deepStrictEqual([status, text], await ask(absent), `${method} ${path}`)
    t.assert.strictEqual(status, 404, `${method} ${path}`)
  }
  t.assert.ok(tried >= 18)
  for (const path of gateway.routes.filter((route) => route.method === 'GET').map((route) => route.path)) {
    if (path.includes('{')) continue
    const text = await (await gateway.fetch(path, { key: 'key-b' })).text()
    for (const id of Object.values(ids)) t.assert.ok(!text.includes(`"${id}"`), `${path} shows ${id}`)
  }
})
