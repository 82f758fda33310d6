import { env } from 'node:process'

type PactLibrary = typeof import('@pact-foundation/pact')

export type LoadedPact = { readonly library: PactLibrary; readonly skip: false } | { readonly skip: string }

/** Pact, or why there is none: its native part exists for some platforms only. It reports home unless told not to. */
export async function loadPact(): Promise<LoadedPact> {
  env['PACT_DO_NOT_TRACK'] = 'true'
  try {
    return { library: await import('@pact-foundation/pact'), skip: false }
  } catch (error) {
    const [reason = ''] = String(error).split('\n')
    return { skip: `Pact cannot be loaded here: ${reason.trim()}` }
  }
}

export type { PactLibrary }
