import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'

export interface HealthOptions {
  /** Reasons why this process should get no traffic, in words; none means ready. */
  notReady: () => readonly string[]
  metrics: Registry
}

/** `/livez`: the process runs. `/readyz`: it can work, or says why not. `/metrics`: for Prometheus. */
export function addHealthRoutes(app: FastifyInstance, { notReady, metrics }: HealthOptions): void {
  app.get('/livez', async () => ({ status: 'alive' }))
  app.get('/readyz', async (_request, reply) => {
    const reasons = notReady()
    return reply
      .code(reasons.length === 0 ? 200 : 503)
      .send(reasons.length === 0 ? { status: 'ready' } : { status: 'not-ready', reasons })
  })
  app.get('/metrics', async (_request, reply) => {
    return reply.header('content-type', metrics.contentType).send(await metrics.metrics())
  })
}
