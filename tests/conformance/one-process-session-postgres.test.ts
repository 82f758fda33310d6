import { kafkaVariant } from '../harness/kafka-variant.ts'
import { postgresVariant } from '../harness/postgres-variant.ts'
import { together } from '../harness/variants.ts'
import { runJourneys } from './run-journeys.ts'

runJourneys('one-process', together(await postgresVariant('SESSION_DATABASE_URL'), await kafkaVariant()))
