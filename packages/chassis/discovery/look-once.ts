import { type DiscoveryOptions, openSource } from './discover-instances.ts'
import type { ServiceAddress } from './service-address.ts'

const lookTimeoutMs = 5_000

/** The instances of the moment, or why they cannot be told, in words; null when the address names them itself. */
export async function lookOnce(address: ServiceAddress, options: DiscoveryOptions): Promise<string | null> {
  const source = openSource(address, options)
  if (source === null) return null
  try {
    const { origins } = await source.next(AbortSignal.timeout(lookTimeoutMs))
    return origins.length === 0 ? 'no instance' : origins.join(', ')
  } catch (error) {
    return error instanceof Error ? error.message : 'failed'
  } finally {
    if (Symbol.asyncDispose in source) await (source as AsyncDisposable)[Symbol.asyncDispose]()
  }
}
