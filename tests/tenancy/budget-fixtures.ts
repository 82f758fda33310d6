import type { FetchInit, System, Tenant } from '../harness/system.ts'

interface BudgetFixture {
  make(owner: Tenant): Promise<string>
  request(id: string): { path: string; init: Omit<FetchInit, 'key'> }
}

/** Wide, and of a key that nobody has: it never stands in anyone's way. */
const wide = { key_id: 'key_of_nobody', limit_tokens: 1_000_000_000 }

/** The places that take the id of a budget, or whose budget it is. */
export function budgetFixtures(system: System): ReadonlyMap<string, BudgetFixture> {
  const make = async ({ key }: Tenant): Promise<string> => {
    const answer = await system.fetch('/parley/budgets', { key, body: wide })
    return ((await answer.json()) as { id: string }).id
  }
  const makeTenant = async ({ tenant }: Tenant) => tenant
  const makeKey = async ({ key }: Tenant): Promise<string> => {
    const answer = await system.fetch('/parley/keys', { key, body: { name: 'budgeted' } })
    return ((await answer.json()) as { id: string }).id
  }
  const one = (method: string, body?: object): BudgetFixture => ({
    make,
    request: (id) => ({ path: `/parley/budgets/${id}`, init: { method, ...(body !== undefined && { body }) } }),
  })
  return new Map<string, BudgetFixture>([
    ['GET /parley/budgets/{budget_id} path budget_id', one('GET')],
    ['PATCH /parley/budgets/{budget_id} path budget_id', one('PATCH', { name: 'seized' })],
    ['DELETE /parley/budgets/{budget_id} path budget_id', one('DELETE')],
    ['GET /parley/budgets query after', { make, request: (id) => ({ path: `/parley/budgets?after=${id}`, init: {} }) }],
    [
      'GET /parley/budgets query tenant',
      { make: makeTenant, request: (id) => ({ path: `/parley/budgets?tenant=${id}`, init: {} }) },
    ],
    [
      'POST /parley/budgets body tenant',
      {
        make: makeTenant,
        request: (id) => ({ path: '/parley/budgets', init: { body: { ...wide, tenant: id } } }),
      },
    ],
    [
      'POST /parley/budgets body key_id',
      { make: makeKey, request: (id) => ({ path: '/parley/budgets', init: { body: { ...wide, key_id: id } } }) },
    ],
  ])
}
