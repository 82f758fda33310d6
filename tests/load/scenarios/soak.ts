import type { Options } from 'k6/options'
import { chosen, peak, withinSeconds } from './settings.ts'

export { json, sessions, streaming } from './workloads.ts'

/** The same moderate rate for hours: what grows with time shows. */
export const options: Options = {
  scenarios: Object.fromEntries(
    chosen().map((exec) => [
      exec,
      {
        executor: 'constant-arrival-rate',
        exec,
        rate: Math.max(1, Math.round(peak / 4)),
        timeUnit: '1s',
        duration: `${withinSeconds}s`,
        preAllocatedVUs: peak,
        maxVUs: peak * 10,
        gracefulStop: '15s',
      },
    ]),
  ),
  thresholds: {
    checks: ['rate>0.999'],
    parley_lost: ['rate==0'],
    parley_shed: ['rate<0.01'],
  },
}
