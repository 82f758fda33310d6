import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { failureOf } from '@parley/testkit/failure.ts'
import { SignJWT } from 'jose'
import { createInternalAuth } from '../../contract/internal-auth.ts'
import type { Principal } from '../../values/context.ts'
import { secret } from './sample.ts'

const principal: Principal = { tenant: 'acme', keyId: 'key_1', scopes: ['inference'] }

test('a token tells the callee who calls and on whose behalf', async (t) => {
  const auth = createInternalAuth(secret)
  const token = await auth.sign({ caller: 'gateway', callee: 'session', principal })
  t.assert.deepEqual(await auth.verify('session', `Bearer ${token}`), { caller: 'gateway', principal })
})

test('while a secret is replaced, tokens of the old and the new one are good', async (t) => {
  const another = 'another-secret-of-at-least-32-characters'
  const [caller, callee] = [createInternalAuth(secret), createInternalAuth(secret)]
  const call = async () => callee.verify('session', `Bearer ${await caller.sign(asked)}`)
  const asked = { caller: 'gateway', callee: 'session', principal }
  await call()
  callee.rotate([secret, another])
  await call()
  caller.rotate([another, secret])
  await call()
  callee.rotate([another])
  await call()
  caller.rotate([secret])
  t.assert.equal((await failureOf(call())).code, 'CALLER_UNAUTHENTICATED')
})

test('a token that was accepted is refused once its secret is gone', async (t) => {
  const [caller, callee] = [createInternalAuth(secret), createInternalAuth(secret)]
  const token = await caller.sign({ caller: 'gateway', callee: 'session', principal })
  await callee.verify('session', `Bearer ${token}`)
  callee.rotate(['another-secret-of-at-least-32-characters'])
  t.assert.equal((await failureOf(callee.verify('session', `Bearer ${token}`))).code, 'CALLER_UNAUTHENTICATED')
})

test('a token for one principal is not handed out for another', async (t) => {
  const auth = createInternalAuth(secret)
  const mine = await auth.sign({ caller: 'gateway', callee: 'session', principal })
  const other = await auth.sign({ caller: 'gateway', callee: 'session', principal: { ...principal, tenant: 'other' } })
  t.assert.notEqual(mine, other)
  t.assert.equal((await auth.verify('session', `Bearer ${other}`)).principal.tenant, 'other')
})

test('a token is only good for the service it was made for', async (t) => {
  const auth = createInternalAuth(secret)
  const token = await auth.sign({ caller: 'gateway', callee: 'session', principal })
  await auth.verify('session', `Bearer ${token}`)
  t.assert.equal((await failureOf(auth.verify('response', `Bearer ${token}`))).code, 'CALLER_UNAUTHENTICATED')
})

const forged = () =>
  new SignJWT({ tenant: 'acme', scopes: [] }).setIssuer('gateway').setAudience('session').setIssuedAt()
const key = createSecretKey(Buffer.from(secret))
const refused: Record<string, () => Promise<string> | string> = {
  'none at all': () => '',
  'one signed with another secret': () =>
    createInternalAuth('another-secret-of-at-least-32-characters').sign({
      caller: 'gateway',
      callee: 'session',
      principal,
    }),
  'one that has expired': () =>
    forged().setProtectedHeader({ alg: 'HS256', typ: 'parley-call+jwt' }).setExpirationTime('-1s').sign(key),
  'one that never expires': () => forged().setProtectedHeader({ alg: 'HS256', typ: 'parley-call+jwt' }).sign(key),
  'one of another type': () =>
    forged().setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).setExpirationTime('60s').sign(key),
  'one of another algorithm': () =>
    forged().setProtectedHeader({ alg: 'HS512', typ: 'parley-call+jwt' }).setExpirationTime('60s').sign(key),
  'an unsigned one': () => `${btoa('{"alg":"none","typ":"parley-call+jwt"}')}.${btoa('{"tenant":"acme"}')}.`,
}

for (const [what, make] of Object.entries(refused)) {
  test(`a call with ${what} is refused`, async (t) => {
    const error = await failureOf(createInternalAuth(secret).verify('session', `Bearer ${await make()}`))
    t.assert.equal(error.code, 'CALLER_UNAUTHENTICATED')
  })
}
