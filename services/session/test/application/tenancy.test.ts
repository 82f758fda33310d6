import { type TestContext, test } from 'node:test'
import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import { testContext } from '@parley/testkit/context.ts'
import { type SessionCalls, SessionContract } from '../../contract.ts'
import { message, startService } from '../harness.ts'

interface Ids {
  readonly userId: string
  readonly sessionId: string
  readonly itemId: string
  readonly responseId: string
  readonly promptId: string
}

type InputOf = { readonly [Name in keyof SessionCalls]: Parameters<SessionCalls[Name]>[1] }
type Inputs = { readonly [Name in keyof InputOf]: (ids: Ids) => InputOf[Name] }
type Answers = { readonly [Name in keyof InputOf]: (context: CallContext, input: InputOf[Name]) => Promise<unknown> }

const page = { limit: 100, order: 'asc' } as const
const turnOf = ({ sessionId, responseId }: Ids) => ({ sessionId, responseId })
const sessionOf = ({ sessionId }: Ids) => ({ sessionId })
const itemOf = ({ sessionId, itemId }: Ids) => ({ sessionId, itemId })

/** How each call would name what belongs to somebody else. A call without a line here does not compile. */
const inputs: Inputs = {
  putUser: ({ userId }) => ({ userId, profile: { stolen: true }, preferences: {} }),
  getUser: ({ userId }) => ({ userId }),
  listUsers: () => page,
  deleteUser: ({ userId }) => ({ userId }),
  createSession: ({ userId }) => ({ userId, metadata: {}, items: [] }),
  getSession: sessionOf,
  listSessions: ({ userId }) => ({ ...page, userId }),
  updateSession: ({ sessionId }) => ({ sessionId, metadata: { stolen: 'yes' }, preferences: { model: 'stolen' } }),
  closeSession: sessionOf,
  reopenSession: sessionOf,
  deleteSession: sessionOf,
  appendItems: ({ sessionId }) => ({ sessionId, items: [message('stolen', 'msg_stolen')] }),
  listItems: ({ sessionId, itemId }) => ({ sessionId, ...page, after: itemId }),
  getItem: itemOf,
  deleteItem: itemOf,
  createPrompt: ({ promptId }) => ({ promptId, text: 'stolen' }),
  getPrompt: ({ promptId }) => ({ promptId }),
  listPrompts: () => page,
  listPromptVersions: ({ promptId }) => ({ promptId, ...page }),
  retirePrompt: ({ promptId }) => ({ promptId, version: '1' }),
  renderPrompt: ({ promptId }) => ({ promptId, variables: {} }),
  beginTurn: turnOf,
  buildContext: ({ sessionId }) => ({ sessionId, tokensMax: 1_000 }),
  appendTurn: (ids) => ({ ...turnOf(ids), items: [message('stolen', 'msg_stolen')] }),
  abandonTurn: turnOf,
  auditTurns: (ids) => ({ turns: [{ tenant: 'tenant-a', ...turnOf(ids) }], limit: 1 }),
}

const owner = testContext({ tenant: 'tenant-a' })
const absent: Ids = {
  userId: 'nobody',
  sessionId: 'conv_absent',
  itemId: 'msg_absent',
  responseId: 'resp_absent',
  promptId: 'absent',
}

for (const name of Object.keys(SessionContract.calls) as (keyof SessionCalls)[]) {
  test(`${name}: another tenant's ids answer like absent ones and change nothing`, async (t: TestContext) => {
    const { calls, store, published } = await startService(t)
    const ids = await somethingToSteal(calls)
    const snapshot = async () => {
      const read = store.read
      const rows = [
        await read.selectFrom('users').selectAll().where('tenant', '=', 'tenant-a').execute(),
        await read.selectFrom('sessions').selectAll().where('tenant', '=', 'tenant-a').execute(),
        await read.selectFrom('items').selectAll().where('tenant', '=', 'tenant-a').execute(),
        await read.selectFrom('prompts').selectAll().where('tenant', '=', 'tenant-a').execute(),
        await read.selectFrom('turns').selectAll().where('tenant', '=', 'tenant-a').execute(),
      ]
      return JSON.stringify([rows, published.filter(({ tenant }) => tenant === 'tenant-a')])
    }
    const before = await snapshot()
    const ofAnother = await answer(calls, testContext({ tenant: 'tenant-b' }), name, ids)
    const ofNobody = await answer(calls, testContext({ tenant: 'tenant-c' }), name, absent)
    t.assert.deepStrictEqual(ofAnother, ofNobody)
    const code = /^{"code":"(\w+)"/.exec(ofAnother)?.[1]
    const declared: readonly string[] = SessionContract.calls[name].errors
    t.assert.ok(code === undefined || declared.includes(code), `the contract declares ${code}`)
    t.assert.strictEqual(await snapshot(), before)
  })
}

async function somethingToSteal(calls: SessionCalls): Promise<Ids> {
  const ids = { userId: 'user-of-a', itemId: 'msg_mine', responseId: 'resp_mine', promptId: 'prompt-of-a' }
  await calls.putUser(owner, { userId: ids.userId, profile: {}, preferences: {} })
  const items = [message('a secret', ids.itemId), message('another')]
  const { sessionId } = await calls.createSession(owner, { userId: ids.userId, metadata: {}, items })
  await calls.createPrompt(owner, { promptId: ids.promptId, text: 'a secret' })
  await calls.beginTurn(owner, { sessionId, responseId: ids.responseId })
  return { ...ids, sessionId }
}

/** What a call says, with ids and times made equal, since they are all that may differ. */
async function answer<Name extends keyof InputOf>(calls: Answers, context: CallContext, name: Name, ids: Ids) {
  const outcome = await calls[name](context, inputs[name](ids)).catch((error: unknown) => {
    if (error instanceof AppError) return { code: error.code, message: error.message, param: error.param }
    throw error
  })
  let text = JSON.stringify(outcome)
  for (const [kind, id] of Object.entries(ids)) text = text.replaceAll(id, `<${kind}>`)
  return text.replaceAll(/\d{13}/g, '<time>')
}
