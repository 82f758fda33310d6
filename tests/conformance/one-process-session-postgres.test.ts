import { postgresVariant } from '../harness/postgres-variant.ts'
import { runJourneys } from './run-journeys.ts'

runJourneys('one-process', await postgresVariant('SESSION_DATABASE_URL'))
