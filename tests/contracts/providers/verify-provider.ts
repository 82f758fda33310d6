import { loadPact } from '../pact/load-pact.ts'
import { findPactProblems } from '../pact/verify-pact.ts'
import { pairs } from '../pairs.ts'
import { startGpt } from './gpt.ts'
import { startRequest } from './request.ts'
import { startResponse } from './response.ts'
import { startSession } from './session.ts'
import type { Provider } from './start-provider.ts'

export interface Verification {
  /** Why nothing could be verified; false when it was. */
  readonly skip: string | false
  readonly problems: readonly string[]
}

const providers: Readonly<Record<string, () => Promise<Provider>>> = {
  session: startSession,
  request: startRequest,
  response: startResponse,
  gpt: startGpt,
}

/** `node verify-provider.ts session`: a program of its own, because Pact's native part writes to standard output. */
if (import.meta.main) {
  const verification = await verify(process.argv[2] ?? '')
  process.send?.(verification)
  process.exitCode = verification.problems.length === 0 ? 0 : 1
  process.disconnect?.()
}

async function verify(name: string): Promise<Verification> {
  const start = providers[name]
  if (start === undefined) return { skip: false, problems: [`nobody knows how to start ${name}`] }
  const pact = await loadPact()
  if (pact.skip !== false) return { skip: pact.skip, problems: [] }
  const problems: string[] = []
  await using provider = await start()
  for (const pair of pairs.filter((candidate) => candidate.provider === name)) {
    problems.push(...(await findPactProblems(pact.library, pair, provider)))
  }
  return { skip: false, problems }
}
