import { createTestStore } from '@parley/testkit/store.ts'
import { migrations } from '../../infrastructure/migrations/index.ts'
import type { SessionSchema } from '../../infrastructure/schema.ts'
import { testStores } from './store-suite.ts'

testStores('sqlite', () => createTestStore<SessionSchema>('session', migrations))
