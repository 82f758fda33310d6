import { contracts } from '@parley/catalog/contracts.ts'
import { runMain } from '@parley/chassis/runtime/run-main.ts'
import { session } from './service.ts'

await runMain({ services: [session], contracts, servicesDefault: 'session' })
