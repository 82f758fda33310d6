export type ByService = Readonly<Record<string, number>>

/** A counter that has the one label `service`, read from Prometheus' text format. */
export function readCounter(text: string, name: string): ByService {
  const series = text.matchAll(new RegExp(`^${name}\\{service="([^"]+)"\\} (\\S+)$`, 'gm'))
  return Object.fromEntries([...series].map(([, service = '', value]) => [service, Number(value)]))
}

/** `of` without what `base` has of it. */
export function without(of: ByService, base: ByService): ByService {
  return Object.fromEntries(Object.entries(of).map(([service, count]) => [service, count - (base[service] ?? 0)]))
}

/** For each of so many requests. */
export function forEach(counts: ByService, requests: number): ByService {
  return Object.fromEntries(Object.entries(counts).map(([service, count]) => [service, count / requests]))
}
