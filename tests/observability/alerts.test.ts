import { after, before, suite, type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import { type Load, makeBudget, plain, startLoad } from './drive-load.ts'
import { type Prometheus, prometheusSkip, startPrometheus } from './prometheus.ts'
import { outboxKeysMax, type SplitSystem, startSplitSystem } from './split-system.ts'

const minuteMs = 60_000
const loadTimeoutMs = 60_000
const roundsMin = 5

/** The rules are those of `deploy/prometheus`; only the time between two looks is shorter than in production. */
suite('alerts about a split system', { skip: prometheusSkip }, () => {
  let system: SplitSystem
  let prometheus: Prometheus
  let load: Load

  before(async () => {
    system = await startSplitSystem()
    prometheus = await startPrometheus(system.targets)
    load = await startLoad(system)
    await prometheus.untilScraped()
    await waitUntil(() => load.rounds >= roundsMin, { timeoutMs: loadTimeoutMs, pollMs: 50, what: 'a load' })
  })

  after(async () => {
    system?.process('response').signal('SIGCONT')
    await load?.stop()
    await prometheus?.[Symbol.asyncDispose]()
    await system?.[Symbol.asyncDispose]()
  })

  async function untilFiring(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const isFiring = async () =>
      (await prometheus.alerts()).some(
        (alert) =>
          alert.name === name &&
          alert.state === 'firing' &&
          Object.entries(labels).every(([label, value]) => alert.labels[label] === value),
      )
    await waitUntil(isFiring, { timeoutMs: minuteMs, pollMs: 200, what: `${name} firing` })
  }

  /** By the scrape after next: an alert and what a dashboard shows may come from different processes. */
  async function untilSeen(expr: string): Promise<void> {
    const isSeen = async () => (await prometheus.query(expr)).some(({ value }) => value > 0)
    await waitUntil(isSeen, { timeoutMs: minuteMs, pollMs: 200, what: `${expr} above zero` })
  }

  test('a system that works raises none that would wake anybody', async (t: TestContext) => {
    const alerts = await prometheus.alerts()
    const paging = alerts.filter(({ state, labels }) => state === 'firing' && labels.severity === 'page')
    t.assert.deepStrictEqual(
      paging.map(({ name }) => name).filter((name) => !failureByDesign.has(name)),
      [],
    )
  })

  test('a spent budget is told within a minute', async () => {
    const poor = await system.newTenant()
    await makeBudget(system, poor.tenant, 0)
    await plain(poor.client, 'hello')
    await untilFiring('ParleyBudgetSpent')
    await untilSeen('max(parley_budgets{state="spent"})')
    await untilSeen('sum(parley_gateway_errors_total{code="BUDGET_EXHAUSTED"})')
  })

  test('a dead provider is told within a minute', async () => {
    await system.upstream.close()
    await untilFiring('ParleyProviderFailing', { provider: 'openai' })
    await untilSeen('parley:provider_errors:ratio1m{provider="openai"}')
  })

  test('a full outbox and an event that waits for long are told within a minute', async () => {
    system.process('response').signal('SIGSTOP')
    const client = system.client({ timeoutMs: 5_000 })
    const submitted = Array.from({ length: 2 * outboxKeysMax }, () =>
      client.responses.create({ model: 'priced-model', background: true, input: 'wait' }).catch(() => null),
    )
    await Promise.all([untilFiring('ParleyOutboxFull', { service: 'request' }), untilFiring('ParleyOutboxOld')])
    await Promise.all(submitted)
    await untilSeen('max by (service) (parley_outbox_keys / parley_outbox_keys_max) >= 1')
  })

  test('a lost instance is told within a minute, and that it was the last', async () => {
    const instance = system.targets[1]
    system.process('session').killGroup()
    await Promise.all([
      untilFiring('ParleyInstanceLost', { service: 'session', instance: instance ?? '' }),
      untilFiring('ParleyServiceMissing', { service: 'session' }),
    ])
    await untilSeen('count(last_over_time(parley_build_info[1h]) and on (job, instance) up == 0)')
  })
})

/** The load has every eighth call fail on purpose. */
const failureByDesign: ReadonlySet<string> = new Set(['ParleyErrorsHigh', 'ParleyErrorsBurnFast'])
