import type { NetworkInterfaceInfo } from 'node:os'

export interface OwnPlace {
  /** Set by whoever starts the process; overrules everything. */
  readonly advertisedUrl: URL | null
  /** The address of the machine or pod, as whoever starts the process says. */
  readonly ownAddress: string | null
  /** What the process listens on. */
  readonly host: string
  readonly internalPort: number | null
  readonly interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>
}

/**
 * `http://host:port` at which the other instances of a service reach this one; null when that cannot be known. A process
 * that listens on one address is reached there and nowhere else; one that listens on all is reached at the machine's own.
 */
export function advertisedOrigin(place: OwnPlace): string | null {
  const { advertisedUrl, ownAddress, host, internalPort, interfaces } = place
  if (advertisedUrl !== null) return advertisedUrl.origin
  if (internalPort === null || internalPort === 0) return null
  const address = isEverywhere(host) ? (ownAddress ?? outsideAddress(interfaces)) : host
  return address === null ? null : `http://${address.includes(':') ? `[${address}]` : address}:${internalPort}`
}

/** Listens on every interface: an address to listen on, but none to call. */
export function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '[::]'
}

function outsideAddress(interfaces: OwnPlace['interfaces']): string | null {
  const outside = Object.values(interfaces).flatMap((addresses) =>
    (addresses ?? []).filter(({ internal }) => !internal),
  )
  const chosen = outside.find(({ family }) => family === 'IPv4') ?? outside.find(({ scopeid }) => scopeid === 0)
  return chosen?.address ?? null
}
