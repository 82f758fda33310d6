import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'

export interface HealthOptions {
  /** Reasons why this process should get no traffic, in words; none means ready. */
  notReady: () => readonly string[]
  /** What there is to do about the configuration, by name and without values; null when nothing is. */
  configStatus?: () => object | null
  metrics: Registry
}

/** `/livez`: the process runs. `/readyz`: it can work, or says why not. `/metrics`: for Prometheus. */
export function addHealthRoutes(app: FastifyInstance, { notReady, configStatus, metrics }: HealthOptions): void {
  app.get('/livez', async () => ({ status: 'alive' }))
  app.get('/readyz', async (_request, reply) => {
    const reasons = notReady()
    const config = configStatus?.() ?? null
    return reply.code(reasons.length === 0 ? 200 : 503).send({
      ...(reasons.length === 0 ? { status: 'ready' } : { status: 'not-ready', reasons }),
      ...(config !== null && { config }),
    })
  })
  app.get('/metrics', async (_request, reply) => {
    return reply.header('content-type', metrics.contentType).send(await metrics.metrics())
  })
}
