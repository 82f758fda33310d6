import type { FastifyInstance } from 'fastify'
import { leavingHeader } from '../contract/call-headers.ts'
import { servicesPrefix } from '../contract/http-binding.ts'

/** The calls that other processes make to this one, so that it can leave without cutting one off. */
export class InternalTraffic {
  #lastCallAtMs = Number.NEGATIVE_INFINITY
  #isLeaving = false
  #isClosing = false

  watch(app: FastifyInstance): void {
    app.server.prependListener('request', ({ url }, response) => {
      if (url?.startsWith(servicesPrefix) === true) this.#lastCallAtMs = performance.now()
      if (this.#isLeaving) response.setHeader(leavingHeader, '1')
      // The caller does not put its next call on a connection that is about to be closed.
      if (this.#isClosing) response.shouldKeepAlive = false
    })
  }

  /** From now on callers are told with each answer that this process is about to stop. */
  leave(): void {
    this.#isLeaving = true
  }

  /** From now on callers are told with each answer to let go of its connection. */
  close(): void {
    this.#isClosing = true
  }

  quietForMs(): number {
    return performance.now() - this.#lastCallAtMs
  }
}
