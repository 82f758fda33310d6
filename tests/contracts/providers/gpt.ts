import { gpt } from '@parley/gpt/service.ts'
import { type Provider, startProvider } from './start-provider.ts'

export function startGpt(): Promise<Provider> {
  return startProvider({
    service: gpt,
    configFile: { templates: { greeting: { text: 'Greet {{name}}.' } } },
    states: () => ({ 'a template greeting with a name': async () => ({}) }),
  })
}
