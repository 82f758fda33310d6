import { commandSettings } from '@parley/chassis/config/command-settings.ts'
import { ConfigError, type Env, EnvReader } from '@parley/chassis/config/env-reader.ts'
import { processSettings } from '@parley/chassis/runtime/process-settings.ts'

/** How long the gateway may take for one answer. */
const answerMs = 30_000
const defaultPort = 8_000

export type AskGateway = <Answer>(path: string) => Promise<Answer>

/**
 * Reads from a running Parley through its public port: `PARLEY_URL` (by default the port on this machine) with the key in
 * `PARLEY_API_KEY`, which needs the scope `operator`. Throws ConfigError in words that say what to set or start.
 */
export function createAskGateway(env: Env): AskGateway {
  const reader = new EnvReader(env)
  const port = reader.read(processSettings.port) ?? defaultPort
  const url = reader.read(commandSettings.url) ?? new URL(`http://127.0.0.1:${port}`)
  const key = reader.read(commandSettings.key)
  if (key === null) reader.problem('PARLEY_API_KEY is missing: this command asks a running Parley with an operator key')
  reader.throwIfProblems()

  return async function askGateway<Answer>(path: string): Promise<Answer> {
    const answer = await fetch(new URL(path, url), {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(answerMs),
      redirect: 'error',
    }).catch((cause: unknown): never => {
      throw new ConfigError([`${url.origin} (PARLEY_URL) cannot be reached: ${reasonOf(cause)}`])
    })
    const text = await answer.text()
    if (!answer.ok) throw new ConfigError([`${url.origin}${path} answered ${answer.status}: ${messageOf(text)}`])
    return JSON.parse(text) as Answer
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'for an unknown reason'
  return error.cause instanceof Error ? error.cause.message : error.message
}

function messageOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } }
    return error?.message ?? text.slice(0, 200)
  } catch {
    return text.slice(0, 200)
  }
}
