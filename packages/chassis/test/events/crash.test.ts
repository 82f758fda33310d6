import { crashSuite } from './crash-suite.ts'

crashSuite('direct', { args: () => [], skip: false })
