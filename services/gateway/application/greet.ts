import type { CallContext } from '@parley/chassis/values/context.ts'
import type { GptClient } from './ports.ts'

export interface GreetPorts {
  models: Pick<GptClient, 'listModels'>
}

export interface GreetOptions {
  /** Where the public port listens: `http://127.0.0.1:8000`. */
  url: string
  /** The secret of a key that was just made. */
  firstSecret: string | null
  isPreset: boolean
}

/** What whoever starts Parley needs for a first chat: where it is, which model answers, the key, and a line to paste. */
export function createGreet({ models }: GreetPorts) {
  return async function greet(context: CallContext, { url, firstSecret, isPreset }: GreetOptions): Promise<string> {
    const model = await models.listModels(context, {}).then(
      ({ defaultModel }) => defaultModel,
      () => null,
    )
    const shownModel = model ?? 'none yet: the gpt service cannot be reached'
    const body = JSON.stringify({ model: model ?? 'simulated', messages: [{ role: 'user', content: 'Hello' }] })
    const secret = firstSecret ?? (isPreset ? '$PARLEY_API_KEY' : 'YOUR_KEY')
    return [
      `Parley listens on ${url} · model: ${shownModel} · key: ${describeKey(firstSecret, isPreset)}`,
      '',
      `curl ${url}/v1/chat/completions -H "authorization: Bearer ${secret}" -H 'content-type: application/json' -d '${body}'`,
      '',
    ].join('\n')
  }
}

function describeKey(firstSecret: string | null, isPreset: boolean): string {
  if (firstSecret !== null) return `${firstSecret} (shown this once)`
  return isPreset ? 'the one in PARLEY_API_KEY' : 'one that was made before'
}
