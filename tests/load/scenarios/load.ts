import type { Options } from 'k6/options'
import { chosen, p95Ms, peak, withinSeconds } from './settings.ts'

export { json, sessions, streaming } from './workloads.ts'

const rampSeconds = Math.ceil(withinSeconds / 10)

/** The day's work: a steady number of users per workload. */
export const options: Options = {
  scenarios: Object.fromEntries(
    chosen().map((exec) => [
      exec,
      {
        executor: 'ramping-vus',
        exec,
        startVUs: 1,
        stages: [
          { duration: `${rampSeconds}s`, target: peak },
          { duration: `${withinSeconds - rampSeconds}s`, target: peak },
        ],
        gracefulStop: '15s',
      },
    ]),
  ),
  thresholds: {
    checks: ['rate>0.999'],
    parley_lost: ['rate==0'],
    parley_shed: ['rate<0.01'],
    'http_req_duration{name:json}': [`p(95)<${p95Ms}`],
    parley_stream_first_byte: [`p(95)<${p95Ms}`],
  },
}
