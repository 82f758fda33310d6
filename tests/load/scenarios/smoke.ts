import type { Options } from 'k6/options'
import { chosen, withinSeconds } from './settings.ts'

export { json, sessions, streaming } from './workloads.ts'

/** Does everything work at all? One user per workload; nothing may fail. */
export const options: Options = {
  scenarios: Object.fromEntries(
    chosen().map((exec) => [
      exec,
      { executor: 'constant-vus', exec, vus: 1, duration: `${withinSeconds}s`, gracefulStop: '15s' },
    ]),
  ),
  thresholds: {
    checks: ['rate==1'],
    parley_lost: ['rate==0'],
    parley_shed: ['rate==0'],
  },
}
