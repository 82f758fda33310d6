import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import fc from 'fast-check'
import type { Accepted } from '../../contract.ts'
import { type Requests, startRequests, submission } from '../harness.ts'

const operator = testContext({ scopes: ['operator'] })
const context = testContext()

/** One of the things that may happen at any time. `which` picks among the requests that run. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('accept' as const), maxOutputTokens: fc.integer({ min: 1, max: 60 }) }),
  fc.record({
    kind: fc.constant('settle' as const),
    which: fc.nat(),
    inputTokens: fc.integer({ min: 0, max: 40 }),
    outputTokens: fc.integer({ min: 0, max: 90 }),
  }),
  fc.record({ kind: fc.constant('release' as const), which: fc.nat() }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

test('however acceptance, settlement and release interleave: 0 <= held, spent + held <= limit, and held ends at 0', async (t: TestContext) => {
  const requests = await startRequests(t)
  let tenants = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 12 }), async (rounds) => {
      const tenant = `tenant-${++tenants}`
      const limits = { limitMicros: 150, limitTokens: 170 }
      const wish = { tenant, keyId: null, name: 'b', period: 'total' as const, ...limits }
      const { budgetId } = await requests.manageBudgets.createBudget(operator, wish)
      const running: Accepted[] = []
      for (const round of rounds) {
        await Promise.all(round.map((one) => perform(requests, tenant, one, running)))
        await assertBounded(t, requests, budgetId)
      }
      await Promise.all(running.splice(0).map((accepted) => settle(requests, tenant, accepted, null)))
      const { heldMicros, heldTokens } = await assertBounded(t, requests, budgetId)
      t.assert.deepStrictEqual([heldMicros, heldTokens], [0, 0])
    }),
    { numRuns: 40 },
  )
})

async function assertBounded(t: TestContext, requests: Requests, budgetId: string) {
  const { current, limitMicros, limitTokens } = await requests.manageBudgets.getBudget(operator, { budgetId })
  const { spentMicros, heldMicros, spentTokens, heldTokens } = current
  t.assert.ok(heldMicros >= 0 && heldTokens >= 0, `held ${heldMicros} and ${heldTokens}`)
  t.assert.ok(spentMicros + heldMicros <= (limitMicros ?? 0), `${spentMicros} + ${heldMicros} of ${limitMicros}`)
  t.assert.ok(spentTokens + heldTokens <= (limitTokens ?? 0), `${spentTokens} + ${heldTokens} of ${limitTokens}`)
  return current
}

async function perform(requests: Requests, tenant: string, one: Step, running: Accepted[]): Promise<void> {
  if (one.kind === 'accept') {
    const { maxOutputTokens } = one
    const asker = testContext({ tenant })
    const accepted = await requests.submitRequest(asker, submission({ options: { maxOutputTokens } })).catch(() => null)
    if (accepted !== null) running.push(accepted)
    return
  }
  const [ended] = running.length === 0 ? [] : running.splice(one.which % running.length, 1)
  if (ended !== undefined) await settle(requests, tenant, ended, one.kind === 'settle' ? one : null)
}

function settle(
  requests: Requests,
  tenant: string,
  { requestId, responseId }: Accepted,
  used: { inputTokens: number; outputTokens: number } | null,
): Promise<void> {
  const usage = used && {
    ...{ inputTokens: used.inputTokens, outputTokens: used.outputTokens },
    ...{ cachedInputTokens: 0, reasoningTokens: 0, provenance: 'provider' as const },
  }
  const outcome = { requestId, responseId, status: 'completed', model: 'm', provider: 'p', usage } as const
  return requests.store.transaction((tx) =>
    requests.settleRequest(
      tx,
      { ...context, principal: { ...context.principal, tenant } },
      {
        ...outcome,
        attempts: 1,
        settledAt: 1,
      },
    ),
  )
}
