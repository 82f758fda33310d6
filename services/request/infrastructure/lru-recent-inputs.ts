import { LRUCache } from 'lru-cache'
import type { AcceptedRequest, RecentInputs } from '../application/ports.ts'

/** Keeps the newest inputs up to `charsMax` of JSON text in all; a larger single one is not kept. */
export class LruRecentInputs implements RecentInputs {
  readonly #requests: LRUCache<string, AcceptedRequest>

  constructor({ charsMax }: { charsMax: number }) {
    this.#requests = new LRUCache({ maxSize: charsMax, sizeCalculation: ({ inputText }) => inputText.length + 1_000 })
  }

  remember: RecentInputs['remember'] = (request) => {
    this.#requests.set(request.requestId, request)
  }

  forget: RecentInputs['forget'] = (requestId) => {
    this.#requests.delete(requestId)
  }

  find: RecentInputs['find'] = (tenant, requestId) => {
    const request = this.#requests.get(requestId)
    return request?.tenant === tenant ? request : undefined
  }
}
