import type { EventTransport, Receive } from './transport.ts'

/**
 * Hands events straight to each subscriber, by a function call or over HTTP: `receiverOf` knows where it runs. A receiver
 * bounds its own time.
 */
export function createDirectTransport(receiverOf: (subscriber: string) => Receive): EventTransport {
  return {
    async deliver(subscriber, envelopes) {
      const results = await receiverOf(subscriber)(envelopes)
      if (results.length === envelopes.length) return results
      throw new Error(`${subscriber} answered ${results.length} results for ${envelopes.length} events`)
    },
  }
}
