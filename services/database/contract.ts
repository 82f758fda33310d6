import { defineContract } from '@parley/chassis/contract/define-contract.ts'

/** Reserved for the optional service that opens the stores to programs which may not open a database. It has no calls yet. */
export const DatabaseContract = defineContract('database', { version: '0.1', calls: {}, events: {} })
