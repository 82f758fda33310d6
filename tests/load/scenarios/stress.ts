import type { Options } from 'k6/options'
import { chosen, peak, withinSeconds } from './settings.ts'

export { json, sessions, streaming } from './workloads.ts'

const step = Math.ceil(withinSeconds / 5)
const vusMax = 400

/**
 * More than it can do: the rate of arrivals grows in steps to `peak` per second, whatever has been answered by then.
 * Refusals in words are allowed; an answer that breaks off is not.
 */
export const options: Options = {
  scenarios: Object.fromEntries(
    chosen().map((exec) => [
      exec,
      {
        executor: 'ramping-arrival-rate',
        exec,
        timeUnit: '1s',
        startRate: 1,
        preAllocatedVUs: Math.min(vusMax, peak),
        maxVUs: vusMax,
        stages: [0.25, 0.5, 0.75, 1, 0.1].map((share) => ({
          duration: `${step}s`,
          target: Math.max(1, Math.round(peak * share)),
        })),
        gracefulStop: '30s',
      },
    ]),
  ),
  thresholds: {
    parley_lost: ['rate==0'],
  },
}
