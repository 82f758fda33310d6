import { contracts } from '@parley/catalog/contracts.ts'
import { runMain } from '@parley/chassis/runtime/run-main.ts'
import { request } from './service.ts'

await runMain({ services: [request], contracts, servicesDefault: 'request' })
