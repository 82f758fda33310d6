import { contracts } from '@parley/catalog/contracts.ts'
import { runMain } from '@parley/chassis/runtime/run-main.ts'
import { response } from './service.ts'

await runMain({ services: [response], contracts, servicesDefault: 'response' })
