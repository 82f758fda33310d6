import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import { Type } from 'typebox'
import { Pool } from 'undici'
import { singleInstance } from '../../contract/callee.ts'
import { type CallsOf, call, defineContract, stream } from '../../contract/define-contract.ts'
import { FaultInjector } from '../../contract/faults.ts'
import { createInternalAuth, type InternalAuth } from '../../contract/internal-auth.ts'
import { createLocalClient } from '../../contract/local-client.ts'
import { createRemoteClient } from '../../contract/remote-client.ts'
import { serveContract } from '../../contract/serve-contract.ts'
import type { CallContext } from '../../values/context.ts'
import { AppError } from '../../values/errors.ts'

const Key = Type.Object({ key: Type.String(), count: Type.Optional(Type.Integer()) })

export const Sample = defineContract('sample', {
  version: '1.0',
  calls: {
    read: call({
      http: 'GET /things/:key',
      in: Key,
      out: Type.Object({ key: Type.String(), count: Type.Integer() }),
      effect: 'read',
    }),
    write: call({
      http: 'PUT /things/:key',
      in: Type.Object({ key: Type.String(), tags: Type.Array(Type.String()) }),
      out: Type.Object({ tags: Type.Array(Type.String()) }),
      errors: ['SESSION_NOT_FOUND'],
      effect: 'write',
      idempotent: true,
      deadlineMs: 300,
    }),
    add: call({ http: 'POST /things', in: Type.Object({}), out: Type.Object({}), effect: 'write' }),
    explode: call({ http: 'POST /explode', in: Type.Object({}), out: Type.Object({}), effect: 'write' }),
    wrong: call({ http: 'POST /wrong', in: Type.Object({}), out: Type.Object({ n: Type.Integer() }), effect: 'write' }),
    whoAmI: call({
      http: 'POST /who',
      in: Type.Object({}),
      out: Type.Record(Type.String(), Type.Unknown()),
      effect: 'read',
    }),
    wait: call({ http: 'POST /wait', in: Type.Object({}), out: Type.Object({}), effect: 'write', deadlineMs: 60_000 }),
    count: stream({
      http: 'GET /counts/:key',
      in: Type.Object({
        key: Type.String(),
        to: Type.Integer(),
        failAt: Type.Optional(Type.Integer()),
        hangAt: Type.Optional(Type.Integer()),
      }),
      frames: Type.Object({ n: Type.Integer() }),
      effect: 'read',
      deadlineMs: 60_000,
    }),
  },
  events: {},
})

/** What the callee saw, for tests to look at. */
export interface SampleLog {
  readonly aborted: string[]
  readonly called: string[]
}

export function createSample(log: SampleLog): CallsOf<typeof Sample> {
  return {
    read: async (_context, { key, count }) => {
      log.called.push(`read ${key}`)
      return { key, count: count ?? 0 }
    },
    write: async (context, { key, tags }) => {
      log.called.push(`write ${key}`)
      if (key === 'missing') throw new AppError('SESSION_NOT_FOUND', 'No such session.', { param: 'key' })
      if (key === 'slow') await untilAborted(context, 'write', log)
      return { tags }
    },
    add: async () => {
      log.called.push('add')
      return {}
    },
    explode: async () => {
      throw new Error('secret detail of the inside')
    },
    wrong: async () => ({ n: 'not a number' }) as unknown as { n: number },
    whoAmI: async (context) => ({
      tenant: context.principal.tenant,
      correlationId: context.correlationId,
      depth: context.depth,
      remainingMs: context.deadline.remainingMs(),
    }),
    wait: async (context) => {
      log.called.push('wait')
      await untilAborted(context, 'wait', log)
      return {}
    },
    async *count(context, { to, failAt, hangAt }) {
      for (let n = 0; n < to; n++) {
        if (n === failAt) throw new AppError('OVERLOADED', 'Too many.', { retryAfterMs: 250 })
        if (n === hangAt) await untilAborted(context, 'count', log)
        yield { n }
        if (n % 100 === 0) await delay(0)
      }
    },
  }
}

async function untilAborted({ signal }: CallContext, name: string, log: SampleLog): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  log.aborted.push(name)
}

export interface SampleSide extends AsyncDisposable {
  client: CallsOf<typeof Sample>
  log: SampleLog
  faults: FaultInjector | null
}

export function startLocal(strict: boolean): SampleSide {
  const log: SampleLog = { aborted: [], called: [] }
  const sample = createSample(log)
  const faults = new FaultInjector()
  const client = createLocalClient({ contract: Sample, implementation: () => sample, strict, faults })
  return { client, log, faults, [Symbol.asyncDispose]: async () => {} }
}

export const secret = 'a-shared-secret-of-more-than-32-characters'

export async function startRemote(
  options: { clientAuth?: InternalAuth; port?: number } = {},
): Promise<SampleSide & { url: string }> {
  const log: SampleLog = { aborted: [], called: [] }
  const app = Fastify({ forceCloseConnections: true })
  const auth = createInternalAuth(secret)
  serveContract(app, {
    contract: Sample,
    calls: createSample(log),
    auth,
    newRequestId: () => 'req_test',
    onInternalError: () => {},
  })
  const url = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 })
  const pool = new Pool(url)
  const client = createRemoteClient({
    contract: Sample,
    caller: 'tester',
    callee: singleInstance(pool),
    auth: options.clientAuth ?? auth,
  })
  const dispose = async () => {
    await pool.destroy()
    await app.close()
  }
  return { client, log, faults: null, url, [Symbol.asyncDispose]: dispose }
}
