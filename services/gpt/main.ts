import { contracts } from '@parley/catalog/contracts.ts'
import { runMain } from '@parley/chassis/runtime/run-main.ts'
import { gpt } from './service.ts'

await runMain({ services: [gpt], contracts, servicesDefault: 'gpt' })
