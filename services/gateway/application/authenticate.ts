import type { Clock } from '@parley/chassis/values/clock.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import { type AuthenticatedKey, assertUsable } from '../domain/api-key.ts'
import type { HashSecret, KeyDirectory } from './ports.ts'

export interface AuthenticatePorts {
  directory: KeyDirectory
  hashSecret: HashSecret
  clock: Clock
}

/** Settles at once when the key is remembered, since every request passes here. */
export type Authenticate = (secret: string) => AuthenticatedKey | Promise<AuthenticatedKey>

/** Finds the key that a secret belongs to. Throws, or rejects with, KEY_INVALID, KEY_EXPIRED, KEY_REVOKED. */
export function createAuthenticate({ directory, hashSecret, clock }: AuthenticatePorts): Authenticate {
  function admit(key: AuthenticatedKey | null): AuthenticatedKey {
    if (key === null) throw unknownKey()
    assertUsable(key, clock.now())
    return key
  }

  return function authenticate(secret) {
    if (secret.length > secretCharsMax) throw unknownKey()
    const secretHash = hashSecret(secret)
    const remembered = directory.peek(secretHash)
    return remembered === undefined ? directory.load(secretHash).then(admit) : admit(remembered)
  }
}

const secretCharsMax = 512

function unknownKey(): AppError {
  return new AppError('KEY_INVALID', 'The API key is not valid. Check it for typing errors, or ask for a new one.')
}
