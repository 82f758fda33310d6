import { runJourneys } from './run-journeys.ts'

runJourneys('extracted-response')
