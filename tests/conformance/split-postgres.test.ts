import { postgresVariant } from '../harness/postgres-variant.ts'
import { runJourneys } from './run-journeys.ts'

runJourneys('split', await postgresVariant())
