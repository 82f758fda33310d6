import { postgresVariant } from '../harness/postgres-variant.ts'
import { onDemand } from '../harness/variants.ts'
import { runJourneys } from './run-journeys.ts'

const postgres = await postgresVariant()
runJourneys('split', { ...postgres, skip: onDemand || postgres.skip })
