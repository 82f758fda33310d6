import { newId } from '@parley/chassis/runtime/real-clock.ts'
import { SessionContract } from '@parley/session/contract.ts'
import { session } from '@parley/session/service.ts'
import { testContext } from '@parley/testkit/context.ts'
import { session as example, userMessage } from '../examples.ts'
import { type Provider, startProvider } from './start-provider.ts'

export function startSession(): Promise<Provider> {
  return startProvider({
    service: session,
    states(clientOf) {
      const client = clientOf(SessionContract)
      const putUser = () =>
        client.putUser(testContext(), { userId: 'user-1', profile: { name: 'Ada' }, preferences: {} })
      const open = async (owner: { userId?: string } = {}) => {
        const { metadata, preferences } = example
        const wish = { ...owner, metadata, preferences, items: [userMessage] }
        const { sessionId } = await client.createSession(testContext(), wish)
        return { sessionId, itemId: userMessage.id }
      }
      return {
        'an open session': () => open(),
        async 'a closed session'() {
          const ids = await open()
          await client.closeSession(testContext(), { sessionId: ids.sessionId })
          return ids
        },
        async 'a session that a response holds'() {
          const ids = await open()
          const responseId = newId('resp')
          await client.beginTurn(testContext(), { sessionId: ids.sessionId, responseId })
          return { ...ids, responseId }
        },
        async 'a user'() {
          const { userId } = await putUser()
          return { userId }
        },
        async 'a prompt with a name'() {
          await client.createPrompt(testContext(), { promptId: 'greeting', text: 'Greet {{name}}.' })
          return {}
        },
        async 'a session of a user'() {
          const { userId } = await putUser()
          return open({ userId })
        },
      }
    },
  })
}
