import type { Options } from 'k6/options'
import { chosen, peak, withinSeconds } from './settings.ts'

export { json, sessions, streaming } from './workloads.ts'

const quietSeconds = Math.ceil(withinSeconds / 3)
const rushSeconds = Math.max(2, Math.ceil(withinSeconds / 30))

/** Ten times the users at once, and gone again. What arrives in the rush is answered or refused in words. */
export const options: Options = {
  scenarios: Object.fromEntries(
    chosen().map((exec) => [
      exec,
      {
        executor: 'ramping-vus',
        exec,
        startVUs: Math.max(1, Math.round(peak / 10)),
        stages: [
          { duration: `${quietSeconds}s`, target: Math.max(1, Math.round(peak / 10)) },
          { duration: `${rushSeconds}s`, target: peak },
          { duration: `${quietSeconds - 2 * rushSeconds}s`, target: peak },
          { duration: `${rushSeconds}s`, target: Math.max(1, Math.round(peak / 10)) },
          { duration: `${quietSeconds}s`, target: Math.max(1, Math.round(peak / 10)) },
        ],
        gracefulStop: '30s',
      },
    ]),
  ),
  thresholds: {
    parley_lost: ['rate==0'],
  },
}
