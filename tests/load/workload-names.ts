/** As the functions in `scenarios/workloads.ts` are called. */
export const workloads = ['json', 'streaming', 'sessions'] as const
export type Workload = (typeof workloads)[number]
