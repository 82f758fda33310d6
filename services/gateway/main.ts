import { contracts } from '@parley/catalog/contracts.ts'
import { runMain } from '@parley/chassis/runtime/run-main.ts'
import { gateway } from './service.ts'

await runMain({ services: [gateway], contracts, servicesDefault: 'gateway' })
