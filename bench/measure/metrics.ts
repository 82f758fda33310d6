export type ByService = Readonly<Record<string, number>>

/** A counter that has the one label `service`, read from Prometheus' text format. */
export function readCounter(text: string, name: string): ByService {
  const series = text.matchAll(new RegExp(`^${name}\\{service="([^"]+)"\\} (\\S+)$`, 'gm'))
  return Object.fromEntries([...series].map(([, service = '', value]) => [service, Number(value)]))
}

/** What was counted between two readings, for each of so many requests. */
export function countedEach(before: ByService, after: ByService, requests: number): ByService {
  const entries = Object.entries(after).map(([service, count]) => [
    service,
    (count - (before[service] ?? 0)) / requests,
  ])
  return Object.fromEntries(entries)
}
