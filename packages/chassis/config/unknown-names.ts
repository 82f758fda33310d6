import { secretFileSuffix } from './env-reader.ts'
import { nearestName } from './nearest-name.ts'
import type { AnySetting } from './setting.ts'

export interface UnknownName {
  readonly name: string
  /** What it was probably meant to be. */
  readonly nearest: string | null
}

/** What Kubernetes puts into the environment of every pod for a Service of the cluster. */
const serviceLink = /_SERVICE_(HOST|PORT)(_\w+)?$|_PORT$|_PORT_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?$/
/** For the project's own tests. */
const ofTests = /^PARLEY_TEST_/

export interface NameRules {
  readonly known: ReadonlySet<string>
  /** With what settings begin that are known here. */
  readonly own: readonly string[]
  /** With what settings begin that are known elsewhere. */
  readonly others: readonly string[]
}

/**
 * Names that look like settings and are none: those that begin like ours, and those that are one of ours but for a few
 * letters. Other variables are somebody else's.
 */
export function unknownNames(names: readonly string[], { known, own, others }: NameRules): UnknownName[] {
  const begins = (name: string, prefixes: readonly string[]) => prefixes.some((prefix) => name.startsWith(prefix))
  const isElsewhere = (name: string, nearest: string | null) => {
    const prefix = others.find((each) => name.startsWith(each))
    return prefix !== undefined && nearest?.startsWith(prefix) !== true
  }
  return names
    .filter((name) => !known.has(name) && !serviceLink.test(name) && !ofTests.test(name))
    .map((name) => ({ name, nearest: nearestName(name, known) }))
    .filter(({ name, nearest }) => (nearest !== null || begins(name, own)) && !isElsewhere(name, nearest))
    .sort((a, b) => a.name.localeCompare(b.name))
}

/** The variables that a setting is read from. */
export function variablesOf({ name, isSecret }: Pick<AnySetting, 'name' | 'isSecret'>): string[] {
  return isSecret ? [name, `${name}${secretFileSuffix}`] : [name]
}
