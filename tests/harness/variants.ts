import type { Variant } from '../conformance/run-journeys.ts'

/** One system with everything that these variants change; it cannot be run where one of them cannot. */
export function together(...variants: readonly Variant[]): Variant {
  const place = variants.find((variant) => variant.place !== undefined)?.place
  return {
    name: variants.map(({ name }) => name).join(', '),
    env: Object.assign({}, ...variants.map(({ env }) => env)),
    skip: variants.find(({ skip }) => skip !== false)?.skip ?? false,
    ...(place !== undefined && { place }),
  }
}

/** Why journeys are left out whose store, transport and topology others have, combined otherwise; false when all run. */
export const onDemand: string | false =
  process.env['PARLEY_TEST_JOURNEYS'] === 'all' ? false : 'others show the same: PARLEY_TEST_JOURNEYS=all runs it'
