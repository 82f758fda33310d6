import { contracts } from '@parley/catalog/contracts.ts'
import { runMain } from '@parley/chassis/runtime/run-main.ts'
import { services } from './services.ts'

await runMain({ services, contracts })
